"""A pack that has everything that only some towns have, so that what is switched off elsewhere is tried too."""

from handlers.policy import load_policy
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy
from handlers.policy.patrols import PATROLLING
from handlers.policy.points import Boards, GridScore, Hazards, PointRule, Points, RedBlack
from handlers.policy.teams import TeamRule, Teams
from handlers.policy.visits import VISITORS
from models.codes import STAFF, NodeLevel, PointKind, Role, Team


def everything() -> Policy:
    """The default pack with each part that may be on switched on, for all roles that may have it."""
    raw = load_policy().model_dump(by_alias=True)
    on = {name: {"on": True} for name, part in raw.items() if isinstance(part, dict) and "on" in part}
    roles = {
        "publications": {"roles": sorted(STAFF)},
        "visits": {"roles": sorted(VISITORS)},
        "patrols": {"roles": sorted(PATROLLING)},
    }
    policy = Policy.model_validate(laid_over(laid_over(raw, on), roles))
    return policy.model_copy(update=_scored())


def _scored() -> dict[str, object]:
    """Points, boards and hazards."""
    leading = (Role.GOVERNOR, Role.MICRO_LEADER, Role.GRID_LEADER, Role.SECRETARY, Role.VILLAGE, Role.TOWN)
    leading += (Role.DISTRICT, Role.HEAD, Role.ADMIN)
    rules = {kind.value: PointRule(name=kind.value[:12], points=2) for kind in PointKind}
    boards = Boards(
        grids=GridScore(level=NodeLevel.VILLAGE, weights={"handling": 50, "petition": 50}, per_case={"petition": 10}),
        companies=RedBlack(weights={"on_time": 100}),
    )
    return {
        "points": Points(rules=rules, adjust_roles=leading, public=True),
        "boards": boards,
        "hazards": Hazards(categories=("plumbing",)),
        "teams": Teams(named=(TeamRule(team=Team.RED, name="红色队", words=("红",), roles=(Role.PARTY_MEMBER,)),)),
    }
