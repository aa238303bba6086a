"""Duty lists: who is told first of an emergency."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from models.tables import Duty, GridNode, Person


class Duties:
    """Reads and writes of duty lists within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def at(self, node: GridNode) -> list[Person]:
        """The list of exactly this node, in order."""
        query = (
            select(Person)
            .join(Duty, col(Duty.person_id) == col(Person.id))
            .where(Duty.node_id == node.id, col(Person.erased_at).is_(None))
            .order_by(col(Duty.position))
        )
        return list(self._session.exec(query).all())

    def put(self, node: GridNode, people: Sequence[Person]) -> None:
        """The list of the node is this one from now on; an empty one is none."""
        assert node.id is not None
        self._session.exec(delete(Duty).where(col(Duty.node_id) == node.id))
        self._session.add_all(
            Duty(node_id=node.id, position=position, person_id=person.id) for position, person in enumerate(people)
        )
        self._session.flush()
