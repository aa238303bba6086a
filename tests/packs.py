"""A policy in which a town has everything, for tests that walk over all commands."""

from handlers.policy import load_policy
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy
from handlers.policy.patrols import PATROLLING
from handlers.policy.visits import VISITORS
from models.codes import STAFF


def everything() -> Policy:
    """The default pack with each part that may be on switched on, for all roles that may have it."""
    raw = load_policy().model_dump(by_alias=True)
    on = {name: {"on": True} for name, part in raw.items() if isinstance(part, dict) and "on" in part}
    roles = {
        "publications": {"roles": sorted(STAFF)},
        "visits": {"roles": sorted(VISITORS)},
        "patrols": {"roles": sorted(PATROLLING)},
    }
    return Policy.model_validate(laid_over(laid_over(raw, on), roles))
