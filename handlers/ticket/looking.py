"""Looking up and correcting tickets: 查, 我的, 改, 撤回."""

from collections.abc import Sequence

from handlers.alarm.alarms import is_alarming
from handlers.answering import in_group, reply, reply_in_private, tell_withdrawn, unsay
from handlers.clockwork.scoped import beside_others
from handlers.context import Context
from handlers.discreet.accused import is_accused
from handlers.discreet.erasing import erase_at_end
from handlers.discreet.wordless import wordless
from handlers.dispute import disputes
from handlers.effects import Effect, Tell
from handlers.people import reach
from handlers.people.told_to import told_to
from handlers.record import published, publishing, vote_results
from handlers.ticket import course, said, steps, waiting
from handlers.ticket.changing import change_kind, kind_named, recategorise
from handlers.ticket.evaluation import untouchable
from handlers.ticket.pictures import shown as shown_pictures
from handlers.ticket.rewording import begin_apart, belongs_apart, is_no_place, place_in, reword
from handlers.ticket.routing import in_hands_of
from handlers.wish import nameless, offering
from handlers.wish.helpers import count_of, names_of
from models.codes import STAFF, PostKind, Status, TicketKind
from models.masking import mask, short
from models.states import FINISHED, Move
from models.ticket_tables import Ticket

MINE_LENGTH = 20


def show(ctx: Context) -> list[Effect]:
    """查 N: where the ticket stands: one line in a group, its last steps in private, all of them for 全程."""
    if found := published.mentioned(ctx):
        return published.shown(ctx, found[0])
    if (vote := vote_results.mentioned(ctx)) is not None:
        return vote_results.shown(ctx, vote)
    ticket = ctx.find(follow=False)
    group = in_group(ctx)
    if ctx.args.rest and not group and ctx.roles(ctx.node_of(ticket)) & STAFF:
        return course.show(ctx)
    masked = group or not ctx.may_read(ticket)
    if ticket.merged_into is not None:
        into = ctx.uow.unions.end_of(ticket)
        label = ctx.label(into, group=group or not ctx.may_read(into))
        text = ctx.say("show.merged", number=ticket.number, into=label, status=ctx.status(into))
        return [reply(ctx, text, ticket, into)]
    names = names_of(ctx, ticket) or in_hands_of(ctx, ticket)
    name = ctx.say("show.handler", name=names) if names else ""
    due, status = _due(ctx, ticket), ctx.status(ticket)
    if group:
        label = ctx.label(ticket, group=True)
        return [reply(ctx, ctx.say("show.line", label=label, status=status, handler=name, due=due), ticket)]
    pictures, sent = ("", []) if masked else shown_pictures(ctx, ticket)
    text = ctx.say(
        "show.ticket",
        label=ctx.label(ticket, group=masked),
        kind=ctx.say(f"kind.{ticket.kind.value}"),
        status=status + _step(ctx, ticket),
        place=_place(ctx, ticket, masked=masked),
        handler=name,
        due=due,
        pictures=pictures,
        steps=said.steps(ctx, ticket, every=ctx.args.rest),
    )
    return [reply(ctx, text, ticket), *sent]


def _step(ctx: Context, ticket: Ticket) -> str:
    """The step of its route that it has reached, where the policy names it."""
    if ctx.ended(ticket):
        return ""
    step = steps.current(ctx.uow, ctx.policy.routing, ticket)
    name = "" if step is None else steps.title(ctx.setting.words, step)
    return ctx.say("name.step", step=name) if name else ""


def _place(ctx: Context, ticket: Ticket, *, masked: bool) -> str:
    if not ticket.place or (masked and wordless(ticket)):
        return ""
    return ctx.say("show.place", place=mask(ticket.place) if masked else ticket.place)


def _due(ctx: Context, ticket: Ticket) -> str:
    if ctx.ended(ticket) or ticket.status in FINISHED or ticket.solve_by is None:
        return ""
    if ticket.waiting_since is not None:
        if ticket.waiting_for is None:
            return ctx.say("show.waiting", reason=ctx.say("name.no_reason"))
        reason = waiting.shown(ctx, ticket)
        return ctx.say("show.waiting", reason=reason) if reason else ctx.say("show.waiting_quietly")
    key = "show.overdue" if ticket.solve_by < ctx.now else "show.due"
    return ctx.say(key, at=ctx.setting.moment(ticket.solve_by))


