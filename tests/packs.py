"""A pack that has everything that only some towns have, so that what is switched off elsewhere is tried too."""

from handlers.policy import load_policy
from handlers.policy.pack import Policy
from handlers.policy.points import Boards, GridScore, Hazards, PointRule, Points, RedBlack
from models.codes import NodeLevel, PointKind, Role


def full_policy() -> Policy:
    """The default pack with points, boards and hazards."""
    leading = (Role.GOVERNOR, Role.MICRO_LEADER, Role.GRID_LEADER, Role.SECRETARY, Role.VILLAGE, Role.TOWN)
    leading += (Role.DISTRICT, Role.HEAD, Role.ADMIN)
    rules = {kind.value: PointRule(name=kind.value[:12], points=2) for kind in PointKind}
    boards = Boards(
        grids=GridScore(level=NodeLevel.VILLAGE, weights={"handling": 50, "petition": 50}, per_case={"petition": 10}),
        companies=RedBlack(weights={"on_time": 100}),
    )
    added = {
        "points": Points(rules=rules, adjust_roles=leading, public=True),
        "boards": boards,
        "hazards": Hazards(categories=("plumbing",)),
    }
    return load_policy().model_copy(update=added)
