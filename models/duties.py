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

    def hand_over(self, old: Person, new: Person) -> list[int]:
        """New stands wherever old stood, once a list; returns the ids of those nodes."""
        rows = self._session.exec(select(Duty).where(Duty.person_id == old.id).order_by(col(Duty.node_id))).all()
        for row in rows:
            there = select(Duty).where(Duty.node_id == row.node_id, Duty.person_id == new.id)
            if self._session.exec(there).first() is None:
                row.person_id = new.id
            else:
                self._session.delete(row)
        self._session.flush()
        return [row.node_id for row in rows]

    def nodes_of(self, person_id: str) -> list[int]:
        """Ids of the nodes on whose list the person stands."""
        return list(self._session.exec(select(Duty.node_id).where(Duty.person_id == person_id)).all())

    def put(self, node: GridNode, people: Sequence[Person]) -> None:
        """The list of the node is this one from now on; an empty one is none."""
        assert node.id is not None
        self._session.exec(delete(Duty).where(col(Duty.node_id) == node.id))
        self._session.add_all(
            Duty(node_id=node.id, position=position, person_id=person.id) for position, person in enumerate(people)
        )
        self._session.flush()
