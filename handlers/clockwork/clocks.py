"""The three clocks of a ticket: until the first word, from word to word, until it is solved.

Each has looks before, at and after its end (reminding.py), planned as schedule rows in the commit that sets the
clock. While a ticket waits (等待) its rows are parked; afterwards they move by the working time waited.
"""

from datetime import datetime, timedelta

from handlers.context import Context
from handlers.effects import Remind
from handlers.policy.pack import Policy
from handlers.ticket import steps
from models.codes import OutgoingState, PostKind, TicketKind
from models.outgoing_tables import Outgoing
from models.states import TERMS
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

TERM = ("respond_near", "respond", "respond_over", "near", "due", "over", "expire")
NEXT = ("next_near", "next", "next_over")
CLAIM = ("claim_remind", "claim_expire", "claim_back")
WAIT = "wait_limit"


def period(ticket: Ticket) -> str:
    """Names the term in force: looks planned before an escalation, a reopening or an extension no longer count."""
    step = "" if ticket.step is None else f".{ticket.step}"
    return f"{ticket.reopened}.{ticket.level}{step}" + ("x" if ticket.extended_days else "")


def next_period(ticket: Ticket) -> str:
    """Names the word that is due next."""
    return "" if ticket.next_by is None else f"{ticket.reopened}.{int(ticket.next_by.timestamp())}"


def term(policy: Policy, ticket: Ticket, now: datetime) -> list[Remind]:
    """The looks at the first word and at the solution."""
    assert ticket.respond_by is not None
    assert ticket.solve_by is not None
    working, rule, named = policy.working, policy.reminders, period(ticket)
    before = max(timedelta(), working.between(now, ticket.solve_by) - timedelta(hours=rule.before_hours))
    looks = [
        ("respond", ticket.respond_by),
        ("respond_over", working.add(ticket.respond_by, timedelta(hours=rule.respond_after_hours))),
        ("near", working.add(now, before)),
        ("due", ticket.solve_by),
        ("over", working.add(ticket.solve_by, timedelta(hours=rule.after_hours))),
    ]
    warned = _warned(policy, now, ticket.respond_by, rule.respond_before_hours)
    if warned is not None:
        looks.append(("respond_near", warned))
    if policy.escalation.expired_hours:
        looks.append(("expire", working.add(ticket.solve_by, timedelta(hours=policy.escalation.expired_hours))))
    return [Remind(kind, ticket.id, named, at) for kind, at in looks]


def is_late(ticket: Ticket, now: datetime) -> bool:
    """Whether the deadline in force had passed when the ticket was finished or began to wait, else by now."""
    stopped = ticket.finished_at or ticket.waiting_since or now
    return ticket.solve_by is not None and ticket.solve_by < stopped


def miss(ticket: Ticket, now: datetime) -> None:
    """To be called before a deadline moves: what was late stays late in the figures (ticket.missed_at), though it has
    a new deadline by which it is reminded of."""
    if ticket.missed_at is None and is_late(ticket, now):
        ticket.missed_at = ticket.solve_by


def forget_looks(uow: UnitOfWork, policy: Policy, ticket: Ticket, now: datetime) -> None:
    """The terms in force count no longer, nor does what was to be said of them; the ticket does not wait any more."""
    miss(ticket, now)
    go_on(uow, policy, ticket, now)
    uow.once.cancel((*TERM, *NEXT), ticket.id)
    ticket.next_by = None
    hush(uow, ticket)


def hush(uow: UnitOfWork, ticket: Ticket) -> None:
    """Drop reminders of the ticket that have not left: somebody has just done something about it."""
    for row in _reminders(uow, ticket):
        row.state, row.error = OutgoingState.DROPPED, "answered"


def hush_for(uow: UnitOfWork, ticket: Ticket, person_id: str) -> None:
    """Drop those for whoever had it: it has changed hands, of which who has it now reads elsewhere.

    What somebody else is to hear, as who is above (督办), stays: nobody has done anything yet.
    """
    for row in _reminders(uow, ticket):
        if row.person_id == person_id:
            row.state, row.error = OutgoingState.DROPPED, "given to another"


