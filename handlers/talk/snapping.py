"""随手拍: a picture with a line. What is missing (place, type, urgency) is asked for once, in private; the answer
completes the same ticket."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from handlers.alarm.alarms import is_alarming
from handlers.answering import reply_in_private, tell
from handlers.clockwork.planning import recount, replan
from handlers.context import Context
from handlers.discreet.wordless import UNREAD
from handlers.effects import Effect, Remind, Say, Tell
from handlers.numbers import is_bare_number
from handlers.policy.snapshots import Pressing
from handlers.talk.answers import is_choice, is_place, may_be_place, to_ticket
from handlers.talk.asking import ASKED, PLACE, SNAPSHOT, TYPE, URGENCY, in_words, still
from handlers.talk.heard import LONGEST
from handlers.talk.opening import TITLE_LENGTH, Matter, hold, understood
from handlers.talk.registering import SHORTEST, ask_leader, enter, where
from handlers.talk.signals import speaks_of_petition
from handlers.talk.unattended import is_unattended
from handlers.ticket.evaluation import untouchable
from models.codes import PostKind, SourceRole, TicketKind
from models.masking import short
from models.message import AttachmentKind, Message
from models.states import FINISHED
from models.ticket_tables import Ticket
from nlp.understanding import Band, Kind, Understanding, Urgency

OTHER = "complaint_other"
SHORT_PLACE = 24
"""Characters up to which the words of an answer may be nothing but a place."""
_PARTS = re.compile(r"[，,。；;、！!\s]+")


@dataclass(slots=True)
class Told:
    """What somebody's words say of what a report needs; left: words that say none of it."""

    place: str | None = None
    category: str | None = None
    pressing: Pressing | None = None
    left: str = ""


def snap(ctx: Context) -> list[Effect]:
    """随手拍 ‹话›: with a picture of its own, one just before it in the group, or one that follows."""
    text = ctx.args.text.strip()[:LONGEST]
    before = _just_before(ctx)
    messages = (*before, ctx.message)
    pictured = any(_has_picture(message) for message in messages)
    place = next((message.place for message in reversed(messages) if message.place), None)
    if not pictured and (len(text) < SHORTEST or is_bare_number(text)):
        raise ctx.refuse("refuse.snap_how")
    person = ctx.me()
    room, node = where(ctx, person, lambda policy, _: policy.snapshots.on)
    ctx = ctx.at(node)
    meaning = ctx.setting.understand(text)
    told = _read(ctx, text, meaning)
    kind = TicketKind.COMPLAINT if meaning.kind is Kind.NONE or told.category else TicketKind(meaning.kind.value)
    category = told.category or (meaning.category if meaning.kind is not Kind.NONE else OTHER)
    alone = is_unattended(text)
    if alone:  # whoever sees to it reads it, and no group
        kind, category = TicketKind.COMPLAINT, OTHER
    unread = meaning.band is Band.IGNORE and told.category is None
    matter = Matter(
        kind=kind,
        category=category,
        text=text or ctx.say("snap.title"),
        node=node,
        room=room,
        requester=person,
        band="command",
        messages=messages,
        place=place,
        unread=unread,
        hidden=alone or (meaning.kind is Kind.NONE and "dispute" in ctx.setting.delicate(text)),
    )
    matter = understood(matter, meaning)
    matter = replace(matter, place=told.place or matter.place)
    ctx.uow.lock("matter", node.id, category)
    if speaks_of_petition(matter):
        return ask_leader(ctx, matter)
    opened = ctx.now
    ticket, effects = enter(ctx, matter, person, None)
    if ticket.private and untouchable(ticket) and ctx.room is not None:
        return [*_heard_aside(ctx, effects), *effects]
    if ticket.private or is_alarming(ticket) or ticket.opened_at != opened or ticket.kind is not TicketKind.COMPLAINT:
        return effects
    if not ctx.policy.snapshots.on:
        return effects  # he writes from another village, which does not ask for more
    if told.pressing is not None:
        effects += _press(ctx, ticket, told.pressing)
    missing = _missing(ctx, ticket, told, meaning)
    ctx.uow.tickets.record(ticket, ASKED, at=ctx.now, actor_id=person.id, data={"missing": missing})
    if not missing:
        return effects
    question = ctx.say("snap.ask", number=ticket.number, missing=in_words(ctx.setting, missing))
    due = ctx.now + timedelta(minutes=ctx.policy.snapshots.answer_minutes)
    looks: list[Effect] = [Remind(SNAPSHOT, ticket.id, ASKED, due)]
    first = effects[0]
    if ctx.room is None and isinstance(first, Tell):
        return [replace(first, text=f"{first.text}\n{question}"), *effects[1:], *looks]
    if isinstance(first, Say) and not ctx.reachable(person):
        return [replace(first, text=f"{first.text}{question}"), *effects[1:], *looks]
    return [*effects, reply_in_private(ctx, question, ticket), *looks]


