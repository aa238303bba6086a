"""Ids that changed with a new login: roles are checked, a leader is asked once, and only he decides.

The same name, the same room, the same habits are evidence for him. Nothing here binds anybody by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.answering import reply
from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.registry import OPERATORS
from handlers.setting import Setting
from models.codes import LEADERS, PostKind, RebindingState, Role, RoomPurpose
from models.identity_tables import Rebinding
from models.tables import Person, Room
from models.uow import UnitOfWork

REBINDING = "rebinding"
"""The kind of schedule that sends the lists. Its subject is the account."""
LONGEST = 15
"""Lines of a list at most; the rest is shown by 换号 when those are decided."""

_ANSWERING = frozenset({*LEADERS, *OPERATORS})
_HELPING = frozenset({Role.RESIDENT, Role.INFORMANT, Role.HUB, Role.PARTY_MEMBER, Role.PROPERTY})


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody unknown with the name of known people whose own ids (old_ids) have been silent since the login.

    tried: he used a command that only roles may use.
    """

    external_id: str
    name: str
    room_id: int
    old_ids: tuple[str, ...]
    tried: bool = False


def suspect(
    uow: UnitOfWork, setting: Setting, account: str, suspects: Sequence[Suspect], now: datetime, *, begins: bool
) -> list[Effect]:
    """Note who may be whom; when it begins, stop acting by roles on the account and plan the lists for the leaders.

    Who turns up when everything was decided needs a code: roles do not stop once more for him.
    """
    row = uow.places.account(account)
    effects: list[Effect] = []
    if not (begins or row.roles_paused):
        return []
    if not row.roles_paused:
        row.roles_paused = True
        due = now + timedelta(minutes=setting.policy.identity.list_minutes)
        effects = [Remind(REBINDING, account, now.isoformat(), due)]
    for one in suspects:
        _propose(uow, account, one, now)
    return effects


def lists(uow: UnitOfWork, setting: Setting, account: str) -> list[Effect]:
    """One list to each leader for each room; what nobody may confirm is left to the operator, who sees it in doctor."""
    if not uow.places.roles_paused(account):
        return []
    waiting = uow.identities.waiting(account)
    asked: dict[tuple[str, int], list[Rebinding]] = {}
    for row in waiting:
        leader = _asked(uow, row, waiting)
        if leader is not None:
            asked.setdefault((leader.id, row.room_id), []).append(row)
    return [
        Tell(person_id, PostKind.NOTICE, _text(uow, setting, rows), room_id=room_id)
        for (person_id, room_id), rows in asked.items()
    ]


def show(ctx: Context) -> list[Effect]:
    """换号: what the speaker may still decide."""
    _not_among_neighbours(ctx)
    rows = _mine(ctx)
    if not rows:
        raise ctx.refuse("refuse.no_rebindings")
    return [reply(ctx, _text(ctx.uow, ctx.setting, rows))]


def confirm(ctx: Context) -> list[Effect]:
    """确认换号 1 3: these are the people whose names they bear. Who said so is kept."""
    _not_among_neighbours(ctx)
    account, ids = ctx.message.account, ctx.uow.identities
    names = []
    for row in _named(ctx):
        person = ctx.uow.people.get(row.person_id)
        if "code" not in row.evidence and _is_somebody_else(ctx.uow, row):
            raise ctx.refuse("refuse.rebinding_taken", number=row.number)
        names.append(person.name)
        ids.renumber(account, row.old_external_id, row.new_external_id, row.display_name, person, ctx.now)
        ids.decide(row, RebindingState.CONFIRMED, by=ctx.me().id, at=ctx.now)
    return _decided(ctx, ctx.say("rebinding.confirmed", names="、".join(names)))


def reject(ctx: Context) -> list[Effect]:
    """不是 2: somebody else of that name; he stays unknown."""
    _not_among_neighbours(ctx)
    rows = _named(ctx)
    names = "、".join(row.display_name for row in rows)
    for row in rows:
        ctx.uow.identities.decide(row, RebindingState.REJECTED, by=ctx.me().id, at=ctx.now)
    return _decided(ctx, ctx.say("rebinding.rejected", names=names))


def resume(uow: UnitOfWork, account: str, now: datetime) -> int:
    """Let roles work again (the operator says so); returns how many questions end unanswered."""
    uow.places.account(account).roles_paused = False
    waiting = uow.identities.waiting(account)
    for row in waiting:
        uow.identities.decide(row, RebindingState.ENDED, by=None, at=now)
    return len(waiting)


def _propose(uow: UnitOfWork, account: str, one: Suspect, now: datetime) -> None:
    """Ask about a suspect if there is exactly one person whom he may be; evidence that came later is added."""
    node_id = uow.places.room_by_id(one.room_id).node_id
    if node_id is None:
        return
    known = [identity for old in one.old_ids if (identity := uow.people.identity(account, old)) is not None]
    here = [identity for identity in known if _belongs(uow, identity.person_id, one.room_id, node_id)]
    candidates = here or known
    if len(candidates) != 1:
        return  # two neighbours of one name: a code tells them apart
    identity = candidates[0]
    evidence = ["name", *(["room"] if here else []), "silent", *(["command"] if one.tried else [])]
    standing = [row for row in uow.identities.waiting(account) if row.new_external_id == one.external_id]
    if standing:
        standing[0].evidence = list(dict.fromkeys([*standing[0].evidence, *evidence]))
        return
    uow.identities.propose(
        account,
        room_id=one.room_id,
        person=uow.people.get(identity.person_id),
        old_id=identity.external_id,
        new_id=one.external_id,
        display_name=one.name,
        evidence=evidence,
        at=now,
    )


