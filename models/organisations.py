"""Companies and departments, their people, and who answers for which category where."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, delete, select

from models.codes import OrganisationKind
from models.leaving import AT_ONCE, SUCCESSION, period
from models.organisation_tables import Member, Organisation, Responsible
from models.places import at_or_below
from models.tables import GridNode, Person, Schedule


class Organisations:
    """Reads and writes within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, *, code: str, name: str, kind: OrganisationKind, node: GridNode) -> Organisation:
        """The organisation of that code is this one from now on."""
        assert node.id is not None
        found = self.by_code(code)
        if found is None:
            found = Organisation(code=code, name=name, kind=kind, node_id=node.id)
            self._session.add(found)
        found.name, found.kind, found.node_id = name, kind, node.id
        self._session.flush()
        return found

    def get(self, organisation_id: int) -> Organisation:
        """The organisation with that id, which must exist."""
        found = self._session.get(Organisation, organisation_id)
        if found is None:
            raise LookupError(f"organisation {organisation_id} does not exist")
        return found

    def by_code(self, code: str) -> Organisation | None:
        return self._session.exec(select(Organisation).where(Organisation.code == code)).first()

    def named(self, nodes: Sequence[GridNode], name: str) -> list[Organisation]:
        """Those of that name, else those whose name has it as a part, of the nodes (a place and what is above it)."""
        at = col(Organisation.node_id).in_([node.id for node in nodes])
        found = self._session.exec(select(Organisation).where(at).order_by(col(Organisation.id))).all()
        exact = [one for one in found if one.name == name or one.code == name]
        return exact or [one for one in found if name in one.name]

    def nearest(self, nodes: Sequence[GridNode], kind: OrganisationKind) -> Organisation | None:
        """The one of that kind at the nearest of the nodes that has any; None when it has several."""
        at = col(Organisation.node_id).in_([node.id for node in nodes])
        found = self._session.exec(select(Organisation).where(at, Organisation.kind == kind)).all()
        for node in nodes:
            here = [one for one in found if one.node_id == node.id]
            if here:
                return here[0] if len(here) == 1 else None
        return None

    def around(self, nodes: Sequence[GridNode], path: str) -> list[Organisation]:
        """Those of the node of that path and below, and those of the other nodes given, in order of id."""
        at = col(Organisation.node_id).in_([node.id for node in nodes])
        here = col(Organisation.node_id).in_(select(GridNode.id).where(at_or_below(path)))
        return list(self._session.exec(select(Organisation).where(at | here).order_by(col(Organisation.id))).all())

    def put_members(self, organisation: Organisation, people: Iterable[Person]) -> None:
        """These answer for it from now on, in this order; somebody looks at once at what those leave who did before."""
        assert organisation.id is not None
        people = list(people)
        staying = {person.id for person in people}
        for person in self.members(organisation.id):
            if person.id not in staying:
                named = period(organisation.node_id, organisation.id)
                self._session.add(Schedule(kind=SUCCESSION, subject=person.id, period=named, due_at=AT_ONCE))
        self._session.exec(delete(Member).where(col(Member.organisation_id) == organisation.id))
        self._session.add_all(
            Member(organisation_id=organisation.id, person_id=person.id, position=position)
            for position, person in enumerate(people)
        )
        self._session.flush()

    def members(self, organisation_id: int) -> list[Person]:
        """Who answers for it, in order."""
        query = select(Person).join(Member, col(Member.person_id) == col(Person.id))
        query = query.where(Member.organisation_id == organisation_id, col(Person.erased_at).is_(None))
        return list(self._session.exec(query.order_by(col(Member.position))).all())

    def of_person(self, person_id: str) -> list[Organisation]:
        """What the person answers for."""
        query = select(Organisation).join(Member, col(Member.organisation_id) == col(Organisation.id))
        return list(self._session.exec(query.where(Member.person_id == person_id)).all())

    def put_responsible(
        self, node: GridNode, category: str, *, person: Person | None = None, organisation: Organisation | None = None
    ) -> None:
        """Who is asked first about the category there from now on; neither: nobody in particular."""
        assert node.id is not None
        of = (col(Responsible.node_id) == node.id, col(Responsible.category) == category)
        self._session.exec(delete(Responsible).where(*of))
        if person is not None or organisation is not None:
            self._session.add(
                Responsible(
                    node_id=node.id,
                    category=category,
                    person_id=None if person is None else person.id,
                    organisation_id=None if organisation is None else organisation.id,
                )
            )
        self._session.flush()

    def answered_by(self, person_id: str) -> Sequence[Responsible]:
        """What the person himself is asked first about."""
        return self._session.exec(select(Responsible).where(Responsible.person_id == person_id)).all()

    def release(self, person_id: str, node: GridNode) -> None:
        """The person is asked first about nothing at that node any more."""
        of = (col(Responsible.person_id) == person_id, col(Responsible.node_id) == node.id)
        self._session.exec(delete(Responsible).where(*of))
        self._session.flush()

    def hand_over(self, old: Person, new: Person) -> int:
        """New answers for whatever old did, and in whatever organisations; returns how many that were."""
        asked = self.answered_by(old.id)
        for row in asked:
            row.person_id = new.id
        places = self._session.exec(select(Member).where(Member.person_id == old.id)).all()
        for place in places:
            known = self._session.get(Member, (place.organisation_id, new.id))
            if known is None:
                same = Member(organisation_id=place.organisation_id, person_id=new.id, position=place.position)
                self._session.add(same)
            self._session.delete(place)
        self._session.flush()
        return len(asked) + len(places)

    def responsible(self, nodes: Sequence[GridNode], category: str) -> Responsible | None:
        """Who is asked first about the category: of the nearest of the nodes (nearest first) that names anybody."""
        query = select(Responsible).where(
            Responsible.category == category, col(Responsible.node_id).in_([node.id for node in nodes])
        )
        found = {row.node_id: row for row in self._session.exec(query).all()}
        return next((found[node.id] for node in nodes if node.id in found), None)