def _reminders(uow: UnitOfWork, ticket: Ticket) -> list[Outgoing]:
    """Those about it alone that have not left."""
    rows = uow.outbox.touching(ticket.id, (OutgoingState.PENDING,))
    return [row for row in rows if row.kind is PostKind.REMINDER and row.ticket_ids == [ticket.id]]


def word_given(uow: UnitOfWork, policy: Policy, ticket: Ticket, now: datetime) -> None:
    """Somebody has said how the matter stands: the next word is due so many working days from now.

    None is, where the solution is due before that; wishes have the looks at their claim instead.
    """
    uow.once.cancel(NEXT, ticket.id)
    hush(uow, ticket)
    ticket.next_by = None
    terms = TERMS[ticket.kind]
    if ticket.kind is TicketKind.WISH or ticket.status not in (terms.taken, terms.active):
        return
    step = steps.current(uow, policy.routing, ticket)
    own = None if step is None else step.next_days
    days = policy.deadline(ticket.kind, ticket.category).next_days if own is None else own
    due = policy.working.add(now, policy.working.days(days))
    if ticket.solve_by is None or due >= ticket.solve_by:
        return
    ticket.next_by = due
    rule, named = policy.reminders, next_period(ticket)
    warned = _warned(policy, now, due, rule.next_before_hours)
    looks = [("next", due), ("next_over", policy.working.add(due, timedelta(hours=rule.next_after_hours)))]
    looks += [("next_near", warned)] if warned is not None else []
    for kind, at in looks:
        uow.once.plan(kind, ticket.id, named, at)


def _warned(policy: Policy, now: datetime, due: datetime, hours: float) -> datetime | None:
    """When to warn of a term; None in its first half, where everybody has just been told."""
    whole = policy.working.between(now, due)
    ahead = whole - timedelta(hours=hours)
    return policy.working.add(now, ahead) if hours and ahead >= whole / 2 else None


def stepped(ctx: Context, ticket: Ticket) -> None:
    """受理, 处理: a word was given, and nobody waits any more."""
    go_on(ctx.uow, ctx.policy, ticket, ctx.now)
    word_given(ctx.uow, ctx.policy, ticket, ctx.now)


def stand_still(uow: UnitOfWork, ticket: Ticket, now: datetime, reason: str) -> None:
    """From now on the ticket waits, and no clock of it runs."""
    ticket.waiting_since, ticket.waiting_for = now, reason
    uow.once.park((*TERM, *NEXT, *CLAIM), ticket.id)
    hush(uow, ticket)


def go_on(uow: UnitOfWork, policy: Policy, ticket: Ticket, now: datetime) -> bool:
    """The ticket waits no longer: each of its deadlines moves by the working time waited. False: it did not wait."""
    since = ticket.waiting_since
    if since is None:
        return False
    miss(ticket, now)
    working = policy.working
    waited = working.between(since, now)

    def later(at: datetime) -> datetime:
        # What was over already when the waiting began is over by as much.
        return working.add(max(at, since), waited) if waited else at

    ticket.waiting_since = ticket.waiting_for = None
    if ticket.respond_by is not None and ticket.status is TERMS[ticket.kind].first:
        ticket.respond_by = later(ticket.respond_by)
    if ticket.solve_by is not None and ticket.solve_by > since:
        ticket.solve_by = later(ticket.solve_by)
    before = next_period(ticket)
    if ticket.next_by is not None and ticket.next_by > since:
        ticket.next_by = later(ticket.next_by)
    uow.once.cancel((WAIT,), ticket.id)
    uow.once.resume(TERM, ticket.id, later)
    uow.once.resume(CLAIM, ticket.id, lambda at: at + (now - since))
    uow.once.resume(NEXT, ticket.id, later, renamed=(before, next_period(ticket)))
    return True
