"""What nobody has in hand and whoever leads a node has to see to."""

from handlers.setting import Setting
from models.tables import GridNode
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

MOST = 100
"""So many are looked at in one go; what is left over is named by its count."""


def below(uow: UnitOfWork, setting: Setting, node: GridNode, limit: int = MOST) -> list[Ticket]:
    """What was given to nobody at the node and below, and has come past everybody who leads further down.

    That is decided by nodes, of which there are few, so that nothing is read that others have to see to. Where a
    pack names steps, who is in charge of one may sit anywhere: there nothing is left out.
    """
    nodes, lowest = uow.places.below(node.path), dict[int, int]()
    led = {one.path for _, one in uow.people.leading(node.path) if one.id != node.id}
    free = any(one.policy.routing.steps or one.policy.routing.first_heard for one in setting.everywhere)
    for one in nodes:
        assert one.id is not None
        lowest[one.id] = 0 if free else _past(node, one, led)
    return uow.tickets.in_nobodys_hands(lowest, limit)


def _past(node: GridNode, one: GridNode, led: set[str]) -> int:
    """Which level a matter of that place has to have reached to be beyond everybody who leads below the node."""
    parts = [part for part in one.path.split("/") if part]
    own = len([part for part in node.path.split("/") if part])
    for depth in range(own + 1, len(parts) + 1):
        if "/" + "/".join(parts[:depth]) + "/" in led:
            return len(parts) - depth + 1
    return 0