def mine(ctx: Context) -> list[Effect]:
    """我的: what the speaker asked for, claimed or has to handle, given to him or told to him; to him alone."""
    person = ctx.me()
    aloud = in_group(ctx) and not ctx.reachable(person)
    found = {ticket.id: ticket for ticket in ctx.uow.tickets.of_person(person.id)}
    companies = [one.id for one in ctx.uow.organisations.of_person(person.id) if one.id is not None]
    if companies:
        found |= {ticket.id: ticket for ticket in ctx.uow.tickets.of_organisations(companies, MINE_LENGTH)}
    tickets = [ticket for ticket in found.values() if not (aloud and ticket.private)]
    if not ctx.roles_paused:
        people = {person.id, *ctx.uow.deputies.principals(person.id, ctx.now)}
        told = told_to(ctx.uow, ctx.policy.routing, people)
        tickets += [one for one in told if one.id not in found and not (aloud and one.private)]
    if ctx.roles_paused:
        tickets = [ticket for ticket in tickets if ctx.is_requester(ticket)]
    tickets = [ticket for ticket in tickets if not ctx.is_spoken_of(ticket)]
    if not tickets:
        return [reply_in_private(ctx, ctx.say("mine.empty"), or_here=True)]
    shown = tickets[:MINE_LENGTH]
    lines = [
        ctx.say("mine.line", label=beside_others(ctx.uow, label, t, shown), status=ctx.status(t))
        for t in shown
        for label in (ctx.label(t, group=aloud or not ctx.may_read(t)),)
    ]
    text = ctx.say("mine.head", lines="\n".join(lines), count=len(tickets))
    return [reply_in_private(ctx, text, *shown, or_here=True)]


def amend(ctx: Context) -> list[Effect]:
    """改 N 地点|类别|内容|类型|人数|匿名 …: by whoever asked for it, or by staff; what kind it is, by staff."""
    ticket = ctx.find()
    # Whoever solves it for an organisation does not decide by which deadline.
    own = ctx.is_requester(ticket) or (ctx.is_mine(ticket) and ticket.organisation_id is None)
    own = own and ctx.may_read(ticket)
    if not (own or ctx.works_on(ticket)):
        raise ctx.refuse("refuse.not_yours", number=ticket.number)
    if ctx.ended(ticket):
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    field, _, value = _field(ctx)
    if not value and field not in ("匿名", "人数"):
        raise ctx.refuse("refuse.amend_how", number=ticket.number)
    me = ctx.me()
    word, _, rest = value.partition(" ")
    if field == "类型" and (kind := kind_named(ctx, word)) is not None:
        if kind is TicketKind.DISPUTE and disputes.others_ask(ctx, ticket) and not is_alarming(ticket):
            return disputes.turn_kind(ctx, ticket, rest.strip())
        return change_kind(ctx, ticket, kind, rest.strip())
    field = "类别" if field == "类型" else field
    if field == "地点" and is_no_place(ctx, value):
        field = "内容"
    if field == "内容" and belongs_apart(ctx, ticket, value):
        return begin_apart(ctx, ticket, value)
    effects: list[Effect] = []
    looks: list[Effect] = []
    match field:
        case "地点":
            ticket.place = short(place_in(ctx, ticket, value), 60)
        case "类别":
            looks = recategorise(ctx, ticket, value)
        case "内容":
            effects = reword(ctx, ticket, value)
            effects += _tell_anew(ctx, ticket, effects)
        case "人数":
            value = ctx.say("amend.people", count=_want(ctx, ticket, value))
            if ctx.uow.wishes.free_seats(ticket):
                effects = offering.put_on_list(ctx.uow, ctx.setting, ticket, ctx.now, keep=True)
        case "匿名":
            _leave_unnamed(ctx, ticket)
    ctx.uow.tickets.record(
        ticket,
        "amended",
        at=ctx.now,
        actor_id=me.id,
        words=value if field in ("地点", "内容") else "",
        data={"field": field, "category": ticket.category},
    )
    if field == "匿名":
        return [reply(ctx, ctx.say("amend.nameless", number=ticket.number), ticket)]
    if in_group(ctx) and ticket.private:
        silent = untouchable(ticket)  # somebody else may hold the phone
        neutral = ctx.say("amend.done_quietly", number=ticket.number, field=field)
        return [*([] if silent else [reply_in_private(ctx, neutral, ticket)]), *looks, *effects]
    quietly = in_group(ctx) and wordless(ticket)
    shown = short(mask(value) if in_group(ctx) else value, 60)
    text = ctx.say("amend.done_quietly" if quietly else "amend.done", number=ticket.number, field=field, value=shown)
    if looks and not quietly and ticket.solve_by is not None:
        key = "amend.overdue" if ticket.solve_by <= ctx.now else "amend.due"
        text += ctx.say(key, at=ctx.setting.moment(ticket.solve_by))
    if field == "内容" and ticket.status is Status.PROPOSED:
        text += ctx.say("amend.asked_again")
    return [reply(ctx, text, ticket), *looks, *effects]


