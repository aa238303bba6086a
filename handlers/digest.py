"""The daily digest: one message to each leader, however many grids he has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.confirming import waiting_for
from handlers.context import Context, Setting
from handlers.effects import Effect, Tell
from models.codes import LEADERS, PostKind, Status, TicketKind
from models.masking import short
from models.states import ENDED, FINISHED
from models.tables import GridNode, Person
from models.ticket_tables import Outgoing, Ticket
from models.uow import UnitOfWork

LIST_LENGTH = 8
SHORTEST_GAP = timedelta(minutes=1)
"""A shorter pause in the listening is not worth a line."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets a digest (None: whoever will lead it), and the nodes that it covers."""

    person: Person | None
    nodes: tuple[GridNode, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """The message, and whose words stand in it, so that they can be erased there too."""

    text: str
    tickets: tuple[str, ...]
    signals: tuple[int, ...]


def on_request(ctx: Context) -> list[Effect]:
    """日报: the speaker's digest of the last day, now."""
    person = ctx.me()
    grants = ctx.uow.people.grants(person.id)
    nodes = [ctx.uow.places.node(grant.node_id) for grant in grants if grant.role in LEADERS]
    if not nodes:
        raise ctx.refuse("refuse.leader_only")
    if ctx.room is not None and not ctx.reachable(person):
        raise ctx.refuse("refuse.add_me")
    reader = Reader(person, outermost(nodes))
    made = digest(ctx.uow, ctx.setting, reader, ctx.now - timedelta(days=1), ctx.now)
    return [
        Tell(person.id, PostKind.REPLY, made.text, made.tickets, made.signals, address=ctx.message.sender),
    ]


def renew(uow: UnitOfWork, setting: Setting, row: Outgoing, now: datetime) -> None:
    """Write a digest that has not left yet anew, without what was erased meanwhile."""
    person = None if row.person_id is None else uow.people.get(row.person_id)
    if person is not None:
        node_ids = [grant.node_id for grant in uow.people.grants(person.id) if grant.role in LEADERS]
    else:
        rooms = [uow.places.room_by_id(room_id) for room_id in (row.leader_of, row.room_id) if room_id is not None]
        node_ids = [room.node_id for room in rooms if room.node_id is not None]
    reader = Reader(person, outermost([uow.places.node(node_id) for node_id in node_ids]))
    made = digest(uow, setting, reader, row.created_at - timedelta(days=1), now)
    row.text = made.text
    uow.outbox.extend(row, made.tickets, made.signals)


def outermost(nodes: Sequence[GridNode]) -> tuple[GridNode, ...]:
    """The nodes that lie below none of the others."""
    unique = {node.path: node for node in nodes}
    inside = [path for path in unique if any(path != other and path.startswith(other) for other in unique)]
    return tuple(node for path, node in unique.items() if path not in inside)


def digest(uow: UnitOfWork, setting: Setting, reader: Reader, since: datetime, now: datetime) -> Digest:
    """What happened in (since, now] at the reader's nodes, what is open, what waits for him."""
    say = setting.words.say
    tickets = {
        ticket.id: ticket for node in reader.nodes for ticket in uow.tickets.below(node.path, closed_after=since)
    }.values()
    alive = [ticket for ticket in tickets if ticket.status not in ENDED]
    overdue = [t for t in alive if t.status not in FINISHED and t.solve_by is not None and t.solve_by < now]
    wishes = [ticket for ticket in alive if ticket.kind is TicketKind.WISH and ticket.status is Status.OPEN]
    signals = waiting_for(uow, reader.person, reader.nodes)
    parts = [
        say(
            "digest.head",
            date=_date(setting, now),
            places="、".join(node.name for node in reader.nodes[:3]) + ("…" if len(reader.nodes) > 3 else ""),
        ),
        say(
            "digest.figures",
            new=sum(ticket.opened_at > since for ticket in tickets),
            open=len(alive),
            overdue=len(overdue),
            closed=sum(t.status is Status.CLOSED and t.closed_at is not None and t.closed_at > since for t in tickets),
        ),
    ]
    unanswered = {alarm.subject for alarm in uow.alarms.waiting()}
    alarms = [ticket for ticket in alive if ticket.id in unanswered]
    parts += _section(setting, "digest.alarms", [_label(setting, ticket) for ticket in alarms])
    pushed = [t for t in alive if t.supervised_at is not None and t.status not in FINISHED]
    parts += _section(setting, "digest.supervised", [_label(setting, ticket) for ticket in pushed])
    overdue = [ticket for ticket in overdue if ticket not in wishes and ticket not in pushed]
    parts += _section(setting, "digest.overdue", [_label(setting, ticket) for ticket in overdue])
    parts += _section(setting, "digest.wishes", [_label(setting, wish) for wish in wishes])
    routed = [t for t in alive if t.given_at is not None and t.given_by is None and t.opened_at > since]
    routed = [t for t in routed if reader.person is None or t.handler_id != reader.person.id]
    parts += _section(setting, "digest.routed", [_routed(uow, setting, ticket) for ticket in routed])
    waiting = [
        say("digest.signal", number=s.number, category=setting.taxonomy[s.category].name, text=short(s.text, 30))
        for s in signals
    ]
    parts += _section(setting, "digest.signals", waiting)
    parts += _not_heard(uow, setting, reader, since, now)
    shown = (alarms, pushed, overdue, wishes, routed)
    named = {ticket.id: ticket for part in shown for ticket in part[:LIST_LENGTH]}.values()
    return Digest(
        "\n".join(parts),
        tuple(ticket.id for ticket in named),
        tuple(signal.id for signal in signals[:LIST_LENGTH] if signal.id is not None),
    )


def _section(setting: Setting, key: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    more = setting.words.say("digest.more", count=len(lines) - LIST_LENGTH) if len(lines) > LIST_LENGTH else ""
    return [setting.words.say(key, lines="\n".join(lines[:LIST_LENGTH]) + more)]


def _label(setting: Setting, ticket: Ticket) -> str:
    """As a group may see it: a digest is forwarded, so that no phone and nothing about health stands in it."""
    return setting.words.say("digest.line", label=setting.label(ticket, group=True), status=setting.status(ticket))


def _routed(uow: UnitOfWork, setting: Setting, ticket: Ticket) -> str:
    """What went to whoever answers for the category, and not to the leader."""
    name = setting.words.say("name.responsible")
    if ticket.organisation_id is not None:
        name = uow.organisations.get(ticket.organisation_id).name
    elif ticket.handler_id is not None:
        name = uow.people.get(ticket.handler_id).name or name
    label, status = setting.label(ticket, group=True), setting.status(ticket)
    return setting.words.say("digest.routed_line", label=label, status=status, name=name)


def _not_heard(uow: UnitOfWork, setting: Setting, reader: Reader, since: datetime, now: datetime) -> list[str]:
    """Gaps in the listening and voice messages that nobody read."""
    rooms = {room.id: room for node in reader.nodes for room in uow.places.rooms_below(node.path)}
    lines = []
    for account in sorted({room.account for room in rooms.values()}):
        for gap in uow.places.gaps(account, since, now):
            if gap.until - gap.since >= SHORTEST_GAP and (gap.room_id is None or gap.room_id in rooms):
                where = "" if gap.room_id is None else rooms[gap.room_id].name
                lines.append(
                    setting.words.say(
                        "digest.gap",
                        since=_clock(setting, gap.since, now),
                        until=_clock(setting, gap.until, now),
                        room=where,
                    )
                )
    voices = sum(room.voices_unread for room in rooms.values())
    if voices:
        lines.append(setting.words.say("digest.voices", count=voices))
    return lines


def _date(setting: Setting, at: datetime) -> str:
    local = at.astimezone(setting.policy.zone)
    return f"{local.month}月{local.day}日"


def _clock(setting: Setting, at: datetime, now: datetime) -> str:
    local, today = at.astimezone(setting.policy.zone), now.astimezone(setting.policy.zone)
    clock = f"{local:%H:%M}"
    return clock if local.date() == today.date() else f"{local.month}月{local.day}日{clock}"
