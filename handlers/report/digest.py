"""The daily digest: one message to each leader, however many grids he has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.standing import is_spoken_of
from handlers.effects import Effect, Tell
from handlers.people.deputies import nodes_overseen
from handlers.record import care_figures
from handlers.report.pauses import is_short, short_pauses
from handlers.setting import Setting
from handlers.talk import weak_figures
from handlers.talk.confirming import may_see
from handlers.wish.offering import is_with_branch
from models.codes import NodeLevel, PostKind, Status, TicketKind
from models.masking import short
from models.outgoing_tables import Outgoing
from models.places import FAILED, RESTART
from models.states import ENDED, FINISHED
from models.tables import Gap, GridNode, Person, Room
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork

LIST_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets a digest (None: whoever will lead it), and the nodes that it covers."""

    person: Person | None
    nodes: tuple[GridNode, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The message, and whose words stand in it, so that they can be erased there too.

    empty: nothing came up, nothing is owed, nothing waits and nothing was missed.
    """

    text: str
    tickets: tuple[str, ...]
    signals: tuple[int, ...]
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """What happened in (since, now] at some places, what is open and what waits there, each with the path of its node.

    Read once for all who lead anything there.
    """

    since: datetime
    now: datetime
    tickets: Sequence[tuple[str, Ticket]]
    signals: Sequence[tuple[str, Signal]]
    rooms: Sequence[tuple[str, Room]]
    gaps: Mapping[str, Sequence[Gap]]
    unanswered: frozenset[str]
    lines: dict[tuple[str, bool], str] = field(default_factory=dict)
    """What a ticket is called in a digest: the same for everybody who reads of it."""


def on_request(ctx: Context) -> list[Effect]:
    """日报: the speaker's digest of the last day, now."""
    person = ctx.me()
    nodes = nodes_overseen(ctx.uow, person.id, ctx.now)
    if not nodes:
        raise ctx.refuse("refuse.leader_only")
    if ctx.room is not None and not ctx.reachable(person):
        raise ctx.refuse("refuse.add_me")
    reader = Reader(person, outermost(nodes))
    made = digest(ctx.uow, ctx.setting, reader, gather(ctx.uow, reader.nodes, ctx.now - timedelta(days=1), ctx.now))
    return [
        Tell(person.id, PostKind.REPLY, made.text, made.tickets, made.signals, address=ctx.message.sender),
    ]


def renew(uow: UnitOfWork, setting: Setting, row: Outgoing, now: datetime) -> None:
    """Write a digest that has not left yet anew, without what was erased meanwhile."""
    person = None if row.person_id is None else uow.people.get(row.person_id)
    if person is not None:
        node_ids = [node.id for node in nodes_overseen(uow, person.id, now) if node.id is not None]
    else:
        rooms = [uow.places.room_by_id(room_id) for room_id in (row.leader_of, row.room_id) if room_id is not None]
        node_ids = [room.node_id for room in rooms if room.node_id is not None]
    reader = Reader(person, outermost([uow.places.node(node_id) for node_id in node_ids]))
    made = digest(uow, setting, reader, gather(uow, reader.nodes, row.created_at - timedelta(days=1), now))
    row.text = made.text
    uow.outbox.extend(row, made.tickets, made.signals)


def outermost(nodes: Sequence[GridNode]) -> tuple[GridNode, ...]:
    """The nodes that lie below none of the others."""
    unique = {node.path: node for node in nodes}
    inside = [path for path in unique if any(path != other and path.startswith(other) for other in unique)]
    return tuple(node for path, node in unique.items() if path not in inside)


def gather(uow: UnitOfWork, nodes: Sequence[GridNode], since: datetime, now: datetime) -> Ledger:
    """Everything that digests of these nodes and of any below them are made from, in a few statements a node."""
    top = outermost(nodes)
    paths = {below.id: below.path for node in top for below in uow.places.below(node.path)}
    tickets = [ticket for node in top for ticket in uow.tickets.below(node.path, closed_after=since)]
    signals = uow.signals.waiting([node.path for node in top])
    rooms = [room for node in top for room in uow.places.rooms_below(node.path)]
    return Ledger(
        since,
        now,
        [(paths[ticket.node_id], ticket) for ticket in tickets],
        [(paths[signal.node_id], signal) for signal in signals],
        [(paths[room.node_id], room) for room in rooms],
        {account: uow.places.gaps(account, since, now) for account in sorted({room.account for room in rooms})},
        frozenset(alarm.subject for alarm in uow.alarms.waiting()),
    )


def digest(uow: UnitOfWork, setting: Setting, reader: Reader, ledger: Ledger) -> Digest:
    """What happened at the reader's nodes, what is open, what waits for him.

    Whoever leads above the 村社区 gets how many wishes and signals wait, not each of them.
    """
    say, own = setting.words.say, tuple(node.path for node in reader.nodes)
    since, now = ledger.since, ledger.now
    tickets = [ticket for path, ticket in ledger.tickets if path.startswith(own)]
    if reader.person is not None:
        him = reader.person.id
        tickets = [ticket for ticket in tickets if not (ticket.private and is_spoken_of(uow, ticket, him))]
    alive = [ticket for ticket in tickets if ticket.status not in ENDED]
    overdue = [t for t in alive if t.status not in FINISHED and clocks.is_late(t, now)]
    proposed = [ticket for ticket in alive if ticket.status is Status.PROPOSED]
    wishes = [ticket for ticket in alive if _wants_somebody(uow, ticket)]
    with_branch = is_with_branch(uow, wishes)
    to_assign = [wish for wish in wishes if wish.id in with_branch]
    signals = [
        signal for path, signal in ledger.signals if path.startswith(own) and may_see(uow, reader.person, signal)
    ]
    figures = {
        "new": sum(ticket.opened_at > since for ticket in tickets),
        "open": sum(ticket.status not in FINISHED for ticket in alive),
        "overdue": len(overdue),
        "closed": sum(_is_done(ticket, since) for ticket in tickets),
    }
    places = "、".join(node.name for node in reader.nodes[:3]) + ("…" if len(reader.nodes) > 3 else "")
    parts = [say("digest.head", date=_date(setting, now), places=places), say("digest.figures", **figures)]
    far = len({ticket.scope_id for ticket in tickets}) > 1 or is_above(setting, reader)
    alarms = [ticket for ticket in alive if ticket.id in ledger.unanswered]

    def listed(key: str, found: Sequence[Ticket]) -> list[str]:
        lines = [_label(uow, setting, ledger, ticket, far) for ticket in found[:LIST_LENGTH]]
        return _section(setting, key, lines, len(found))

    parts += listed("digest.alarms", alarms)
    pushed = [t for t in alive if t.supervised_at is not None and t.status not in FINISHED]
    parts += listed("digest.supervised", pushed)
    overdue = [ticket for ticket in overdue if ticket not in wishes and ticket not in proposed and ticket not in pushed]
    parts += listed("digest.overdue", overdue)
    waiting_now = [t for t in alive if t.status not in FINISHED and t.waiting_since is not None]
    waits = [t for t in waiting_now if t not in pushed and t not in overdue]
    parts += listed("digest.waiting", waits)
    # What somebody pushes stands there and nowhere else.
    wishes, proposed, to_assign = ([t for t in part if t not in pushed] for part in (wishes, proposed, to_assign))
    missed, pauses = _not_heard(setting, own, ledger)
    weak = weak_figures.day_line(uow, setting, reader.nodes, since, now)
    weak += [] if is_above(setting, reader) else care_figures.day_line(uow, setting, reader.nodes, now)
    parts += weak
    if is_above(setting, reader):
        parts += [say("digest.wishes_wait", count=len(wishes))] if wishes else []
        parts += [say("digest.signals_wait", count=len(signals))] if signals else []
        wishes, proposed, to_assign, routed, shown = [], [], [], [], signals[:0]
    else:
        wishes = [wish for wish in wishes if wish not in to_assign]
        parts += listed("digest.proposed", proposed)
        parts += listed("digest.to_assign", to_assign)
        parts += listed("digest.wishes", wishes)
        routed = [t for t in alive if t.given_at is not None and t.given_by is None and t.opened_at > since]
        routed = [t for t in routed if t not in pushed]
        routed = [t for t in routed if reader.person is None or t.handler_id != reader.person.id]
        lines = [_routed(uow, setting, ticket, far) for ticket in routed[:LIST_LENGTH]]
        parts += _section(setting, "digest.routed", lines, len(routed))
        shown = signals[:LIST_LENGTH]
        waiting = [
            say("digest.signal", number=s.number, category=setting.taxonomy[s.category].name, text=short(s.text, 30))
            for s in shown
        ]
        parts += _section(setting, "digest.signals", waiting, len(signals))
        voices = sum(room.voices_unread for path, room in ledger.rooms if path.startswith(own))
        missed += [say("digest.voices", count=voices)] if voices else []
    lists = (alarms, pushed, overdue, waits, proposed, to_assign, wishes, routed)
    named = {ticket.id: ticket for part in lists for ticket in part[:LIST_LENGTH]}.values()
    return Digest(
        "\n".join([*parts, *missed, *pauses]),
        tuple(ticket.id for ticket in named),
        tuple(signal.id for signal in shown if signal.id is not None),
        empty=not (any(figures.values()) or signals or missed or weak),
    )


def _is_done(ticket: Ticket, since: datetime) -> bool:
    """Whether it was reported as done since then, as weekly reports count it too: rated or not."""
    done = ticket.status in FINISHED or ticket.status is Status.CLOSED
    return done and ticket.finished_at is not None and ticket.finished_at > since


def _wants_somebody(uow: UnitOfWork, ticket: Ticket) -> bool:
    """Whether somebody may still claim it: nobody has, or it wants more than have."""
    if ticket.kind is not TicketKind.WISH:
        return False
    return ticket.status is Status.OPEN or (ticket.helpers_wanted > 1 and uow.wishes.free_seats(ticket) > 0)


def is_above(setting: Setting, reader: Reader) -> bool:
    """Whether the reader leads anything above the nodes within which numbers count."""
    order = list(NodeLevel)
    return any(order.index(node.level) < order.index(setting.policy.number_scope) for node in reader.nodes)


def _section(setting: Setting, key: str, lines: list[str], count: int) -> list[str]:
    """The first of so many lines."""
    if not lines:
        return []
    more = setting.words.say("digest.more", count=count - len(lines)) if count > len(lines) else ""
    return [setting.words.say(key, lines="\n".join(lines) + more)]


def _label(uow: UnitOfWork, setting: Setting, ledger: Ledger, ticket: Ticket, far: bool) -> str:
    """As a group may see it: a digest is forwarded, so that no phone and nothing about health stands in it.

    far: numbers of several 村社区 stand side by side, so that each says of which it is.
    """
    if (ticket.id, far) not in ledger.lines:
        label = _called(uow, setting, ticket, far)
        ledger.lines[ticket.id, far] = setting.words.say("digest.line", label=label, status=setting.status(ticket))
    return ledger.lines[ticket.id, far]


def _called(uow: UnitOfWork, setting: Setting, ticket: Ticket, far: bool) -> str:
    label = setting.label(ticket, group=True)
    return f"{uow.places.node(ticket.scope_id).name}-{label.removeprefix('#')}" if far else label


def _routed(uow: UnitOfWork, setting: Setting, ticket: Ticket, far: bool) -> str:
    """What went to whoever answers for the category, and not to the leader."""
    name = setting.words.say("name.responsible")
    if ticket.organisation_id is not None:
        name = uow.organisations.get(ticket.organisation_id).name
    elif ticket.handler_id is not None:
        name = uow.people.get(ticket.handler_id).name or name
    label, status = _called(uow, setting, ticket, far), setting.status(ticket)
    return setting.words.say("digest.routed_line", label=label, status=status, name=name)


def _not_heard(setting: Setting, own: tuple[str, ...], ledger: Ledger) -> tuple[list[str], list[str]]:
    """Gaps in the listening, and what is added of short restarts, for which alone nobody is written to."""
    say = setting.words.say
    rooms = {room.id: room for path, room in ledger.rooms if path.startswith(own)}
    lines: list[str] = []
    short: list[Gap] = []
    for account in sorted({room.account for room in rooms.values()}):
        failed = Counter(gap.room_id for gap in ledger.gaps[account] if gap.reason == FAILED)
        lines += [
            say("digest.failed", room=rooms[room_id].name, count=count)
            for room_id, count in failed.items()
            if room_id in rooms
        ]
        for gap in ledger.gaps[account]:
            if gap.reason == FAILED or (gap.room_id is not None and gap.room_id not in rooms):
                continue
            if is_short(gap):
                short.append(gap)
            else:
                where = "" if gap.room_id is None else rooms[gap.room_id].name
                since, until = (_clock(setting, at, ledger.now) for at in (gap.since, gap.until))
                lines.append(say("digest.gap", since=since, until=until, room=where))
    more = [say("digest.more_gaps", count=len(lines) - LIST_LENGTH)] if len(lines) > LIST_LENGTH else []
    pauses = short_pauses(setting, short)
    if all(gap.reason == RESTART for gap in short):
        return lines[:LIST_LENGTH] + more, pauses
    return [*lines[:LIST_LENGTH], *more, *pauses], []


def _date(setting: Setting, at: datetime) -> str:
    local = at.astimezone(setting.policy.zone)
    return f"{local.month}月{local.day}日"


def _clock(setting: Setting, at: datetime, now: datetime) -> str:
    local, today = at.astimezone(setting.policy.zone), now.astimezone(setting.policy.zone)
    clock = f"{local:%H:%M}"
    return clock if local.date() == today.date() else f"{local.month}月{local.day}日{clock}"
