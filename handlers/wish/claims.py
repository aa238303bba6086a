"""The looks at a claim: one that reminds, one that ends it."""

from datetime import timedelta

from handlers.context import Context
from handlers.effects import Effect, Remind
from models.ticket_tables import Claim, Ticket


def claim_period(wish: Ticket, live: Claim) -> str:
    """Names a claim since it began or since the wish was sent back: looks planned before that no longer count."""
    return f"{live.id}.{wish.reopened}"


def watch_claim(ctx: Context, wish: Ticket, live: Claim) -> list[Effect]:
    """The looks at a claim, counted from now."""
    rule, period = ctx.of(wish).policy.claims, claim_period(wish, live)
    return [
        Remind("claim_remind", wish.id, period, ctx.now + timedelta(days=rule.remind_days)),
        Remind("claim_expire", wish.id, period, ctx.now + timedelta(days=rule.expire_days)),
    ]
