"""Asking the requesters how it went, and what their answer does (谁提诉求、向谁反馈、由谁评价)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from handlers.alarm.alarms import is_alarming
from handlers.alarm.recalling import anew
from handlers.answering import announce, in_group, note, reply, tell
from handlers.clockwork import clocks
from handlers.context import Context
from handlers.discreet.discretion import for_group, for_person, is_aloud, kept_back, reason_for
from handlers.discreet.erasing import erase_at_end
from handlers.discreet.wordless import may_be_asked_aloud
from handlers.effects import Effect, Remind, Say, Tell
from handlers.record import panels
from handlers.talk.opening import plan
from handlers.ticket import arriving, charge, steps
from handlers.ticket.routing import level_of, take_from_all
from handlers.wish import offering
from handlers.wish.claims import watch_claim
from handlers.wish.helpers import names_of
from models.codes import STAFF, OutgoingState, PostKind, Rating, Status, TicketKind
from models.masking import short
from models.states import FINISHED, Move
from models.tables import Person
from models.ticket_tables import Requester, Ticket
from models.uow import UnitOfWork
from nlp.understanding import Flag

FED_BACK = "fed_back"
"""The step of a history: to whom the outcome was reported (向谁反馈)."""
_AT_HOME = frozenset({"family"})
_PERILOUS = frozenset({Flag.VIOLENCE.value, Flag.SUICIDE.value, Flag.MINOR.value})
_NEVER = datetime.max.replace(tzinfo=UTC)
_WORST_FIRST = (Rating.DISSATISFIED, Rating.FAIR, Rating.SATISFIED, Rating.CONFIRMED)


def ask_requesters(ctx: Context, ticket: Ticket, note: str) -> list[Effect]:
    """One question to each requester, once for each finishing; and the look at a silent week later.

    Who cannot be written to is asked in one neutral line in the group; about private matters he
    is not asked at all, and about family, violence, minors and suicide nobody is.
    """
    _unask(ctx, ticket)
    ticket.asks += 1
    ticket.rating = None
    last = silence(ctx, ticket)
    if untouchable(ticket):
        return [last]
    effects: list[Effect] = []
    unreachable: dict[int, list[Person]] = {}
    told: list[str] = []
    for row in ctx.uow.tickets.requesters(ticket.id):
        row.rating, row.rated_at = None, None
        person = ctx.uow.people.get(row.person_id)
        if ctx.reachable(person):
            text = question(ctx, ticket, person, note)
            effects.append(tell(person, PostKind.EVALUATION, text, ticket, valid_in=tuple(FINISHED)))
            told.append(person.id)
        elif (room_id := _room_of(ctx, ticket, row)) is not None and may_be_asked_aloud(ticket):
            unreachable.setdefault(room_id, []).append(person)
            told.append(person.id)
    for room_id, people in unreachable.items():
        text = question_in_group(ctx, ticket, people, note)
        effects.append(Say(room_id, PostKind.EVALUATION, text, (ticket.id,)))
    if told and ctx.of(ticket).policy.dossier.on:
        ctx.uow.tickets.record(ticket, FED_BACK, at=ctx.now, actor_id=None, data={"to": told})
    return [*effects, last]


def silence(ctx: Context, ticket: Ticket) -> Remind:
    """The look at a finished matter to which nobody has answered."""
    until = ctx.now + timedelta(days=ctx.of(ticket).policy.evaluation.silence_days)
    return Remind("silence", ticket.id, str(ticket.asks), until)


def _room_of(ctx: Context, ticket: Ticket, row: Requester) -> int | None:
    """The room where somebody asked: of what was merged, not where it was merged into."""
    return ticket.room_id if row.merged_from is None else ctx.uow.tickets.get(row.merged_from).room_id


def _unask(ctx: Context, ticket: Ticket) -> None:
    """Drop the questions about a ticket that wait for the morning: nobody is asked twice, or after it was closed."""
    for row in ctx.uow.outbox.touching(ticket.id, (OutgoingState.PENDING,)):
        if row.kind is PostKind.EVALUATION:
            row.state, row.error = OutgoingState.DROPPED, "no longer true"


def finished(ctx: Context, ticket: Ticket, text: str, more: str = "") -> list[Effect]:
    """The handler reported the matter as done: he is answered and the requesters are asked.

    A group hears one line: who asked there and cannot be written to is asked in the same breath.
    """
    ticket.finished_at = ctx.now
    if panels.wants_review(ctx, ticket, ctx.args.text):
        return _reviewed_first(ctx, ticket, more)
    asked = ask_requesters(ctx, ticket, ctx.args.text)
    here = None if ctx.room is None else ctx.room.id
    heard = any(isinstance(effect, Say) and effect.room_id == here for effect in asked)
    more += kept_back(ctx, ticket, ctx.args.text)
    return asked if heard else [reply(ctx, text + more, ticket), *asked]


def _reviewed_first(ctx: Context, ticket: Ticket, more: str) -> list[Effect]:
    """A panel looks at it before anybody is asked how it went."""
    _unask(ctx, ticket)
    ticket.rating = None
    for row in ctx.uow.tickets.requesters(ticket.id):
        row.rating, row.rated_at = None, None
    begun = panels.begin(ctx, ticket, ctx.args.text)
    label = ctx.label(ticket, group=in_group(ctx))
    text = ctx.say("review.first", label=label, note=note(ctx, ticket), panel=ctx.of(ticket).policy.panels.name)
    return [reply(ctx, text + more, ticket), *begun]


def untouchable(ticket: Ticket) -> bool:
    """Whether not even a neutral line may reach the people of a matter: somebody else may hold the phone."""
    return ticket.private and (ticket.category in _AT_HOME or bool(_PERILOUS & set(ticket.flags)))


def question(ctx: Context, ticket: Ticket, person: Person, note: str) -> str:
    """What one requester is asked in private; about a private matter without a word of it.

    Who only joined what somebody else had said is asked as he would be in the group.
    """
    if ticket.private:
        return ctx.say("evaluation.neutral", number=ticket.number)
    note = for_person(ctx, ticket, person, note)
    return ctx.say(
        "evaluation.private",
        label=ctx.label_to(ticket, person),
        note=ctx.say("name.note", note=short(note, 60)) if note else "",
        number=ticket.number,
    )


def question_in_group(ctx: Context, ticket: Ticket, people: Sequence[Person], note: str) -> str:
    """What those are asked in the group who cannot be written to; without the note, unless it was said in a group."""
    note = for_group(ctx, ticket, note, aloud=is_aloud(ctx))
    return ctx.say(
        "evaluation.group",
        names=_addressed(ctx, ticket, people),
        label=ctx.label(ticket, group=True),
        note=ctx.say("name.note", note=short(note, 60)) if note else "",
        number=ticket.number,
    )


def _addressed(ctx: Context, ticket: Ticket, people: Sequence[Person]) -> str:
    if ticket.nameless:
        return ctx.say("evaluation.nameless")
    return " ".join(f"@{ctx.called(person)}" for person in people)


def satisfied(ctx: Context) -> list[Effect]:
    return _agree(ctx, Rating.SATISFIED)


def fair(ctx: Context) -> list[Effect]:
    return _agree(ctx, Rating.FAIR)


def confirm(ctx: Context) -> list[Effect]:
    return _agree(ctx, Rating.CONFIRMED)


def _agree(ctx: Context, rating: Rating) -> list[Effect]:
    """满意, 一般, 确认: closes a finished matter; after closing it only adds a grade."""
    ticket, row = _asked(ctx)
    if ticket.status not in FINISHED and ticket.status is not Status.CLOSED:
        raise ctx.refuse("refuse.not_finished", number=ticket.number, status=ctx.status(ticket))
    if ticket.status is Status.CLOSED:
        _rate(ctx, ticket, row, rating, ctx.args.text)
        noted = reply(ctx, ctx.say("evaluation.noted", number=ticket.number), ticket)
        return [noted, *erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)]
    review = panels.running(ctx.uow, ticket)
    if review is not None:
        _rate(ctx, ticket, row, rating, ctx.args.text)
        return [reply(ctx, ctx.say("review.rated_first", number=ticket.number, panel=review.title), ticket)]
    _unask(ctx, ticket)
    _rate(ctx, ticket, row, rating)
    effects = close_rated(ctx, ticket, row, rating, ctx.args.text)
    if ctx.room is None or ctx.room.id != ticket.room_id or ticket.private:
        effects.insert(0, reply(ctx, ctx.say("evaluation.thanks", number=ticket.number), ticket))
    return effects


def close_rated(ctx: Context, ticket: Ticket, row: Requester, rating: Rating, words: str = "") -> list[Effect]:
    """The end of a matter with which that requester agreed; its room hears it in one line."""
    own = by_staff(ctx.uow, ticket, row.person_id)
    ctx.uow.tickets.move(ticket, Move.CLOSE, at=ctx.now, actor_id=row.person_id, words=words, data=_grade(rating, own))
    helped = names_of(ctx, ticket)
    ctx.uow.tickets.end_claim(ticket.id, ctx.now, "fulfilled")
    key = "closed.own" if own else "closed.wish" if ticket.kind is TicketKind.WISH else "closed.complaint"
    helper = None if ticket.handler_id is None else ctx.uow.people.get(ticket.handler_id)
    helped = helped or ("" if helper is None or helper.id == row.person_id else ctx.called(helper))
    notice = ctx.say(
        key,
        label=ctx.label(ticket, group=True),
        rating=ctx.say(f"rating.{rating.value}"),
        thanks=ctx.say("closed.thanks", name=helped) if helped else "",
    )
    return announce(ctx, ticket, notice) + erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)


def dissatisfied(ctx: Context) -> list[Effect]:
    """不满意: back to whoever has it, one level up; reopens what closed within the policy's days."""
    ticket, row = _asked(ctx)
    ctx = ctx.of(ticket)
    limit = timedelta(days=ctx.policy.evaluation.reopen_days)
    if ticket.status is Status.CLOSED:
        if ticket.closed_at is not None and ctx.now - ticket.closed_at > limit:
            raise ctx.refuse("refuse.too_late", number=ticket.number, days=int(ctx.policy.evaluation.reopen_days))
        move = Move.REOPEN
    elif ticket.status in FINISHED:
        move = Move.SEND_BACK
    else:
        raise ctx.refuse("refuse.not_finished", number=ticket.number, status=ctx.status(ticket))
    _unask(ctx, ticket)
    _rate(ctx, ticket, row, Rating.DISSATISFIED)
    data = {**_grade(Rating.DISSATISFIED, by_staff(ctx.uow, ticket, row.person_id)), "from_level": ticket.level}
    ctx.uow.tickets.move(ticket, move, at=ctx.now, actor_id=row.person_id, words=ctx.args.text, data=data)
    _leave_who_left(ctx, ticket)
    before = {person.id for person in _in_charge(ctx, ticket)}
    ticket.reopened += 1
    _one_step_up(ctx, ticket)
    clocks.miss(ticket, ctx.now)
    ticket.finished_at = None
    key = "evaluation.sent_back" if _reaches_others(ctx, ticket, before) else "evaluation.sent_back_here"
    effects = [reply(ctx, ctx.say(key, number=ticket.number), ticket)]
    if ticket.kind is TicketKind.WISH:
        effects += _claim_goes_on(ctx, ticket) or _offered_again(ctx, ticket)
    return effects + _tell_those_in_charge(ctx, ticket) + restart(ctx, ticket)


