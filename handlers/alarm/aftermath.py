"""What those who were told of an emergency hear of it later: somebody has it, or nobody need go there any more.

Called once for each message and each schedule, when its handler is done: what has become of the alarms in this unit
is known then (models/alarms.py), and so is what the handler says by itself.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from handlers.alarm.alarms import is_perilous, name_of, parties, shown, subject_of
from handlers.effects import Effect, Say, Tell
from handlers.people import team_thanks
from handlers.record import panels
from handlers.setting import Setting
from models.alarms import News, Turn
from models.codes import OutgoingState, PostKind, Topic
from models.outbox import UNSAID
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork

ON_THE_WAY = timedelta(hours=12)
"""So long after the alarm somebody may still be on his way: later the news can wait until the morning."""

_KEYS = {
    News.TAKEN: "alarm.taken",
    News.FINISHED: "alarm.finished",
    News.DROPPED: "alarm.seen_to",
    News.CALLED_OFF: "alarm.called_off",
    News.MERGED: "alarm.merged",
}


def with_news(uow: UnitOfWork, setting: Setting, effects: Iterable[Effect], now: datetime) -> list[Effect]:
    """The effects of a handler, and one line to each who has to know what became of an alarm."""
    said = list(effects)
    panels.follow(uow, now)
    turns = [(setting.at(uow, uow.places.node(turn.matter.node_id)), turn) for turn in uow.alarms.turns.values()]
    said += [line for here, turn in turns for line in _lines(uow, here, turn, said, now)]
    return [*said, *team_thanks.lines(uow, setting, said, now)]


def haste(uow: UnitOfWork, ticket: Ticket, now: datetime) -> PostKind:
    """How what has just become of a ticket is told to whoever sees to it: at night too while he may be on his way."""
    turn = uow.alarms.turns.get(ticket.id)
    return PostKind.NOTICE if turn is None else _kind(turn, now)


def _kind(turn: Turn, now: datetime) -> PostKind:
    return PostKind.EMERGENCY if now - turn.began <= ON_THE_WAY else PostKind.NOTICE


def _lines(uow: UnitOfWork, setting: Setting, turn: Turn, said: list[Effect], now: datetime) -> list[Effect]:
    """One line to each, but not to who did it, who asked for it, who is told anyway, and who never heard of it."""
    inherited = turn.news is News.REPLACED and turn.had is not None
    text = _as_ticket(uow, setting, turn) if inherited else _text(uow, setting, turn)
    people = (turn.had,) if inherited else turn.told
    if text is None:
        return []
    known = {turn.by, *parties(uow, turn.matter), *_answered(turn, said, now), *_never_told(uow, turn)}
    if turn.news is News.TAKEN:
        known.add(turn.has)
    return [
        Tell(person_id, _kind(turn, now), text, room_id=turn.matter.room_id)
        for person_id in people
        if person_id is not None and person_id not in known and uow.people.get(person_id).erased_at is None
    ]


def _text(uow: UnitOfWork, setting: Setting, turn: Turn) -> str | None:
    """What the others hear, without a word of the matter; None when they need not hear of it."""
    matter, news = turn.matter, turn.news
    if news is News.FINISHED and turn.by is not None and turn.by == turn.had:
        return None  # everybody knows that he went
    if news is News.REPLACED:
        if turn.by is None:
            return None  # the alarm of the ticket goes on from here
        news = News.TAKEN
    key = _KEYS[news]
    if news is News.CALLED_OFF and is_perilous(matter):
        key = "alarm.called_off_softly"
    elif news is News.TAKEN and turn.has != turn.by:
        key = "alarm.passed_on"
    return setting.words.say(
        key,
        shown=shown(matter),
        name="" if turn.by is None else name_of(uow, setting, matter, turn.by),
        to="" if turn.has is None else name_of(uow, setting, matter, turn.has),
        status=setting.status(matter) if isinstance(matter, Ticket) else "",
        into=uow.unions.end_of(matter).number if isinstance(matter, Ticket) else "",
    )


def _as_ticket(uow: UnitOfWork, setting: Setting, turn: Turn) -> str:
    """For whoever has the signal: under which number it goes on."""
    signal = turn.matter
    assert isinstance(signal, Signal)
    assert signal.ticket_id is not None
    ticket = uow.tickets.get(signal.ticket_id)
    finish = setting.finish(ticket)
    return setting.words.say("alarm.now_ticket", shown=shown(signal), number=ticket.number, finish=finish)


def _answered(turn: Turn, said: list[Effect], now: datetime) -> set[str | None]:
    """Those to whom the handler itself says something of the matter, no later than this would be said."""
    matter = turn.matter
    soon = (PostKind.EMERGENCY, PostKind.REPLY) if _kind(turn, now) is PostKind.EMERGENCY else tuple(PostKind)
    ticket_id, signal_id = (matter.ticket_id, matter.id) if isinstance(matter, Signal) else (matter.id, None)
    return {
        effect.person_id
        for effect in said
        if isinstance(effect, Say | Tell)
        and effect.kind in soon
        and (ticket_id in effect.tickets or (isinstance(effect, Tell) and signal_id in effect.signals))
    }


def _never_told(uow: UnitOfWork, turn: Turn) -> set[str | None]:
    """Those for whom the line about it was taken back before it left."""
    about = uow.outbox.touching(subject_of(turn.matter), tuple(OutgoingState))
    rows = [row for row in about if row.topic not in (None, Topic.CALLED_OFF)]
    reached = {row.person_id for row in rows if row.state not in UNSAID}
    return {row.person_id for row in rows if row.state in UNSAID} - reached
