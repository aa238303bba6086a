"""People, their identities on accounts, their roles."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, and_, col, delete, or_, select, update

from models.codes import LEADERS, OutgoingState, Role, Team
from models.deputy_tables import Deputy
from models.organisation_tables import Member, Responsible
from models.outbox import OVER, UNSENT, batched
from models.outgoing_tables import Outgoing
from models.places import at_or_below
from models.tables import Duty, GridNode, Identity, OptOut, Person, RoleGrant


class People:
    """Reads and writes of persons, identities and roles within one unit of work."""

    def __init__(self, session: Session, new_id: Callable[[], str]) -> None:
        self._session = session
        self._new_id = new_id
        self._identity: Identity | None = None

    def add(self, name: str, phone: str | None = None) -> Person:
        person = Person(id=self._new_id(), name=name, phone=phone)
        self._session.add(person)
        self._session.flush()
        return person

    def get(self, person_id: str) -> Person:
        """The person with that id, who must exist."""
        person = self._session.get(Person, person_id)
        if person is None:
            raise LookupError(f"person {person_id} does not exist")
        return person

    def identity(self, account: str, external_id: str) -> Identity | None:
        """Whoever is known by that id. The one asked for last is kept: of who speaks is asked all the time."""
        kept = self._identity
        gone = kept is None or kept not in self._session or kept in self._session.deleted
        if kept is None or gone or (kept.account, kept.external_id) != (account, external_id):
            query = select(Identity).where(Identity.account == account, Identity.external_id == external_id)
            kept = self._identity = self._session.exec(query).first()
        return kept

    def identities(self, person_id: str) -> Sequence[Identity]:
        query = select(Identity).where(Identity.person_id == person_id).order_by(col(Identity.id))
        return self._session.exec(query).all()

    def identity_on(self, person_id: str, account: str) -> Identity | None:
        """How the person appears on that account, a reachable identity first."""
        return on_account(self.identities(person_id), account)

    def identities_of(self, person_ids: Sequence[str]) -> dict[str, list[Identity]]:
        """The identities of each of these people, in few statements."""
        found: dict[str, list[Identity]] = {person_id: [] for person_id in person_ids}
        for part in batched(list(found)):
            query = select(Identity).where(col(Identity.person_id).in_(part)).order_by(col(Identity.id))
            for identity in self._session.exec(query).all():
                found[identity.person_id].append(identity)
        return found

    def bind(self, person: Person, account: str, external_id: str, display_name: str, reachable: bool) -> Identity:
        """A new identity of the person; deaf when the one before it was deaf as it was forgotten."""
        opted_out = self._opted_out(account, external_id)
        identity = Identity(
            account=account,
            external_id=external_id,
            person_id=person.id,
            display_name=display_name,
            reachable=reachable,
            deaf=opted_out is not None,
        )
        if opted_out is not None:
            self._session.delete(opted_out)
        self._session.add(identity)
        self._session.flush()
        return identity

    def known(self, account: str, external_id: str, display_name: str) -> Person:
        """The person behind an identity; both are made on first need."""
        identity = self.identity(account, external_id)
        if identity is None:
            person = self.add(display_name or external_id)
            self.bind(person, account, external_id, display_name, reachable=False)
            return person
        if display_name and identity.display_name != display_name:
            identity.display_name = display_name
        return self.get(identity.person_id)

    def deaf(self, account: str) -> frozenset[str]:
        """Who asked not to be listened to (别听我): their veiled external ids, the forgotten among them."""
        known = select(Identity.external_id).where(Identity.account == account, col(Identity.deaf).is_(True))
        forgotten = select(OptOut.digest).where(OptOut.account == account)
        veils = {veiled(account, external_id) for external_id in self._session.exec(known).all()}
        return frozenset(veils.union(self._session.exec(forgotten).all()))

    def is_deaf(self, account: str, external_id: str) -> bool:
        """Whether that one asked not to be listened to, known or forgotten."""
        identity = self.identity(account, external_id)
        return identity.deaf if identity is not None else self._opted_out(account, external_id) is not None

    def set_deaf(self, person: Person, deaf: bool) -> None:
        """别听我 or 可以听我, on all accounts where the person appears."""
        for identity in self.identities(person.id):
            identity.deaf = deaf

    def _opted_out(self, account: str, external_id: str) -> OptOut | None:
        return self._session.get(OptOut, (account, veiled(account, external_id)))

    def grant(self, person: Person, node: GridNode, role: Role) -> RoleGrant:
        """Give a role at a node; the same grant twice is one."""
        assert node.id is not None
        query = select(RoleGrant).where(
            RoleGrant.person_id == person.id, RoleGrant.node_id == node.id, RoleGrant.role == role
        )
        existing = self._session.exec(query).first()
        if existing is not None:
            return existing
        grant = RoleGrant(person_id=person.id, node_id=node.id, role=role)
        self._session.add(grant)
        self._session.flush()
        return grant

    def revoke(self, person: Person, node: GridNode, role: Role) -> None:
        """Take a role away. What the person leaves is looked at after the commit (handlers/people/succession.py)."""
        query = select(RoleGrant).where(
            RoleGrant.person_id == person.id, RoleGrant.node_id == node.id, RoleGrant.role == role
        )
        for grant in self._session.exec(query).all():
            self._session.delete(grant)
        self._session.flush()

    def grants(self, person_id: str) -> Sequence[RoleGrant]:
        query = select(RoleGrant).where(RoleGrant.person_id == person_id).order_by(col(RoleGrant.id))
        return self._session.exec(query).all()

    def roles_at(self, person_id: str, node: GridNode) -> frozenset[Role]:
        """The roles that the person holds at the node: granted there or above."""
        query = select(RoleGrant.role).where(
            RoleGrant.person_id == person_id, col(RoleGrant.node_id).in_(node_ids(node))
        )
        return frozenset(Role(role) for role in self._session.exec(query).all())

    def holders(self, node: GridNode, roles: Iterable[Role]) -> list[Person]:
        """Everyone who holds one of the roles at the node itself, in the order of the roles, deputies (副) last."""
        order = {role: place for place, role in enumerate(roles)}
        query = (
            select(Person, RoleGrant)
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .where(RoleGrant.node_id == node.id, col(RoleGrant.role).in_(order), col(Person.erased_at).is_(None))
        )
        rows = self._session.exec(query).all()
        ranked = sorted(rows, key=lambda row: (order[row[1].role], row[1].deputy, row[1].id or 0))
        return list({person.id: person for person, _ in ranked}.values())

    def all_with(self, role: Role) -> list[Person]:
        """Everyone who holds that role anywhere, by id."""
        query = select(Person).join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
        query = query.where(RoleGrant.role == role, col(Person.erased_at).is_(None)).distinct()
        return list(self._session.exec(query.order_by(col(Person.id))).all())

    def of_team(self, nodes: Sequence[GridNode], team: Team, roles: Iterable[Role]) -> list[Person]:
        """Who works at one of the nodes (nearest first) and has that colour, or has none and one of these roles."""
        order = {node.id: place for place, node in enumerate(nodes)}
        mine = or_(col(Person.team) == team, and_(col(Person.team).is_(None), col(RoleGrant.role).in_(list(roles))))
        query = (
            select(Person, RoleGrant)
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .where(col(RoleGrant.node_id).in_(list(order)), RoleGrant.role != Role.RESIDENT, mine)
            .where(col(Person.erased_at).is_(None))
        )
        ranked = sorted(self._session.exec(query).all(), key=lambda row: (order[row[1].node_id], row[1].id or 0))
        return list({person.id: person for person, _ in ranked}.values())

    def leaders(self, nodes: Sequence[GridNode], without: Collection[str] = ()) -> list[Person]:
        """Who answers for the first of nodes (nearest first) that has anybody in charge, not counting some."""
        for node in nodes:
            found = [person for person in self.holders(node, LEADERS) if person.id not in without]
            if found:
                return found
        return []

    def leading(self, path: str) -> list[tuple[Person, GridNode]]:
        """Everyone who leads a node of that path or below it, with each node, in order of the nodes."""
        query = (
            select(Person, GridNode)
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .join(GridNode, col(GridNode.id) == col(RoleGrant.node_id))
            .where(
                at_or_below(path),
                col(RoleGrant.role).in_(LEADERS),
                col(Person.erased_at).is_(None),
            )
            .order_by(col(GridNode.id), col(RoleGrant.id))
        )
        return list(self._session.exec(query).all())

    def led(self, person_ids: Sequence[str]) -> dict[str, list[GridNode]]:
        """The nodes that each of these people leads anywhere, in order of the nodes."""
        found: dict[str, list[GridNode]] = {person_id: [] for person_id in person_ids}
        for part in batched(list(found)):
            query = (
                select(RoleGrant.person_id, GridNode)
                .join(GridNode, col(GridNode.id) == col(RoleGrant.node_id))
                .where(col(RoleGrant.person_id).in_(part), col(RoleGrant.role).in_(LEADERS))
                .order_by(col(GridNode.id), col(RoleGrant.id))
            )
            for person_id, node in self._session.exec(query).all():
                found[person_id].append(node)
        return found

    def named(self, node: GridNode, name: str) -> list[Person]:
        """People with that name or display name who hold a role on the line of the node or below it."""
        query = (
            select(Person)
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .join(GridNode, col(GridNode.id) == col(RoleGrant.node_id))
            .join(Identity, col(Identity.person_id) == col(Person.id), isouter=True)
            .where(
                (Person.name == name) | (Identity.display_name == name),
                col(GridNode.id).in_(node_ids(node)) | at_or_below(node.path),
            )
            .distinct()
            .order_by(col(Person.id))
        )
        return list(self._session.exec(query).all())

    def voters_below(self, path: str, *, by_household: bool) -> int:
        """How many people are known at the node of that path and below, or how many households."""
        who = Person.household if by_household else Person.id
        query = (
            select(func.count(col(who).distinct()))
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .join(GridNode, col(GridNode.id) == col(RoleGrant.node_id))
            .where(at_or_below(path), col(Person.erased_at).is_(None))
        )
        return int(self._session.exec(query).one())

    def knows_household(self, path: str, household: str) -> bool:
        """Whether anybody at the node of that path or below is of that household."""
        query = (
            select(Person.id)
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .join(GridNode, col(GridNode.id) == col(RoleGrant.node_id))
            .where(at_or_below(path), Person.household == household, col(Person.erased_at).is_(None))
        )
        return self._session.exec(query.limit(1)).first() is not None

    def nobody(self, place: int, at: datetime) -> Person:
        """Who stands for the requester of that place (from 0) where none may be named any more; made on first need."""
        person = self._session.get(Person, f"nobody-{place}")
        if person is None:
            person = Person(id=f"nobody-{place}", name="", erased_at=at)
            self._session.add(person)
            self._session.flush()
        return person

    def forget(self, person: Person, at: datetime) -> None:
        """Erase what names the person. Roles end; identities go, so that a return is a new person.

        That he is not to be listened to stays, without his name; so does that a spreadsheet may not bring him back.
        """
        for identity in self.identities(person.id):
            if identity.deaf:
                self._session.add(
                    OptOut(account=identity.account, digest=veiled(identity.account, identity.external_id))
                )
        person.name, person.phone, person.household, person.erased_at = "", None, None, at
        person.code = None if person.code is None else veiled_code(person.code)
        for side in (Deputy.person_id, Deputy.deputy_id):
            self._session.exec(delete(Deputy).where(col(side) == person.id))
        for row in (RoleGrant, Duty, Identity, Member, Responsible):
            self._session.exec(delete(row).where(col(row.person_id) == person.id))
        unsent = (col(Outgoing.person_id) == person.id, col(Outgoing.state).in_(UNSENT))
        gone = {"text": "", "address": None, "echo": None, "state": OutgoingState.DROPPED, "error": "erased"}
        self._session.exec(update(Outgoing).where(*unsent).values(**gone))
        # What was said to him went to that address; it would lead back to him.
        over = (col(Outgoing.person_id) == person.id, col(Outgoing.state).in_(OVER))
        self._session.exec(update(Outgoing).where(*over).values(address=None, echo=None))


def on_account(identities: Iterable[Identity], account: str) -> Identity | None:
    """Which of somebody's identities stands for him on that account: one that can be written to, else the newest."""
    mine = [identity for identity in reversed([*identities]) if identity.account == account]
    return next((identity for identity in mine if identity.reachable), mine[0] if mine else None)


def veiled(account: str, external_id: str) -> str:
    """What stands for an external id where none may be kept."""
    return hashlib.sha256(f"{account}\x1f{external_id}".encode()).hexdigest()


def veiled_code(code: str) -> str:
    """What stands for the 工号 of somebody who was forgotten."""
    return veiled("code", code)


def node_ids(node: GridNode) -> list[int]:
    """Ids of the node and of everything above it, from its path."""
    return [int(part) for part in node.path.split("/") if part]
