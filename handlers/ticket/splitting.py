"""拆分: a part of a matter becomes a ticket of its own; what was merged by mistake comes back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from handlers.alarm.alarms import begin, is_alarming, is_loud
from handlers.answering import masked, reply, tell
from handlers.clockwork.planning import replan
from handlers.context import Context
from handlers.effects import Effect, Remind, Say, Tell
from handlers.talk.opening import Matter, open_ticket, understood
from handlers.ticket.evaluation import silence, untouchable
from handlers.ticket.handling import require_unfinished
from handlers.ticket.uniting import having, require_staff
from handlers.wish import nameless, offering
from handlers.wish.claims import watch_claim
from models.codes import PostKind, Status
from models.message import BOT
from models.states import FINISHED
from models.tables import Person
from models.ticket_tables import Ticket
from nlp.understanding import Band


def split(ctx: Context) -> list[Effect]:
    """拆分 N ‹提出人›, or in a quote of what he said; 拆分 M (or N) alone takes back a merge of the last hours."""
    ticket = _ticket(ctx)
    if ticket.status is Status.MERGED:
        return _bring_back(ctx, ticket)
    require_staff(ctx, ticket)
    people = _people(ctx, ticket)
    if not people:
        fresh = [inside for inside in ctx.uow.unions.inside(ticket.id) if inside.merged_into == ticket.id]
        fresh = [inside for inside in fresh if _is_fresh(ctx, inside)]
        if len(fresh) != 1:
            names = "、".join(f"拆分 {inside.number}" for inside in fresh[:4])
            raise ctx.refuse("refuse.split_which" if fresh else "refuse.split_how", number=ticket.number, names=names)
        return _bring_back(ctx, fresh[0])
    require_unfinished(ctx, ticket)
    asking = [row.person_id for row in ctx.uow.tickets.requesters(ticket.id)]
    for person in people:
        if person.id not in asking:
            raise ctx.refuse("refuse.split_who", number=ticket.number, name=ctx.called(person))
    if len(people) >= len(asking):
        raise ctx.refuse("refuse.split_all", number=ticket.number)
    return _split_off(ctx, ticket, people)


def _ticket(ctx: Context) -> Ticket:
    """The ticket, also one that was merged; without a number what holds the quoted words."""
    quote = ctx.message.quote
    if ctx.args.number is None and not ctx.quoted and quote is not None and quote.id is not None:
        source = ctx.uow.tickets.source(ctx.message.account, quote.id)
        if source is not None and source.ticket_id is not None:
            held = ctx.uow.unions.end_of(ctx.uow.tickets.get(source.ticket_id))
            if ctx.visible(held):
                return held
    return ctx.find(follow=ctx.args.number is None)


def _people(ctx: Context, ticket: Ticket) -> list[Person]:
    """Whom the command names: by @, by the quoted message, by name among those who ask. Raises Refusal."""
    found: dict[str, Person] = {}
    quote = ctx.message.quote
    source = None if quote is None or quote.id is None else ctx.uow.tickets.source(ctx.message.account, quote.id)
    if source is not None and source.ticket_id == ticket.id and source.person_id is not None:
        found[source.person_id] = ctx.uow.people.get(source.person_id)
    for external_id in ctx.message.mentions:
        identity = None if external_id == BOT else ctx.uow.people.identity(ctx.message.account, external_id)
        if identity is not None:
            found[identity.person_id] = ctx.uow.people.get(identity.person_id)
    asking = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(ticket.id)]
    for name in ctx.args.text.replace("、", " ").replace("，", " ").replace(",", " ").replace("和", " ").split():
        same = [person for person in asking if name.lstrip("@") in (person.name, ctx.called(person))]
        if len(same) == 1:
            found[same[0].id] = same[0]
        elif not name.startswith("@"):
            key = "refuse.several" if same else "refuse.split_who"
            raise ctx.refuse(key, number=ticket.number, name=name)
    return list(found.values())


def _split_off(ctx: Context, ticket: Ticket, people: list[Person]) -> list[Effect]:
    """A new ticket with these people, what they said and their pictures."""
    uow, own = ctx.uow, {person.id for person in people}
    held = [ticket, *uow.unions.inside(ticket.id)]
    texts = [word for one in held for _, word in sorted(uow.tickets.texts(one.id).items())]
    words = "，".join(word.text for word in texts if word.author_id in own)
    meaning = ctx.setting.understand(words)
    matter = Matter(
        kind=ticket.kind,
        category=ticket.category,
        text=words or ctx.category(ticket.category),
        node=uow.places.node(ticket.node_id),
        room=None if ticket.room_id is None else uow.places.room_by_id(ticket.room_id),
        requester=people[0],
        band=ticket.band,
        hidden=ticket.private,
        proposed=ticket.status is Status.PROPOSED,
    )
    if meaning.kind.value == ticket.kind.value:
        matter = understood(replace(matter, category=meaning.category), meaning)
    if is_loud(matter):
        matter = replace(matter, band=Band.ASK.value)  # whoever splits it has read it
    off, effects = open_ticket(ctx, matter)
    if ticket.nameless:
        nameless.hide(ctx.setting, off, [ctx.called(person) for person in people])
    uow.unions.split(ticket, off, [person.id for person in people], at=ctx.now, actor_id=ctx.me().id)
    # Who splits it knows; everybody else hears of it as of any new matter.
    if off.status is not Status.PROPOSED:
        effects = [effect for effect in effects if not (isinstance(effect, Tell) and effect.person_id == ctx.me().id)]
    answer = ctx.say("unite.split", label=ctx.label(off, group=masked(ctx, off)), number=ticket.number)
    return [reply(ctx, answer, off), *effects, *_tell(ctx, off, ticket, people, "split_told")]


def _tell(ctx: Context, ticket: Ticket, other: Ticket, people: Sequence[Person], key: str) -> list[Effect]:
    """Those who asked hear under which number their matter goes on; of private ones nothing but the number."""
    if untouchable(ticket):
        return []
    effects: list[Effect] = []
    unreachable: list[Person] = []
    for person in people:
        if person.id == ctx.me().id:
            continue
        if ctx.reachable(person):
            text = ctx.say(f"unite.{key}", label=ctx.label(ticket, group=True), number=other.number)
            effects.append(tell(person, PostKind.NOTICE, text, ticket))
        else:
            unreachable.append(person)
    here = None if ctx.room is None else ctx.room.id
    if unreachable and not ticket.private and ticket.room_id is not None and ticket.room_id != here:
        names = " ".join(f"@{ctx.called(person)}" for person in unreachable)
        names = ctx.say("evaluation.nameless") if ticket.nameless or other.nameless else names
        text = ctx.say(f"unite.{key}", label=ctx.label(ticket, group=True), number=other.number)
        effects.append(Say(ticket.room_id, PostKind.NOTICE, f"{names} {text}", (ticket.id,)))
    return effects


def _is_fresh(ctx: Context, ticket: Ticket) -> bool:
    """Whether it was merged so lately that the merge may be taken back."""
    limit = timedelta(hours=ctx.policy.routing.undo_hours)
    return ticket.closed_at is not None and ctx.now - ticket.closed_at <= limit


def _bring_back(ctx: Context, ticket: Ticket) -> list[Effect]:
    """A wrong merge is taken back: the ticket goes on as it was, with its deadlines and those who asked for it."""
    assert ticket.merged_into is not None
    into = ctx.uow.tickets.get(ticket.merged_into)
    require_staff(ctx, ticket)
    require_staff(ctx, into)
    if not ctx.uow.unions.may_come_back(ticket):
        raise ctx.refuse("refuse.merged", number=ticket.number, into=into.number)
    if not _is_fresh(ctx, ticket):
        hours = f"{ctx.policy.routing.undo_hours:g}"
        raise ctx.refuse("refuse.split_too_late", number=ticket.number, hours=hours, into=into.number)
    if not ctx.uow.unions.still_asking(ticket):
        raise ctx.refuse("refuse.split_nobody", number=ticket.number)
    ctx.uow.unions.restore(ticket, at=ctx.now, actor_id=ctx.me().id)
    people = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(ticket.id)]
    text = ctx.say("unite.back", label=ctx.label(ticket, group=masked(ctx, ticket)), number=into.number)
    return [
        reply(ctx, text, ticket, into),
        *_looks(ctx, ticket),
        *_tell(ctx, ticket, into, people, "back_told"),
        *_tell_handler(ctx, ticket),
    ]


def _looks(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Everything that was to come of it comes again: deadlines, the claim, the question, the emergency."""
    if ticket.status in FINISHED:
        effects: list[Effect] = [silence(ctx, ticket)]
    else:
        effects = replan(ctx, ticket)
    for live in ctx.uow.wishes.live(ticket.id):
        effects += watch_claim(ctx, ticket, live)
    ctx.uow.once.clear({effect.kind for effect in effects if isinstance(effect, Remind)}, ticket.id)
    if ctx.uow.wishes.free_seats(ticket):
        effects += offering.put_on_list(ctx.uow, ctx.setting, ticket, ctx.now)
    if is_alarming(ticket):
        effects += begin(ctx.uow, ctx.setting, ticket, ctx.now, known_to=ctx.me())
    return effects


def _tell_handler(ctx: Context, ticket: Ticket) -> list[Effect]:
    people = [person for person in having(ctx, ticket) if person.id != ctx.me().id]
    finish, effects = ctx.setting.finish(ticket), list[Effect]()
    for person in people:
        label = ctx.label_to(ticket, person)
        text = ctx.say("unite.back_to_handler", label=label, number=ticket.number, finish=finish)
        effects.append(tell(person, PostKind.NOTICE, text, ticket))
    return effects
