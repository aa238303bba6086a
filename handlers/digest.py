"""The daily digest: one message to each leader, however many grids he has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.answering import reply_in_private
from handlers.confirming import waiting_for
from handlers.context import Context, Setting
from handlers.effects import Effect
from models.codes import LEADERS, Status, TicketKind
from models.masking import short
from models.states import ENDED, FINISHED
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

LIST_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets a digest (None: whoever will lead it), and the nodes that it covers."""

    person: Person | None
    nodes: tuple[GridNode, ...]


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
    text = digest_text(ctx.uow, ctx.setting, reader, ctx.now - timedelta(days=1), ctx.now)
    return [reply_in_private(ctx, text)]


def outermost(nodes: Sequence[GridNode]) -> tuple[GridNode, ...]:
    """The nodes that lie below none of the others."""
    unique = {node.path: node for node in nodes}
    inside = [path for path in unique if any(path != other and path.startswith(other) for other in unique)]
    return tuple(node for path, node in unique.items() if path not in inside)


def digest_text(uow: UnitOfWork, setting: Setting, reader: Reader, since: datetime, now: datetime) -> str:
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
    parts += _section(setting, "digest.overdue", [_label(setting, t) for t in overdue if t not in wishes])
    parts += _section(setting, "digest.wishes", [_label(setting, wish) for wish in wishes])
    waiting = [
        say("digest.signal", number=s.number, category=setting.taxonomy[s.category].name, text=short(s.text, 30))
        for s in signals
    ]
    parts += _section(setting, "digest.signals", waiting)
    parts += _not_heard(uow, setting, reader, since, now)
    return "\n".join(parts)


def _section(setting: Setting, key: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    more = setting.words.say("digest.more", count=len(lines) - LIST_LENGTH) if len(lines) > LIST_LENGTH else ""
    return [setting.words.say(key, lines="\n".join(lines[:LIST_LENGTH]) + more)]


def _label(setting: Setting, ticket: Ticket) -> str:
    """As a group may see it: a digest is forwarded, so that no phone and nothing about health stands in it."""
    return setting.words.say("digest.line", label=setting.label(ticket, group=True), status=setting.status(ticket))


def _not_heard(uow: UnitOfWork, setting: Setting, reader: Reader, since: datetime, now: datetime) -> list[str]:
    """Gaps in the listening and voice messages that nobody read."""
    rooms = {room.id: room for node in reader.nodes for room in uow.places.rooms_below(node.path)}
    lines = []
    for account in sorted({room.account for room in rooms.values()}):
        for gap in uow.places.gaps(account, since, now):
            if gap.room_id is None or gap.room_id in rooms:
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
