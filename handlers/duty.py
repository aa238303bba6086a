"""Who is to be told of an emergency, one after the other."""

from models.codes import LEADERS, STAFF
from models.tables import GridNode, Person
from models.uow import UnitOfWork


def on_duty(uow: UnitOfWork, node: GridNode) -> list[Person]:
    """Whom an emergency at the node is told to, in order.

    First the nearest duty list, then those who lead the node, then those who lead each node above
    it. Who has lost his role since he was put on the list is passed over.
    """
    line = uow.places.line(node)
    listed = next((people for above in line if (people := listed_for(uow, above, node))), [])
    leading = [person for above in line for person in uow.people.holders(above, LEADERS)]
    return list({person.id: person for person in (*listed, *leading)}.values())


def listed_for(uow: UnitOfWork, above: GridNode, node: GridNode) -> list[Person]:
    """The list of exactly one node, as far as its people work at a node there or below."""
    return [person for person in uow.duties.at(above) if uow.people.roles_at(person.id, node) & STAFF]