def _heard_aside(ctx: Context, effects: Sequence[Effect]) -> list[Effect]:
    """Violence at home, said to the bot in the group: a line to whoever said it that tells nothing of it, else none."""
    me = ctx.me()
    if not ctx.reachable(me):
        return []
    told = any(isinstance(one, Tell) and one.person_id != me.id for one in effects)
    text = ctx.say("snap.heard_told" if told else "snap.heard")
    return [Tell(me.id, PostKind.REPLY, text)]


def answered(ctx: Context) -> list[Effect] | None:
    """A private sentence, picture or place that completes a snapshot; None: it says something else."""
    ticket, missing = _pending(ctx)
    if ticket is None:
        return None
    ctx = ctx.of(ticket)
    text = ctx.message.text.strip()[:LONGEST] if not ctx.args.text else ctx.args.text[:LONGEST]
    meaning = ctx.setting.understand(text)
    told = _read(ctx, text, meaning, understood_too=TYPE in missing, asked=bool(ctx.quoted))
    if text and _is_another_matter(ticket, missing, meaning, told):
        return None
    if told.place is None and ctx.message.place:
        told.place = ctx.message.place
    if told.place is None and PLACE in missing and meaning.band is Band.IGNORE and _is_where(ctx, ticket, told.left):
        told.place, told.left = told.left, ""
    pictured = _has_picture(ctx.message)
    filled = [name for name in missing if _gives(told, name)]
    if not filled:
        return _pictured(ctx, ticket, missing) if pictured else None
    return _completed(ctx, ticket, told, [name for name in missing if name not in filled], text)


def _is_where(ctx: Context, ticket: Ticket, words: str) -> bool:
    """Whether words that name no known place are one all the same; what else somebody says in private is none."""
    return is_place(words) or (may_be_place(words) and to_ticket(ctx, ticket.id))


def _pictured(ctx: Context, ticket: Ticket, missing: list[str]) -> list[Effect]:
    """One more picture; only the first is confirmed."""
    me, count = ctx.me(), sum(one.kind is AttachmentKind.IMAGE for one in ctx.message.attachments)
    first = not any(event.data.get("pictures") for event in ctx.uow.tickets.events(ticket.id))
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=me.id, data={"pictures": count})
    ctx.uow.tickets.record(ticket, ASKED, at=ctx.now, actor_id=me.id, data={"missing": missing})
    kept = hold(ctx, ticket, (ctx.message,), me, SourceRole.UPDATE)
    said = ctx.say("handle.pictured", number=ticket.number)
    return [reply_in_private(ctx, said, ticket), *kept] if first else kept


def _completed(ctx: Context, ticket: Ticket, told: Told, left: list[str], text: str) -> list[Effect]:
    """The same ticket knows more from now on; who said it and who sees to it hear so once."""
    me, effects = ctx.me(), list[Effect]()
    if told.place is not None:
        ticket.place = short(told.place, 60)
    if told.category is not None and told.category != ticket.category:
        ticket.category = told.category
        effects += recount(ctx, ticket)
    if told.category is not None:
        ticket.flags = [flag for flag in ticket.flags if flag != UNREAD]
    if told.pressing is not None:
        effects += _press(ctx, ticket, told.pressing)
    if ticket.title == ctx.say("snap.title") and (told.category is not None or len(told.left) > SHORT_PLACE):
        ticket.title = short(text, TITLE_LENGTH)
    pictures = sum(one.kind is AttachmentKind.IMAGE for one in ctx.message.attachments)
    data: dict[str, object] = {"pictures": pictures} if pictures else {}
    ctx.uow.tickets.record(ticket, "updated", at=ctx.now, actor_id=me.id, words=text, data=data)
    ctx.uow.tickets.record(ticket, ASKED, at=ctx.now, actor_id=me.id, data={"missing": left})
    effects += hold(ctx, ticket, (ctx.message,), me, SourceRole.UPDATE)
    label, place = ctx.label(ticket, group=False), ticket.place or ctx.say("name.no_place")
    assert ticket.solve_by is not None
    answer = ctx.say(
        "snap.more" if left else "snap.complete",
        label=label,
        place=place,
        at=ctx.setting.moment(ticket.solve_by),
        missing=in_words(ctx.setting, left),
        number=ticket.number,
    )
    handler = ctx.handler(ticket)
    new = told.place or told.category or (told.pressing is not None and told.pressing.solve_days)
    if new and (handler is None or handler.id != me.id):
        more = ctx.say("snap.told", label=label, place=place, at=ctx.setting.moment(ticket.solve_by))
        effects.append(tell(handler, PostKind.NOTICE, more, ticket))
    return [reply_in_private(ctx, answer, ticket), *effects]