def _belongs(uow: UnitOfWork, person_id: str, room_id: int, node_id: int) -> bool:
    """Whether the known person is at home in that room: by a role there, or by a matter of his."""
    if uow.people.roles_at(person_id, uow.places.node(node_id)):
        return True
    return any(ticket.room_id == room_id for ticket in uow.tickets.of_person(person_id))


def _asked(uow: UnitOfWork, row: Rebinding, waiting: Sequence[Rebinding]) -> Person | None:
    """The nearest leader of the room who may say who that is, and who is not in question himself."""
    node_id = uow.places.room_by_id(row.room_id).node_id
    if node_id is None:
        return None
    doubtful = {other.person_id for other in waiting}
    for node in uow.places.line(uow.places.node(node_id)):
        for leader in uow.people.holders(node, LEADERS):
            if leader.id not in doubtful and _may_decide(uow, leader, row):
                return leader
    return None


def _may_decide(uow: UnitOfWork, leader: Person, row: Rebinding) -> bool:
    """Whether he leads the room's node, and every place at which the person in question works; never about himself."""
    node_id = uow.places.room_by_id(row.room_id).node_id
    if node_id is None or leader.id == row.person_id:
        return False
    works = {grant.node_id for grant in uow.people.grants(row.person_id) if grant.role not in _HELPING}
    nodes = [uow.places.node(place) for place in {node_id, *works}]
    return all(uow.people.roles_at(leader.id, node) & _ANSWERING for node in nodes)


def _is_somebody_else(uow: UnitOfWork, row: Rebinding) -> bool:
    """Whether the new id has come to be somebody with a role of his own since."""
    identity = uow.people.identity(row.account, row.new_external_id)
    if identity is None or identity.person_id == row.person_id:
        return False
    return any(grant.role is not Role.RESIDENT for grant in uow.people.grants(identity.person_id))


def _mine(ctx: Context) -> list[Rebinding]:
    me = ctx.me()
    return [row for row in ctx.uow.identities.waiting(ctx.message.account) if _may_decide(ctx.uow, me, row)]


def _named(ctx: Context) -> list[Rebinding]:
    """What the command names, of what the speaker may decide. Raises Refusal that names what is unknown."""
    mine = {row.number: row for row in _mine(ctx)}
    if ctx.args.rest and mine:
        return list(mine.values())
    missing = [number for number in ctx.args.numbers if number not in mine]
    if missing or not mine:
        names = "、".join(map(str, missing))
        raise ctx.refuse("refuse.no_rebinding", names=names) if names else ctx.refuse("refuse.no_rebindings")
    return [mine[number] for number in ctx.args.numbers]


def _decided(ctx: Context, text: str) -> list[Effect]:
    """What was decided, and what is left: when nothing is, roles work again."""
    left = ctx.uow.identities.waiting(ctx.message.account)
    if left:
        mine = len(_mine(ctx))
        key, count = ("rebinding.left", mine) if mine else ("rebinding.left_to_others", len(left))
        return [reply(ctx, text + ctx.say(key, count=count))]
    account = ctx.uow.places.account(ctx.message.account)
    if not account.roles_paused:
        return [reply(ctx, text)]
    account.roles_paused = False
    return [reply(ctx, text + ctx.say("rebinding.over"))]


def _not_among_neighbours(ctx: Context) -> None:
    """Who somebody is is talked about in private or among the staff."""
    if ctx.room is not None and ctx.room.purpose is not RoomPurpose.STAFF:
        raise ctx.refuse("refuse.private_only")


def _text(uow: UnitOfWork, setting: Setting, rows: Sequence[Rebinding]) -> str:
    say = setting.words.say
    shown = rows[:LONGEST]
    lines = [
        say(
            "rebinding.line",
            number=row.number,
            name=row.display_name,
            roles=_roles(uow, setting, row),
            evidence="、".join(say(f"evidence.{code}") for code in row.evidence),
        )
        for row in shown
    ]
    if len(rows) > LONGEST:
        lines.append(say("rebinding.more", count=len(rows) - LONGEST))
    rooms: dict[int, Room] = {row.room_id: uow.places.room_by_id(row.room_id) for row in rows}
    names = "、".join(room.name for room in rooms.values())
    return say(
        "rebinding.list",
        room=names,
        count=len(rows),
        lines="\n".join(lines),
    )


def _roles(uow: UnitOfWork, setting: Setting, row: Rebinding) -> str:
    roles = dict.fromkeys(g.role for g in uow.people.grants(row.person_id) if g.role is not Role.RESIDENT)
    named = [setting.words.name("role", role.value) for role in roles] or [setting.words.name("role", "resident")]
    return "、".join(named)
