"""What is said about a ticket that is open: a share of it, more of it, news, its end. Nothing here opens a matter."""

import re
from dataclasses import replace
from datetime import timedelta

from handlers.alarm.alarms import begin, is_alarming
from handlers.answering import tell_withdrawn, unsay
from handlers.context import Context
from handlers.discreet.erasing import erase_at_end
from handlers.effects import Effect, Say, Tell
from handlers.people import reach
from handlers.talk.heard import follow_up, has_it_too, reread
from handlers.talk.matching import DOUBTFUL_PIECES
from handlers.talk.naming import pass_on
from handlers.talk.opening import TITLE_LENGTH, Matter, acknowledge, hold, join
from handlers.ticket.waiting import answered
from models.codes import PostKind, SourceRole, TicketKind
from models.masking import mask, short
from models.states import FINISHED, Move, allowed
from models.ticket_tables import Ticket
from nlp.thread import PLAIN
from nlp.understanding import Band, Cue, Kind, Relation, Understanding, Urgency

_GOES_ON = re.compile("又|还|仍|也|同样|一样|继续|依旧|照样")
"""Said of what is reported as done, these say that it is not."""


FAINT = 0.015
"""Score from which words that name a place are heard as something that may be wrong there, though they open nothing."""


BESIDE_A_PLACE = 4
"""Characters beside a place with which words begin to say more than where it is."""


def joined(ctx: Context, ticket: Ticket, matter: Matter) -> list[Effect]:
    """The same matter in own words: the person is told that it is known."""
    had = ctx.handler(ticket)
    new, effects = join(ctx, ticket, matter)
    effects += pass_on(ctx, ticket, had)
    if new and matter.room is not None and matter.room.id is not None and matter.requester is not None:
        text = ctx.say(
            "ack.joined_private" if ticket.nameless else "ack.joined",
            name=ctx.called(matter.requester),
            label=ctx.label(ticket, group=True),
            count=ctx.uow.tickets.asking(ticket.id),
        )
        effects.insert(0, Say(matter.room.id, PostKind.ACK, text, (ticket.id,), matter.requester.id, None))
    return effects


def is_another(ctx: Context, relation: Relation, ticket: Ticket) -> bool:
    """Whether the words, minutes after the last that were said of the ticket, sound like something else than it.

    Not plainly enough to be a ticket, but as a part of this one nobody would ever look at them.
    """
    if ctx.message.quote is not None or relation.understood.cues & {Cue.UPDATE, Cue.JOIN, Cue.SETTLED}:
        return False
    alone = by_itself(ctx)
    if alone.place is not None and len(ctx.message.text.strip()) - len(alone.place) < BESIDE_A_PLACE:
        return False  # it says where
    if not is_foreign(alone, ticket) or (alone.band is Band.ACT and alone.score >= PLAIN):
        return False  # of what is plain whoever has the ticket is told
    person = ctx.known_me()
    said = [row.at for row in ctx.uow.tickets.sources(ticket.id) if person is not None and row.person_id == person.id]
    return not said or ctx.now - max(said) > DOUBTFUL_PIECES


def by_itself(ctx: Context) -> Understanding:
    """What the words say without those before them; of a place that has something, faintly: what that sounds like."""
    alone = ctx.setting.understand(ctx.message.text)
    if alone.kind is not Kind.NONE or not alone.leanings or alone.place is None or alone.score < FAINT:
        return alone
    category = alone.leanings[0]
    return replace(alone, kind=ctx.setting.taxonomy[category].kind, category=category, band=Band.ASK)


def is_foreign(alone: Understanding, ticket: Ticket) -> bool:
    """Whether words, taken alone, are heard as something of another category."""
    if alone.kind is Kind.NONE or alone.band is Band.IGNORE:
        return False
    return ticket.category not in (alone.category, *alone.leanings)


