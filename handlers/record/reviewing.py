"""What the members of a panel say of a matter, and what comes of it: its requesters are asked, or it goes back."""

from collections.abc import Sequence
from datetime import datetime

from handlers.answering import tell
from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.record import panels
from handlers.record.lasting import rule_of
from handlers.record.panels import AGREED, ASKED, DISAGREED, REVIEW
from handlers.record.voting import quietly
from handlers.setting import Setting
from handlers.ticket.evaluation import ask_requesters, close_rated, restart
from handlers.wish.claims import watch_claim
from models.codes import LEADERS, PostKind, RecordKind, RecordState, TicketKind
from models.masking import mask, short
from models.message import Message
from models.record_tables import Record
from models.states import FINISHED, Move
from models.tables import Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork


def asked_of(ctx: Context, ticket: Ticket) -> Record | None:
    """The last review of the ticket if the speaker has something to do with it, whether he may decide or not."""
    person = ctx.known_me()
    if person is None:
        return None
    for record in ctx.uow.records.about(ticket.id, RecordKind.REVIEW)[:1]:
        assert record.id is not None
        if record.data["leader"] == person.id or ctx.uow.records.entry(record.id, ASKED, person.id) is not None:
            return record
        if panels.sits(ctx.uow, ticket, person.id) and person.id in panels.barred(ctx.uow, ticket):
            return record
        leads = bool(ctx.roles(ctx.node_of(ticket)) & set(LEADERS)) and ticket.kind is not TicketKind.WISH
        if record.state is RecordState.OPEN and leads:
            return record
    return None


def say(ctx: Context, ticket: Ticket, record: Record, *, agree: bool) -> list[Effect]:
    """同意 N, 不同意 N ‹理由›: the last word of each counts until it is decided."""
    ctx.uow.records.hold(record)
    me, reason = ctx.me(), short(ctx.args.text.strip(), 200)
    if record.state is not RecordState.OPEN or ticket.status not in FINISHED:
        raise ctx.refuse("refuse.review_over", number=ticket.number, panel=record.title)
    if me.id in panels.barred(ctx.uow, ticket):
        raise ctx.refuse("refuse.review_own", number=ticket.number)
    if not agree and not reason:
        raise ctx.refuse("refuse.review_why", number=ticket.number)
    decides = record.data["leader"] == me.id
    if decides and not ctx.roles(ctx.node_of(ticket)) & set(LEADERS):
        raise ctx.refuse("refuse.leader_only")
    if not decides and ctx.uow.records.entry(record.id or 0, ASKED, me.id) is None:
        raise ctx.refuse("refuse.review_not_yet", number=ticket.number, panel=record.title)
    if not decides and not panels.sits(ctx.uow, ticket, me.id):
        raise ctx.refuse("refuse.review_left", panel=record.title)
    value = AGREED if agree else DISAGREED
    data = {"agree": agree, "leader": decides}
    ctx.uow.tickets.record(ticket, "review_said", at=ctx.now, actor_id=me.id, words=reason, data=data)
    assert record.id is not None
    if not decides:
        ctx.uow.records.put(record, ASKED, me.id, at=ctx.now, value=value, text=reason, person_id=me.id)
    else:
        ctx.uow.records.put(record, "leader", me.id, at=ctx.now, value=value, text=reason, person_id=me.id)
    outcome = agree if decides else settled(ctx.uow, ticket, record)
    effects = quietly(
        ctx,
        ctx.say(
            _answer(outcome, by_leader=decides), panel=record.title, number=ticket.number, **_count(ctx.uow, record)
        ),
    )
    return effects if outcome is None else [*effects, *decide(ctx, ticket, record, agreed=outcome, by_leader=decides)]


def _answer(outcome: bool | None, *, by_leader: bool) -> str:
    if outcome is None:
        return "review.noted"
    if by_leader:
        return "review.decided_agreed" if outcome else "review.decided_disagreed"
    return "review.noted_agreed" if outcome else "review.noted_disagreed"


def _count(uow: UnitOfWork, record: Record) -> dict[str, int]:
    agree, against = panels.votes(uow, record)
    return {"agree": agree, "against": against}


def settled(uow: UnitOfWork, ticket: Ticket, record: Record, *, at_the_end: bool = False) -> bool | None:
    """What the panel has decided: by the majority of at least a quorum, once those who are silent cannot change it."""
    agree, against = panels.votes(uow, record)
    if agree + against < record.data["quorum"]:
        return None
    left = 0 if at_the_end else len(panels.silent(uow, ticket, record))
    if agree > against + left:
        return True
    return False if against >= agree + left else None


def decide(ctx: Context, ticket: Ticket, record: Record, *, agreed: bool, by_leader: bool = False) -> list[Effect]:
    """The end of a review. The requester's grade, if he has given one meanwhile, stays his."""
    ctx.uow.records.end(record, ctx.now)
    data = {**_count(ctx.uow, record), "agreed": agreed, "leader": by_leader}
    ctx.uow.tickets.record(ticket, "reviewed", at=ctx.now, actor_id=None, data=data)
    return _passed(ctx, ticket) if agreed else _sent_back(ctx, ticket, record, by_leader=by_leader)