def _tell_anew(ctx: Context, ticket: Ticket, said: Sequence[Effect]) -> list[Effect]:
    """Whoever has it hears that its words are others now, unless he is told by what follows from them."""
    handler = None if ticket.status is Status.PROPOSED or _is_offered(ticket) else ctx.handler(ticket)
    if handler is None or handler.id == ctx.me().id or is_accused(ctx.uow, ticket, handler.id):
        return []
    if any(isinstance(one, Tell) and one.person_id == handler.id for one in said):
        return []
    text = ctx.say("tell.reworded", label=ctx.label_to(ticket, handler), number=ticket.number, name=ctx.my_name)
    line = Tell(handler.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id)
    return reach.told_too(ctx.uow, ctx.setting, ticket, handler, line)


def _is_offered(ticket: Ticket) -> bool:
    """Whether it is a wish that nobody has claimed: whoever looks for one reads it as it stands."""
    return ticket.kind is TicketKind.WISH and ticket.handler_id is None


def _field(ctx: Context) -> tuple[str, str, str]:
    text = ctx.args.text.strip()
    for field, spellings in {
        "地点": ("地点", "位置", "地址"),
        "类别": ("类别", "分类"),
        "类型": ("类型", "种类"),
        "内容": ("内容", "描述"),
        "人数": ("人数", "需要", "要"),
        "匿名": ("匿名", "不公开姓名", "不写名字", "隐去姓名"),
    }.items():
        for spelling in spellings:
            if text.startswith(spelling):
                return field, spelling, text[len(spelling) :].strip(" ,，:：为成")
    return "", "", ""


def _want(ctx: Context, wish: Ticket, value: str) -> int:
    """So many may claim the wish from now on; not fewer than do already."""
    _require_wish(ctx, wish)
    count, most = count_of(value), ctx.policy.wishes.most_helpers
    if not count or count > most:
        raise ctx.refuse("refuse.how_many", number=wish.number, most=most)
    live = len(ctx.uow.wishes.live(wish.id))
    if count < live:
        raise ctx.refuse("refuse.fewer", number=wish.number, count=live)
    wish.helpers_wanted = count
    return count


def _leave_unnamed(ctx: Context, wish: Ticket) -> None:
    _require_wish(ctx, wish)
    people = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(wish.id)]
    nameless.hide(ctx.setting, wish, [ctx.called(person) for person in people])


def _require_wish(ctx: Context, ticket: Ticket) -> None:
    if ticket.kind is not TicketKind.WISH:
        raise ctx.refuse("refuse.wishes_only", number=ticket.number)


def withdraw(ctx: Context) -> list[Effect]:
    """撤回 N: the speaker no longer asks; the last one to leave withdraws the ticket. A publication is taken back."""
    if found := published.mentioned(ctx):
        return publishing.taken_back(ctx, found[0])
    if (vote := vote_results.mentioned(ctx)) is not None:
        return vote_results.cancelled(ctx, vote)
    ticket, me = ctx.find(), ctx.me()
    row = ctx.uow.tickets.requester(ticket.id, me.id)
    if row is None or row.withdrawn_at is not None:
        raise ctx.refuse("refuse.requester_only", number=ticket.number)
    if ctx.ended(ticket):
        raise ctx.refuse("refuse.over", number=ticket.number, status=ctx.status(ticket))
    effects = [reply(ctx, leave(ctx, ticket), ticket), *_tell_of_end(ctx, ticket)]
    return effects + erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)


def leave(ctx: Context, ticket: Ticket) -> str:
    """Take the speaker off the ticket; returns what to answer him."""
    me = ctx.me()
    row = ctx.uow.tickets.requester(ticket.id, me.id)
    assert row is not None
    row.withdrawn_at = ctx.now
    ctx.uow.flush()
    if ctx.uow.tickets.requesters(ticket.id):
        ctx.uow.tickets.record(ticket, "left", at=ctx.now, actor_id=me.id)
        return ctx.say("withdraw.left", number=ticket.number)
    ctx.uow.tickets.move(ticket, Move.WITHDRAW, at=ctx.now, actor_id=me.id, words=ctx.args.text)
    ctx.uow.tickets.end_claim(ticket.id, ctx.now, "withdrawn")
    return ctx.say("withdraw.done", number=ticket.number)


def _tell_of_end(ctx: Context, ticket: Ticket) -> list[Effect]:
    return tell_withdrawn(ctx, ticket, unsay(ctx, ticket)) if ctx.ended(ticket) else []