def share(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """我家也是: counted without a word.

    A remark on somebody else's trouble is kept with it, but makes nobody one of those who asked: he would be
    asked how it went, and the trouble would look larger than it is. Nor does anything said of what is reported as
    done: those who asked were asked already.
    """
    remark = ctx.message.quote is None and not has_it_too(ctx, relation, ticket.category)
    if remark or ticket.status in FINISHED:
        return update(ctx, relation, ticket)
    matter = follow_up(ctx, relation, ticket)
    effects = reread(ctx, relation, ticket)
    had = ctx.handler(ticket)
    _, more = join(ctx, ticket, matter)
    effects += [*more, *_cannot_wait(ctx, relation, ticket)]
    if passed := pass_on(ctx, ticket, had):
        return effects + passed
    if Cue.UPDATE in relation.understood.cues and ticket.kind is not TicketKind.WISH:
        effects += _tell_handler(ctx, ticket, "tell.still", matter.text)
    return effects


def update(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """More words, a picture or a place for a matter that is open; silently."""
    matter = follow_up(ctx, relation, ticket)
    effects = reread(ctx, relation, ticket)
    person, had = ctx.me(), ctx.handler(ticket)
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=person.id, words=matter.text)
    foreign = ticket.private and is_foreign(by_itself(ctx), ticket)
    if ticket.place is None and matter.place and not foreign:
        ticket.place = matter.place
    effects += hold(ctx, ticket, matter.messages, person, SourceRole.UPDATE)
    effects += _cannot_wait(ctx, relation, ticket)
    if passed := pass_on(ctx, ticket, had):
        return effects + passed
    if waited := answered(ctx, ticket):
        return effects + waited
    if ticket.status in FINISHED:
        return effects + (_tell_handler(ctx, ticket, "tell.not_mended", matter.text) if _denies(ctx, relation) else [])
    if Cue.UPDATE in relation.understood.cues and ticket.kind is not TicketKind.WISH:
        return effects + _tell_handler(ctx, ticket, "tell.still", matter.text)
    return effects + (_tell_handler(ctx, ticket, "tell.more", matter.text) if _is_more(ctx, ticket) else [])


def _is_more(ctx: Context, ticket: Ticket) -> bool:
    """Whether the words, plain by themselves, sound like another matter: whoever has the ticket may split it."""
    alone = ctx.setting.understand(ctx.message.text)
    return alone.band is Band.ACT and alone.score >= PLAIN and ticket.category not in (alone.category, *alone.leanings)


def _denies(ctx: Context, relation: Relation) -> bool:
    """Whether what is said of a matter that is reported as done says that it is there again or still."""
    cues, text = relation.understood.cues, ctx.message.text
    if cues & {Cue.THANKS, Cue.SETTLED} and Cue.UPDATE not in cues:
        return False
    loud = ctx.setting.understand(text).band is not Band.IGNORE
    return loud or bool(cues & {Cue.UPDATE, Cue.JOIN}) or _GOES_ON.search(text) is not None


def _cannot_wait(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """Only together with what was said before these words say that somebody is in danger: the alarm begins now."""
    whole = relation.whole
    if whole is None or whole.urgency is not Urgency.EMERGENCY or is_alarming(ticket) or ticket.private:
        return []
    ticket.urgency, ticket.evidence = whole.urgency.value, list(whole.evidence) or ticket.evidence
    ticket.title = short(f"{ticket.title}，{ctx.message.text.strip()}", TITLE_LENGTH)
    said = [] if ctx.room is None else [acknowledge(ctx, ticket, ctx.me(), ctx.room)]
    return [*said, *begin(ctx.uow, ctx.setting, ticket, ctx.now)]


def settled(ctx: Context, relation: Relation, ticket: Ticket) -> list[Effect]:
    """修好了: whoever handles the matter is offered to close it; the group hears nothing."""
    if ctx.ended(ticket):
        return []
    matter = follow_up(ctx, relation, ticket)
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=ctx.me().id, words=matter.text)
    effects = hold(ctx, ticket, matter.messages, ctx.me(), SourceRole.UPDATE)
    if ticket.status in FINISHED:
        return effects
    answered(ctx, ticket)  # whoever handles it hears below what was said
    return effects + _tell_handler(ctx, ticket, "tell.settled", matter.text)


def _tell_handler(ctx: Context, ticket: Ticket, key: str, words: str) -> list[Effect]:
    handler = ctx.handler(ticket)
    if handler is not None and handler.id == ctx.me().id:
        return []
    text = ctx.say(
        key,
        label=ctx.label_to(ticket, handler),
        number=ticket.number,
        name=ctx.my_name,
        text=short(mask(words), 40),
        finish=ctx.setting.finish(ticket),
    )
    to = None if handler is None else handler.id
    line = Tell(to, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)
    return reach.told_too(ctx.uow, ctx.setting, ticket, handler, line)


def retract(ctx: Context, ticket: Ticket) -> list[Effect]:
    """发错群了: the own matter is withdrawn if it is fresh and nobody else asked for it."""
    person = ctx.me()
    fresh = ctx.now - ticket.opened_at <= timedelta(minutes=ctx.policy.hearing.retract_minutes)
    asking = ctx.uow.tickets.requesters(ticket.id)
    if not fresh or [row.person_id for row in asking] != [person.id]:
        return []
    if allowed(ticket.kind, ticket.status, Move.WITHDRAW) is None:
        return []
    asking[0].withdrawn_at = ctx.now
    ctx.uow.tickets.move(ticket, Move.WITHDRAW, at=ctx.now, actor_id=person.id)
    unsaid = unsay(ctx, ticket)
    effects = tell_withdrawn(ctx, ticket, unsaid)
    effects += erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)
    if ticket.private or ctx.room is None or ctx.room.id is None or ctx.room.id in {row.room_id for row in unsaid}:
        return effects
    key = "withdraw.done" if ticket.nameless else "ack.withdrawn"
    text = ctx.say(key, name=ctx.my_name, number=ticket.number)
    return [Say(ctx.room.id, PostKind.ACK, text, (ticket.id,), person.id), *effects]