def _passed(ctx: Context, ticket: Ticket) -> list[Effect]:
    rated = [row for row in ctx.uow.tickets.requesters(ticket.id) if row.rating is not None]
    if rated:
        first = min(rated, key=lambda row: (row.rated_at or ctx.now, row.person_id))
        assert first.rating is not None
        return close_rated(ctx, ticket, first, first.rating)
    last = panels.reported(ctx.uow, ticket)
    spoken = None if last is None else ctx.uow.tickets.texts(ticket.id).get(last.seq)
    return ask_requesters(ctx, ticket, "" if spoken is None else spoken.text)


def _sent_back(ctx: Context, ticket: Ticket, record: Record, *, by_leader: bool) -> list[Effect]:
    """Back to whoever has it, at its level, with the reasons; its deadline counts anew."""
    ctx.uow.tickets.move(ticket, Move.SEND_BACK, at=ctx.now, actor_id=None, data={"review": True})
    ticket.reopened += 1
    ticket.finished_at = None
    text = ctx.say(
        "review.sent_back_by_leader" if by_leader else "review.sent_back",
        name=ctx.my_name if by_leader else "",
        panel=record.title,
        label=ctx.label(ticket, group=False),
        reasons=_reasons(ctx, record),
        finish=ctx.setting.finish(ticket),
        number=ticket.number,
        **_count(ctx.uow, record),
    )
    effects: list[Effect] = []
    people: dict[str, Person] = {}
    handler = ctx.handler(ticket)
    if handler is not None:
        people[handler.id] = handler
    if ticket.kind is TicketKind.WISH:
        for live in ctx.uow.wishes.live(ticket.id):
            people[live.person_id] = ctx.uow.people.get(live.person_id)
            effects += watch_claim(ctx, ticket, live)
    told: list[Effect] = [tell(person, PostKind.NOTICE, text, ticket) for person in people.values()]
    return [*told, *effects, *restart(ctx, ticket)]


def _reasons(ctx: Context, record: Record) -> str:
    assert record.id is not None
    entries = [*ctx.uow.records.entries(record.id, ASKED), *ctx.uow.records.entries(record.id, "leader")]
    said = [mask(one.text) for one in entries if one.value == DISAGREED and one.text]
    return "；".join(dict.fromkeys(said)) or ctx.say("name.no_reason")


# -- the clock ------------------------------------------------------------------------------------


def look(uow: UnitOfWork, setting: Setting, record_id: int, period: str, now: datetime) -> list[Effect]:
    """Those who are silent are reminded; at the end the votes given decide, or the leader is asked to."""
    record = uow.records.get(record_id)
    uow.records.hold(record)
    if record.state is not RecordState.OPEN or record.ticket_id is None:
        return []
    ticket = uow.tickets.get(record.ticket_id)
    ctx = _by_clock(uow, setting, ticket, now)
    asked = panels.complete(uow, setting, ticket, record, now)
    if period == "remind":
        return [*asked, *_remind(uow, setting, ticket, record, asked)]
    outcome = settled(uow, ticket, record, at_the_end=True)
    if outcome is not None:
        return decide(ctx, ticket, record, agreed=outcome)
    rule, step = rule_of(record, setting.policy.panels), int(period.removeprefix("due") or 1) + 1
    again = setting.policy.working.add(now, setting.policy.working.days(rule.days))
    reminded = _remind(uow, setting, ticket, record, asked) if period == "due" else []  # then only the leader
    return [
        *asked,
        *reminded,
        *panels.ask_leader(uow, setting, ticket, record),
        Remind(REVIEW, str(record.id), f"due{step}", again),
    ]


def _remind(uow: UnitOfWork, setting: Setting, ticket: Ticket, record: Record, asked: Sequence[Effect]) -> list[Effect]:
    new = {one.person_id for one in asked if isinstance(one, Tell)}
    text = panels.question(setting, ticket, record, "review.remind")
    people = [one.key for one in panels.silent(uow, ticket, record) if one.key not in new]
    return [
        Tell(one, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=tuple(FINISHED))
        for one in people
    ]


def changed(uow: UnitOfWork, setting: Setting, tickets: Sequence[Ticket], now: datetime) -> list[Effect]:
    """The panel has other members: those who are new are asked, and what is settled by that is decided."""
    effects: list[Effect] = []
    for ticket in tickets:
        record = panels.running(uow, ticket)
        if record is None or ticket.status not in FINISHED:
            continue
        here = setting.of(uow, ticket)
        ctx = _by_clock(uow, here, ticket, now)
        effects += panels.complete(uow, here, ticket, record, now)
        outcome = settled(uow, ticket, record)
        if outcome is not None:
            effects += decide(ctx, ticket, record, agreed=outcome)
        elif record.data["leader"] is None and panels.cannot(uow, ticket, record):
            effects += panels.ask_leader(uow, here, ticket, record)
    return effects


def left(uow: UnitOfWork, setting: Setting, person_id: str, now: datetime) -> list[Effect]:
    """Somebody is no member any more: what he was asked about goes to others."""
    records = [uow.records.get(one.record_id) for one in uow.records.entries_of(person_id, ASKED)]
    open_ones = [one for one in records if one.state is RecordState.OPEN and one.ticket_id is not None]
    return changed(uow, setting, [uow.tickets.get(one.ticket_id or "") for one in open_ones], now)


def _by_clock(uow: UnitOfWork, setting: Setting, ticket: Ticket, now: datetime) -> Context:
    """What is decided though nobody speaks: on the account of the ticket's room, else on the first."""
    room = None if ticket.room_id is None else uow.places.room_by_id(ticket.room_id)
    account = uow.places.accounts()[0].name if room is None else room.account
    return Context(Message("", account, None, "", "", now), uow, setting, now)
