"""A pack that has everything that only some towns have, so that what is switched off elsewhere is tried too."""

from handlers.policy import load_policy
from handlers.policy.inheriting import laid_over
from handlers.policy.meetings import HOLDING
from handlers.policy.pack import Policy
from handlers.policy.patrols import PATROLLING
from handlers.policy.points import Boards, GridScore, Hazards, PointRule, Points, RedBlack
from handlers.policy.services import Service, ServiceClass, Services
from handlers.policy.visits import VISITORS
from handlers.policy.wishes import WishClass
from models.codes import STAFF, NodeLevel, PointKind, Role


def everything() -> Policy:
    """The default pack with each part that may be on switched on, for all roles that may have it."""
    raw = load_policy().model_dump(by_alias=True)
    on = {name: {"on": True} for name, part in raw.items() if isinstance(part, dict) and "on" in part}
    roles = {
        "publications": {"roles": sorted(STAFF)},
        "visits": {"roles": sorted(VISITORS)},
        "patrols": {"roles": sorted(PATROLLING)},
        "meetings": {"roles": sorted(HOLDING)},
    }
    policy = Policy.model_validate(laid_over(laid_over(raw, on), roles))
    wishes = policy.wishes.model_copy(update={"classes": (WishClass(name="服务代办", categories=("errand",)),)})
    return policy.model_copy(update={**_scored(), **_served(), "wishes": wishes})


def _served() -> dict[str, object]:
    """A menu of services."""
    items = (Service(number=101, name="上门理发"), Service(number=102, name="测试服务"))
    duties = (Service(number=201, name="居住证明"),)
    classes = (
        ServiceClass(name="特色服务", category="wish_other", items=items),
        ServiceClass(name="社区服务", power=True, category="public_service", level=NodeLevel.VILLAGE, items=duties),
    )
    return {"services": Services(on=True, classes=classes)}


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
    }
