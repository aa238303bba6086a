"""The record of a dispute: what is filled in, what is known without asking, what is missing at 办结."""

import re
from dataclasses import replace

from handlers.context import Context
from handlers.dispute.record_values import field_name, success_of, value_of
from models.codes import RecordField, Status
from models.disputes import CODED
from models.states import ENDED
from models.ticket_tables import Ticket
from nlp.understanding import Flag

F = RecordField

_LATER = frozenset({F.REVIEWED_ON, F.REVIEW})
"""What can only be said when the dispute is over: nobody is asked for it at 办结."""


def write(ctx: Context, ticket: Ticket, field: RecordField, said: str) -> None:
    """Fill in a field with what was said. Raises Refusal."""
    ctx.uow.disputes.put(ticket, field, value_of(ctx, ticket, field, said), at=ctx.now, by=ctx.me().id)


def record_of(ctx: Context, ticket: Ticket) -> dict[RecordField, str | int | bool]:
    """What was filled in, and what the ticket says by itself, in the order of the fields."""
    handler = ctx.handler(ticket)
    known: dict[RecordField, str | int | bool | None] = {
        F.TYPE: ctx.category(ticket.category),
        F.PLACE: ticket.place,
        F.RESPONSIBLE: None if handler is None else ctx.called(handler),
    }
    if ticket.solve_by is not None:
        known[F.DEADLINE] = ticket.solve_by.astimezone(ctx.policy.zone).date().isoformat()
    values = {**known, **ctx.uow.disputes.values(ticket)}
    return {field: value for field in F if (value := values.get(field)) is not None}


def outcome_noted(ctx: Context, ticket: Ticket) -> Context:
    """办结 12 人民调解 成功 双方签了字: method and outcome go into the record, the rest stays what was done.

    Raises Refusal when the policy requires something that nobody has filled in.
    """
    words = ctx.args.text
    while (taken := _leading(ctx, words)) is not None:
        field, said, words = taken
        write(ctx, ticket, field, said)
    lacking = [field for field in ctx.policy.disputes.require if field not in record_of(ctx, ticket)]
    if lacking:
        raise ctx.refuse(
            "refuse.settle_first",
            number=ticket.number,
            fields="、".join(field_name(ctx, field) for field in lacking),
            example=_example(ctx, ticket, lacking),
        )
    ctx.uow.disputes.settle(ticket, ctx.now)
    return replace(ctx, args=replace(ctx.args, text=words))


def unfilled(ctx: Context, ticket: Ticket) -> list[RecordField]:
    """What nobody has filled in yet and somebody could."""
    filled = record_of(ctx, ticket)
    if ticket.status in ENDED and ticket.status is not Status.CLOSED:
        return []
    return [field for field in F if field not in filled and field not in _LATER | unwritable(ticket)]


def unwritable(ticket: Ticket) -> frozenset[RecordField]:
    """The fields whose words are not kept any more: of a matter of health or of children that has ended."""
    sensitive = {Flag.HEALTH.value, Flag.MINOR.value} & set(ticket.flags)
    return frozenset(F) - CODED if sensitive and ticket.status in ENDED else frozenset()


def missing(ctx: Context, ticket: Ticket) -> str:
    """A line that names what nobody has filled in yet; "" when nothing is missing."""
    lacking = unfilled(ctx, ticket)
    if not lacking:
        return ""
    names = "、".join(field_name(ctx, field) for field in lacking)
    first = F.METHOD if F.METHOD in lacking else lacking[0]
    example = f"{field_name(ctx, first)} {ctx.policy.disputes.methods[0] if first is F.METHOD else '…'}"
    return ctx.say("record.missing", fields=names, number=ticket.number, example=example)


def _leading(ctx: Context, words: str) -> tuple[RecordField, str, str] | None:
    """A method or an outcome with which the words begin, and the words behind it."""
    match = re.match(r"\s*([^\s,，;；。、]+)[\s,，;；。、]*", words)
    if match is None:
        return None
    said, rest = match[1], words[match.end() :]
    if said in ctx.policy.disputes.methods:
        return F.METHOD, said, rest
    outcome = success_of(ctx, said) if len(said) > 1 else None  # 是 begins many sentences
    return None if outcome is None else (F.SUCCEEDED, said, rest)


def _example(ctx: Context, ticket: Ticket, lacking: list[RecordField]) -> str:
    """A line that would do: 办结 for method and outcome, else 记录."""
    if set(lacking) <= {F.METHOD, F.SUCCEEDED}:
        return ctx.say("record.settle", number=ticket.number, method=ctx.policy.disputes.methods[0])
    first = next(field for field in lacking if field not in (F.METHOD, F.SUCCEEDED))
    return ctx.say("record.fill", number=ticket.number, field=field_name(ctx, first))