def _leave_who_left(ctx: Context, ticket: Ticket) -> None:
    """Whoever handled it works there no longer: it is in the hands of his organisation, or of whoever leads there."""
    handler = None if ticket.handler_id is None else ctx.uow.people.get(ticket.handler_id)
    if handler is None or ticket.kind is TicketKind.WISH or charge.keeps(ctx.uow, ticket, handler):
        return
    member = charge.next_member(ctx.uow, ticket)
    if member is None:
        take_from_all(ticket)
    else:
        ticket.handler_id = member.id
    heir = ctx.handler(ticket)
    data = {"from": handler.id, "heir": None if heir is None else heir.id}
    ctx.uow.tickets.record(ticket, "handed_up", at=ctx.now, actor_id=None, data=data)


def _one_step_up(ctx: Context, ticket: Ticket) -> None:
    """To the next step of its route at which there is anybody; where levels are steps, to the next level."""
    found = steps.stops(ctx.uow, ctx.of(ticket).policy.routing, ticket)
    if not found:
        ticket.level, ticket.step = ticket.level + 1, None
        return
    ahead = [stop for stop in steps.before(found, ticket) if not stop.step.first]
    to = arriving.choose(ctx.uow, ticket, ahead)
    if to is not None and to.person is not None:
        ticket.level, ticket.step = to.level, to.stop.key