def _pending(ctx: Context) -> tuple[Ticket | None, list[str]]:
    """The ticket about which the speaker was asked a short while ago, and what is still missing."""
    person = ctx.known_me()
    minutes = [one.policy.snapshots.answer_minutes for one in (ctx.setting, *ctx.packs) if one.policy.snapshots.on]
    if not minutes or person is None:
        return None, []
    event = ctx.uow.tickets.last_step(person.id, (ASKED,), ctx.now - timedelta(minutes=max(minutes)))
    if event is None:
        return None, []
    ticket = ctx.uow.unions.end_of(ctx.uow.tickets.get(event.ticket_id))
    if ctx.ended(ticket) or ticket.status in FINISHED:
        return None, []
    return ticket, still(ticket, event.data["missing"])


def _is_another_matter(ticket: Ticket, missing: Sequence[str], meaning: Understanding, told: Told) -> bool:
    """Whether the words are a matter of their own: something that cannot wait, or plainly something else."""
    if meaning.urgency is Urgency.EMERGENCY or meaning.flags:
        return True
    if meaning.band is not Band.ACT or TYPE in missing:
        return False
    return meaning.category != ticket.category and told.category is None


# -- what words say -------------------------------------------------------------------------------


def _read(ctx: Context, text: str, meaning: Understanding, *, understood_too: bool = True, asked: bool = True) -> Told:
    """What the words say; understood_too: also what they are about, where no type is named. asked: they were said of
    the report; if not, a type or a degree counts only where it stands by itself (紧急联系人是谁 says none)."""
    told, left = Told(), []
    for part in filter(None, _PARTS.split(text)):
        chosen = asked or is_choice(part)
        pressing, category = (_pressing(ctx, part), _type(ctx, part)) if chosen else (None, None)
        place = ctx.setting.understand(part).place
        told.pressing = told.pressing or pressing
        told.category = told.category or category
        told.place = told.place or place
        if pressing is None and not (category is not None and len(part) <= 6):
            left.append(part)
    told.left = "，".join(left)
    told.place = meaning.place or told.place
    if told.category is None and understood_too and meaning.kind is Kind.COMPLAINT:
        told.category = None if meaning.category.endswith("_other") else meaning.category
    return told


def _type(ctx: Context, part: str) -> str | None:
    """The category of a service type that is named, by the pack's words or by its own name."""
    for service in ctx.policy.snapshots.types:
        if any(word in part for word in (service.name, *service.words)):
            return service.category
    found = ctx.setting.taxonomy.find(part)
    return found.code if found is not None and found.kind is Kind.COMPLAINT else None


def _pressing(ctx: Context, part: str) -> Pressing | None:
    """紧急, 很急, 不急: the degree of the pack that is named."""
    degrees = ctx.policy.snapshots.urgencies
    if re.search(r"不(?:太|是很|怎么|着)?急", part):
        return degrees[0]
    named = [one for one in degrees if one.name in part]
    if named:
        return max(named, key=lambda one: len(one.name))
    if len(part) <= 6 and re.search(r"特急|很急|急死|马上|立刻", part):
        return degrees[-1]
    return degrees[min(1, len(degrees) - 1)] if re.fullmatch(r"[有挺比较]{0,2}急(?:的|件)?", part) else None


def _gives(told: Told, name: str) -> bool:
    return {PLACE: told.place, TYPE: told.category, URGENCY: told.pressing}[name] is not None


def _missing(ctx: Context, ticket: Ticket, told: Told, meaning: Understanding) -> list[str]:
    known = {
        PLACE: ticket.place is not None,
        TYPE: not ticket.category.endswith("_other"),
        URGENCY: told.pressing is not None or meaning.urgency is not Urgency.NORMAL,
    }
    return [name for name in ctx.policy.snapshots.ask if not known[name]]


def _press(ctx: Context, ticket: Ticket, pressing: Pressing) -> list[Effect]:
    """The deadline of that degree, where it is earlier than that of the category."""
    if not pressing.solve_days:
        return []
    ticket.urgency = Urgency.HIGH.value
    due = ctx.policy.working.add(ticket.opened_at, ctx.policy.working.days(pressing.solve_days))
    if ticket.solve_by is not None and ticket.solve_by <= due:
        return []
    ticket.solve_by = due
    return replan(ctx, ticket)


# -- pictures around it ---------------------------------------------------------------------------


def _has_picture(message: Message) -> bool:
    return any(one.kind is AttachmentKind.IMAGE for one in message.attachments)


def _just_before(ctx: Context) -> tuple[Message, ...]:
    """What the speaker sent right before it: pictures and a place that belong to nothing yet; what he quotes of his."""
    lately = ctx.lately()
    quote = ctx.message.quote
    found = None if quote is None or quote.id is None else ctx.recall(quote.id)
    if found is not None and found.message.sender == ctx.message.sender:
        lately = [*lately, found]
    said = {one.message.id: one for one in lately if one.utterance.held is None}
    bare = [one.message for one in said.values() if not one.message.text.strip() or one is found]
    return tuple(message for message in bare if _has_picture(message) or message.place)
