"""Who gets which digest, when, and from which of the runs: one message to each leader, however many places he leads."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from handlers.discreet.standing import is_spoken_of
from handlers.effects import Effect, Remind, Tell
from handlers.moments import next_time
from handlers.people.deputies import stand_in
from handlers.report.digest import Ledger, Reader, digest, gather, outermost
from handlers.setting import Setting
from handlers.talk.confirming import may_see
from models.codes import NodeLevel, PostKind
from models.states import ENDED, FINISHED
from models.tables import GridNode, Person, Room, Schedule
from models.uow import UnitOfWork

DIGEST = "digest"
_ORDER = list(NodeLevel)


def plan_digest(scope: GridNode, setting: Setting, now: datetime) -> Remind:
    """The next digests of a scope after now."""
    due = next_time(now, setting.policy.digest.at, setting.policy.zone)
    return Remind(DIGEST, str(scope.id), due.astimezone(setting.policy.zone).date().isoformat(), due)


def send_digests(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """One message to each leader who is at home in the scope; the next day's are planned in the same commit.

    Who has nothing to read gets none, unless the policy wants it.
    """
    scope = uow.places.node(int(schedule.subject))
    since = uow.once.done_before(schedule) or now - timedelta(days=1)
    # The nodes above have digests of their own, planned by any village that is below them.
    effects: list[Effect] = [plan_digest(node, setting.at(uow, node), now) for node in uow.places.line(scope)]
    effects = effects if _is_home(setting, scope) else effects[:1]
    homes = _Homes(uow, setting, scope)
    found, lent = _readers(uow, setting, scope, homes, now)
    ledger = gather(uow, [*_own_part(uow, setting, scope), *(n for one in found for n in one.nodes)], since, now)
    found = _and_whose_lines_are_dropped(uow, ledger, found, lent)
    for reader in found:
        made = digest(uow, setting, reader, ledger)
        if made.empty and not any(setting.at(uow, node).policy.digest.empty for node in reader.nodes):
            continue
        person_id = None if reader.person is None else reader.person.id
        effects.append(
            Tell(person_id, PostKind.DIGEST, made.text, made.tickets, made.signals, room_id=_a_room(ledger, reader))
        )
    for path, room in ledger.rooms:
        if homes.of(path) == scope.id:
            room.voices_unread = 0
    return effects


def _is_home(setting: Setting, node: GridNode) -> bool:
    """Whether the node has digests of its own: it is one within which numbers count, or above such."""
    return _ORDER.index(node.level) <= _ORDER.index(setting.policy.number_scope)


class _Homes:
    """From whose run the digests of a node come; what is below the scope and above it is read once."""

    def __init__(self, uow: UnitOfWork, setting: Setting, scope: GridNode) -> None:
        self._uow, self._setting = uow, setting
        near = [*uow.places.line(scope), *(n for part in _own_part(uow, setting, scope) for n in _below(uow, part))]
        self._is_home = {node.id or 0: _is_home(setting, node) for node in near}

    def of(self, path: str) -> int:
        """The node that has digests of its own and is nearest to the node of that path, else the topmost."""
        line = [int(part) for part in path.split("/") if part]
        return next((node_id for node_id in reversed(line) if self._has(node_id)), line[0])

    def _has(self, node_id: int) -> bool:
        if node_id not in self._is_home:
            self._is_home[node_id] = _is_home(self._setting, self._uow.places.node(node_id))
        return self._is_home[node_id]


def _below(uow: UnitOfWork, node: GridNode) -> Iterable[GridNode]:
    return uow.places.below(node.path)


def _own_part(uow: UnitOfWork, setting: Setting, scope: GridNode) -> list[GridNode]:
    """The nodes that are at home in the scope, each with everything below it; for one above villages only itself."""
    if _ORDER.index(scope.level) >= _ORDER.index(setting.policy.number_scope):
        return [scope]
    return [node for node in uow.places.children(scope) if not _is_home(setting, node)]


def _and_whose_lines_are_dropped(
    uow: UnitOfWork, ledger: Ledger, found: list[Reader], lent: list[tuple[Reader, Person]]
) -> list[Reader]:
    """The readers, and those who keep their own digest although somebody stands in for them: something there speaks of
    him, or is not for him, and so would stand in no digest at all."""
    kept = [own for own, deputy in lent if _drops(uow, ledger, own, deputy)]
    for own in kept:
        same = next((one for one in found if one.person == own.person), None)
        if same is not None:
            found = [one for one in found if one is not same]
            own = Reader(own.person, outermost([*same.nodes, *own.nodes]))
        found = [*found, own]
    return found


def _drops(uow: UnitOfWork, ledger: Ledger, own: Reader, deputy: Person) -> bool:
    """Whether a digest of these nodes for the deputy leaves out what stands in that of the reader himself."""
    assert own.person is not None
    paths, him = tuple(node.path for node in own.nodes), own.person.id
    for path, ticket in ledger.tickets:
        new = any(at is not None and at > ledger.since for at in (ticket.opened_at, ticket.finished_at))
        if not ticket.private or not path.startswith(paths) or not (new or ticket.status not in ENDED | FINISHED):
            continue
        if is_spoken_of(uow, ticket, deputy.id) and not is_spoken_of(uow, ticket, him):
            return True
    return any(
        path.startswith(paths) and may_see(uow, own.person, signal) and not may_see(uow, deputy, signal)
        for path, signal in ledger.signals
    )


def _readers(
    uow: UnitOfWork, setting: Setting, scope: GridNode, homes: _Homes, now: datetime
) -> tuple[list[Reader], list[tuple[Reader, Person]]]:
    """Everyone whose digest comes from this run, once each, with all his nodes; and the rooms that nobody leads.

    Whoever stands in for somebody has his nodes too. Behind them those for whom somebody does, and who that is.
    """
    part = _own_part(uow, setting, scope)
    people: dict[str, Person] = {person.id: person for node in part for person, _ in uow.people.leading(node.path)}
    if scope not in part:
        people |= {person.id: person for person in uow.people.leaders([scope])}
    led = uow.people.led(list(people))
    deputies = uow.deputies.standing_in(list(led), now)
    own: dict[str, list[GridNode]] = {}
    lent: list[tuple[Reader, Person]] = []
    for person_id, everywhere in led.items():
        nodes = outermost([node for node in everywhere if _sends_to(uow, setting, node)])
        # Of several places the first: its run comes before those that count the unread voices of the others anew.
        if nodes and min(homes.of(node.path) for node in nodes) == scope.id:
            reader = stand_in(uow, people[person_id], now) if person_id in deputies else people[person_id]
            if reader.id != person_id:
                lent.append((Reader(people[person_id], nodes), reader))
            people[reader.id] = reader
            own.setdefault(reader.id, []).extend(nodes)
    found = [Reader(people[person_id], outermost(nodes)) for person_id, nodes in own.items()]
    led_here = tuple(node.path for nodes in led.values() for node in nodes)
    bound = {node.id: node for node in part for node in uow.places.bound(node.path)}
    found += [Reader(None, (node,)) for node in bound.values() if not _is_led(uow, node, led_here)]
    return found, lent


def _sends_to(uow: UnitOfWork, setting: Setting, node: GridNode) -> bool:
    """Whether leaders of the node get digests, by the pack of its place."""
    return node.level in setting.at(uow, node).policy.digest.levels


def _is_led(uow: UnitOfWork, node: GridNode, led: tuple[str, ...]) -> bool:
    return node.path.startswith(led) or bool(uow.people.leaders(uow.places.line(node)))


def _a_room(ledger: Ledger, reader: Reader) -> int | None:
    """A room of the reader: its account carries the digest."""
    own = tuple(node.path for node in reader.nodes)
    rooms: Iterable[Room] = (room for path, room in ledger.rooms if path.startswith(own))
    return min((room.id for room in rooms if room.id is not None), default=None)