def _claim_goes_on(ctx: Context, wish: Ticket) -> list[Effect]:
    """A wish that was sent back stays with those who claimed it, and their time begins anew."""
    return [effect for live in ctx.uow.wishes.live(wish.id) for effect in watch_claim(ctx, wish, live)]


def _offered_again(ctx: Context, wish: Ticket) -> list[Effect]:
    """Nobody has the wish any more: it goes back on the list."""
    if wish.status is not Status.OPEN:
        ctx.uow.tickets.move(wish, Move.HAND_BACK, at=ctx.now, actor_id=None)
    wish.handler_id = None
    listed = offering.put_on_list(ctx.uow, ctx.setting, wish, ctx.now, anew=True)
    return [*announce(ctx, wish, offering.open_again(ctx.uow, ctx.setting, wish)), *listed]


def _in_charge(ctx: Context, ticket: Ticket) -> list[Person]:
    """Whoever has the ticket (of a wish: everybody who helps) and whoever leads at its level."""
    having = [ctx.handler(ticket), *(ctx.uow.people.get(live.person_id) for live in ctx.uow.wishes.live(ticket.id))]
    people = {person.id: person for person in (*having, *ctx.leaders(ticket)[:1]) if person is not None}
    return list(people.values())


def _reaches_others(ctx: Context, ticket: Ticket, before: set[str]) -> bool:
    """Whether there is somebody above who did not have the ticket before."""
    return any(leader.id not in before for leader in ctx.leaders(ticket)[:1])


