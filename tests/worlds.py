"""A small village for the tests of the data layer, and tickets in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from models.codes import NodeLevel, Role, RoomMode, TicketKind
from models.states import TERMS
from models.tables import GridNode, Person, Room
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai, a working Wednesday
ACCOUNT = "test"


@dataclass(frozen=True)
class World:
    """One town with two villages; the first has a grid with two micro-grids, one of them with a room."""

    town: GridNode
    village: GridNode
    other_village: GridNode
    grid: GridNode
    micro: GridNode
    other_micro: GridNode
    room: Room
    leader: Person
    resident: Person
    member: Person


TOLD = 1000
"""A version of the entry notice that no policy has: nobody needs to be told there."""


def build_world(uow: UnitOfWork) -> World:
    """Write the village into an empty database, uncommitted."""
    places, people = uow.places, uow.people
    places.account(ACCOUNT, "memory")
    town = places.add_node(code="t", name="清河镇", level=NodeLevel.TOWN, parent=None)
    village = places.add_node(code="v1", name="东坑村", level=NodeLevel.VILLAGE, parent=town)
    other = places.add_node(code="v2", name="西坑社区", level=NodeLevel.VILLAGE, parent=town)
    grid = places.add_node(code="g", name="第一网格", level=NodeLevel.GRID, parent=village)
    micro = places.add_node(code="m1", name="一微", level=NodeLevel.MICRO_GRID, parent=grid)
    other_micro = places.add_node(code="m2", name="二微", level=NodeLevel.MICRO_GRID, parent=grid)
    room = places.add_room(account=ACCOUNT, external_id="r1", name="一微群", node=micro, mode=RoomMode.ON)
    room.notice_version = TOLD
    leader, resident, member = people.add("老李"), people.add("王阿姨"), people.add("老张")
    for person in (leader, resident, member):
        people.bind(person, ACCOUNT, person.name, person.name, reachable=True)
    people.grant(leader, micro, Role.MICRO_LEADER)
    people.grant(member, village, Role.PARTY_MEMBER)
    people.grant(resident, micro, Role.RESIDENT)
    return World(town, village, other, grid, micro, other_micro, room, leader, resident, member)


def add_ticket(
    uow: UnitOfWork,
    world: World,
    kind: TicketKind = TicketKind.COMPLAINT,
    *,
    at: datetime = NOW,
    words: str = "三楼漏水了",
    **fields: Any,
) -> Ticket:
    """A ticket with its first event, in the first status of its kind."""
    assert world.village.id is not None
    node = fields.pop("node", world.micro)
    values: dict[str, Any] = {
        "id": uow.tickets.new_id(),
        "scope_id": world.village.id,
        "number": uow.places.next_number(world.village.id, "ticket"),
        "kind": kind,
        "category": "leak",
        "status": TERMS[kind].first,
        "node_id": node.id,
        "room_id": world.room.id,
        "band": "act",
        "title": words,
        "opened_at": at,
    }
    return uow.tickets.open(
        Ticket(**{**values, **fields}), actor_id=world.resident.id, words=words, data={"band": "act"}
    )


def after(minutes: float) -> datetime:
    """A moment so many minutes after NOW."""
    return NOW + timedelta(minutes=minutes)