def restart(ctx: Context, ticket: Ticket) -> list[Effect]:
    """A new deadline, counted from now, and the looks at it."""
    ctx = ctx.of(ticket)
    at = steps.current(ctx.uow, ctx.policy.routing, ticket) or level_of(ctx, ticket).level
    clocks.forget_looks(ctx.uow, ctx.policy, ticket, ctx.now)
    ticket.respond_by, ticket.solve_by = ctx.policy.due(ctx.now, ticket.kind, ticket.category, at)
    clocks.word_given(ctx.uow, ctx.policy, ticket, ctx.now)
    return plan(ctx, ticket)


def _tell_those_in_charge(ctx: Context, ticket: Ticket) -> list[Effect]:
    key, kind = "tell.sent_back", PostKind.NOTICE
    if ticket.kind is TicketKind.WISH:
        key = "tell.reopened_wish" if ticket.handler_id is None else "tell.sent_back_wish"
    if is_alarming(ticket):
        key, kind = "tell.sent_back_urgently", PostKind.EMERGENCY
    people = _in_charge(ctx, ticket)

    def text(person: Person | None) -> str:
        reason = reason_for(ctx, ticket, person, ctx.args.text)
        return ctx.say(key, label=ctx.label_to(ticket, person), number=ticket.number, reason=reason)

    effects: list[Effect] = [tell(person, kind, text(person), ticket) for person in people]
    # Of an emergency somebody has to say 收到 anew.
    called = anew(ctx.uow, ctx.setting, ticket, ctx.now, told=[person.id for person in people])
    return [*(effects or [Tell(None, kind, text(None), (ticket.id,), room_id=ticket.room_id)]), *called]


def _asked(ctx: Context) -> tuple[Ticket, Requester]:
    """The ticket that the speaker rates, who must have asked for it."""
    ticket = _only_question(ctx) if ctx.args.number is None and not ctx.quoted else ctx.find()
    if ticket.anonymised_at is not None:  # nobody knows any more who asked
        raise ctx.refuse("refuse.too_late", number=ticket.number, days=int(ctx.policy.evaluation.reopen_days))
    person = ctx.known_me()
    row = None if person is None else ctx.uow.tickets.requester(ticket.id, person.id)
    if row is None or row.withdrawn_at is not None:
        key = "refuse.requester_only"
        if ctx.roles(ctx.node_of(ticket)) & STAFF:
            key = "refuse.requester_only_staff"
        raise ctx.refuse(key, number=ticket.number)
    if ctx.ended(ticket) and ticket.status is not Status.CLOSED:
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    if ticket.status is Status.CLOSED and ctx.uow.tickets.events(ticket.id)[-1].kind == Move.HAND_OVER:
        raise ctx.refuse("refuse.handed_over", number=ticket.number)
    return ticket, row


def _only_question(ctx: Context) -> Ticket:
    """The one matter that the speaker was asked about; a number is needed when there are several."""
    person = ctx.known_me()
    open_questions = [
        ticket
        for ticket in (ctx.uow.tickets.of_person(person.id) if person is not None else [])
        if ticket.status in FINISHED and person is not None and _is_asked(ctx, ticket, person)
    ]
    if len(open_questions) != 1:
        raise ctx.refuse("refuse.which_number")
    return open_questions[0]


def _is_asked(ctx: Context, ticket: Ticket, person: Person) -> bool:
    row = ctx.uow.tickets.requester(ticket.id, person.id)
    return row is not None and row.withdrawn_at is None and ctx.visible(ticket)


def _rate(ctx: Context, ticket: Ticket, row: Requester, rating: Rating, words: str = "") -> None:
    """Note one requester's grade; the ticket keeps the worst of what residents said, 未评价 when only those did who see
    to it themselves. words: unless a move keeps them."""
    row.rating, row.rated_at = rating, ctx.now
    ctx.uow.flush()
    rated = [other for other in ctx.uow.tickets.requesters(ticket.id) if other.rating is not None]
    grades = {other.rating for other in rated if not by_staff(ctx.uow, ticket, other.person_id)}
    ticket.rating = next((grade for grade in _WORST_FIRST if grade in grades), Rating.UNRATED)
    own = by_staff(ctx.uow, ticket, row.person_id)
    ctx.uow.tickets.record(ticket, "rated", at=ctx.now, actor_id=row.person_id, words=words, data=_grade(rating, own))


def _grade(rating: Rating, own: bool) -> dict[str, object]:
    """As the history keeps it; own: no resident's."""
    return {"rating": rating.value, "own": True} if own else {"rating": rating.value}


def by_staff(uow: UnitOfWork, ticket: Ticket, person_id: str) -> bool:
    """Whether that person's grade says nothing of residents' satisfaction: he has or had it, or works there."""
    helped = {
        ticket.handler_id,
        *(claim.person_id for claim in uow.wishes.until(ticket.id, ticket.closed_at or _NEVER)),
    }
    if person_id in helped or uow.people.roles_at(person_id, uow.places.node(ticket.node_id)) & STAFF:
        return True
    return ticket.organisation_id in {one.id for one in uow.organisations.of_person(person_id)}
