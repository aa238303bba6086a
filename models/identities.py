"""One-time codes, ids that changed hands, and two persons who turn out to be one."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, delete, select, update

from models.codes import RebindingState, Role
from models.deputy_tables import Deputy
from models.history_tables import EventText
from models.identity_tables import CodeTry, Rebinding, RoleCode
from models.onetime import code_digest
from models.organisation_tables import Member, Responsible
from models.outbox import UNSENT
from models.outgoing_tables import Outgoing
from models.people import People, veiled
from models.places import at_or_below
from models.point_tables import PointEntry
from models.records import absorb as absorb_records
from models.tables import Duty, GridNode, Identity, Person, RoleGrant, Schedule
from models.ticket_tables import Claim, Requester, Signal, Source, Ticket

OF_PEOPLE = frozenset({"visits", "care"})
"""Kinds of schedules whose subject is a person: what he is reminded of."""


class Identities:
    """Reads and writes of codes and re-bindings within one unit of work."""

    def __init__(self, session: Session, people: People, new_code: Callable[[], str]) -> None:
        self._session = session
        self._people = people
        self._new_code = new_code

    # -- one-time codes -------------------------------------------------------------------------

    def issue(self, person: Person, *, by: str | None, at: datetime, expires_at: datetime) -> str:
        """A new code for the person; those that he has not used are worth nothing from now on."""
        unused = select(RoleCode).where(RoleCode.person_id == person.id, col(RoleCode.used_at).is_(None))
        for old in self._session.exec(unused).all():
            old.used_at = at
        code = self._new_code()
        self._session.add(
            RoleCode(digest=code_digest(code), person_id=person.id, issued_by=by, issued_at=at, expires_at=expires_at)
        )
        self._session.flush()
        return code

    def code(self, code: str) -> RoleCode | None:
        """The row of a code, used or not, locked."""
        query = select(RoleCode).where(RoleCode.digest == code_digest(code)).with_for_update()
        return self._session.exec(query).first()

    def tries(self, account: str, external_id: str, day: str) -> int:
        """How often he has given a wrong code on that day."""
        row = self._session.get(CodeTry, (account, veiled(account, external_id)))
        return row.count if row is not None and row.day == day else 0

    def tried(self, account: str, external_id: str, day: str) -> None:
        """He has given a wrong code."""
        count = self.tries(account, external_id, day)
        self._session.merge(CodeTry(account=account, digest=veiled(account, external_id), day=day, count=count + 1))

    def forget_tries(self, before: str) -> None:
        """Delete the counts of the days before that one."""
        self._session.exec(delete(CodeTry).where(col(CodeTry.day) < before))

    def with_roles(self, node: GridNode, name: str) -> Sequence[Person]:
        """People of exactly that name who hold more than 居民 at the node or below. Display names do not count."""
        query = (
            select(Person)
            .join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
            .join(GridNode, col(GridNode.id) == col(RoleGrant.node_id))
            .where(Person.name == name, RoleGrant.role != Role.RESIDENT, at_or_below(node.path))
            .distinct()
            .order_by(col(Person.id))
        )
        return self._session.exec(query).all()

    def named(self, name: str) -> Sequence[Person]:
        """Everybody of exactly that name who holds more than 居民 anywhere."""
        query = select(Person).join(RoleGrant, col(RoleGrant.person_id) == col(Person.id))
        query = query.where(Person.name == name, RoleGrant.role != Role.RESIDENT)
        return self._session.exec(query.distinct().order_by(col(Person.id))).all()

    def unbound(self) -> int:
        """How many people hold more than 居民 and have no identity on any account."""
        bound = select(Identity.person_id)
        query = select(func.count(func.distinct(col(RoleGrant.person_id)))).where(
            RoleGrant.role != Role.RESIDENT, col(RoleGrant.person_id).not_in(bound)
        )
        return self._session.exec(query).one()

    # -- identities -----------------------------------------------------------------------------

    def names(self, account: str) -> Sequence[tuple[str, str, str]]:
        """(external id, display name, person id) of everybody known on the account."""
        query = select(Identity.external_id, Identity.display_name, Identity.person_id).where(
            Identity.account == account
        )
        return self._session.exec(query).all()

    def give(self, account: str, external_id: str, display_name: str, person: Person, at: datetime) -> Identity:
        """From now on that id is the person's; whoever it was until now and has no other id is the same person."""
        identity = self._people.identity(account, external_id)
        if identity is None:
            return self._people.bind(person, account, external_id, display_name, reachable=False)
        former = self._people.get(identity.person_id)
        identity.person_id = person.id
        self._session.flush()
        if former.id != person.id and not self._people.identities(former.id):
            self._absorb(former, person, at)
        return identity

    def renumber(self, account: str, old_id: str, new_id: str, display_name: str, person: Person, at: datetime) -> None:
        """The account calls the person by a new id. What holds of the old one holds of the new; the old one goes."""
        old = self._people.identity(account, old_id)
        new = self.give(account, new_id, display_name, person, at)
        if old is not None and old.id != new.id and old.person_id == person.id:
            new.reachable, new.deaf = new.reachable or old.reachable, new.deaf or old.deaf
            self._session.delete(old)
        waiting = col(Outgoing.state).in_(UNSENT) & (col(Outgoing.account) == account)
        his = (col(Outgoing.person_id) == person.id) & (col(Outgoing.address) == old_id)
        self._session.exec(update(Outgoing).where(waiting, his).values(address=new_id))
        self._session.flush()

    def _absorb(self, former: Person, person: Person, at: datetime) -> None:
        """Everything of former is the person's: matters, words, roles. The history keeps the opaque id."""
        session = self._session
        for asked in session.exec(select(Requester).where(Requester.person_id == former.id)).all():
            own = session.get(Requester, (asked.ticket_id, person.id))
            if own is None:
                session.add(Requester(**{**asked.model_dump(), "person_id": person.id}))
            elif asked.withdrawn_at is None:
                own.withdrawn_at = None
            session.delete(asked)
        for ticket in session.exec(select(Ticket).where(Ticket.handler_id == former.id)).all():
            ticket.handler_id = person.id
        self._stand_in(former, person, at)
        held = {(grant.node_id, grant.role) for grant in self._people.grants(person.id)}
        for grant in self._people.grants(former.id):
            if (grant.node_id, grant.role) in held:
                session.delete(grant)
            else:
                grant.person_id = person.id
        for member in session.exec(select(Member).where(Member.person_id == former.id)).all():
            if session.get(Member, (member.organisation_id, person.id)) is None:
                session.add(Member(**{**member.model_dump(), "person_id": person.id}))
            session.delete(member)
        session.flush()
        for table in (Claim, Source, Signal, Outgoing, Duty, Responsible, RoleCode, Rebinding, PointEntry):
            theirs = col(table.person_id) == former.id
            session.exec(update(table).where(theirs).values(person_id=person.id))
        session.exec(update(EventText).where(col(EventText.author_id) == former.id).values(author_id=person.id))
        absorb_records(session, former.id, person.id)
        for planned in session.exec(select(Schedule).where(Schedule.subject == former.id)).all():
            same = (Schedule.kind == planned.kind, Schedule.subject == person.id, Schedule.period == planned.period)
            if planned.kind in OF_PEOPLE and session.exec(select(Schedule).where(*same)).first() is None:
                planned.subject = person.id
        person.phone = person.phone or former.phone
        person.household = person.household or former.household
        former.name, former.phone, former.household, former.erased_at = "", None, None, at
        session.flush()

    def _stand_in(self, former: Person, person: Person, at: datetime) -> None:
        """Who stood in for former stands in for the person, unless that is himself or somebody does already."""
        open_rows = select(Deputy).where(
            (col(Deputy.person_id) == former.id) | (col(Deputy.deputy_id) == former.id), col(Deputy.ended_at).is_(None)
        )
        named = select(Deputy.id).where(Deputy.person_id == person.id, col(Deputy.ended_at).is_(None))
        has_one = self._session.exec(named).first() is not None
        for row in self._session.exec(open_rows).all():
            if row.person_id == former.id and has_one:
                row.ended_at = at
                continue
            row.person_id = person.id if row.person_id == former.id else row.person_id
            row.deputy_id = person.id if row.deputy_id == former.id else row.deputy_id
            if row.person_id == row.deputy_id:
                row.ended_at = at
        self._session.flush()

    # -- ids that changed -----------------------------------------------------------------------

    def propose(
        self,
        account: str,
        *,
        room_id: int,
        person: Person,
        old_id: str,
        new_id: str,
        display_name: str,
        evidence: Sequence[str],
        at: datetime,
    ) -> Rebinding | None:
        """A question to a human; None when it stands already."""
        waiting = self.waiting(account)
        if any(row.new_external_id == new_id or row.old_external_id == old_id for row in waiting):
            return None
        last = self._session.exec(select(func.max(Rebinding.number)).where(Rebinding.account == account)).one()
        row = Rebinding(
            account=account,
            number=(last or 0) + 1,
            room_id=room_id,
            person_id=person.id,
            old_external_id=old_id,
            new_external_id=new_id,
            display_name=display_name,
            evidence=list(evidence),
            at=at,
        )
        self._session.add(row)
        self._session.flush()
        return row

    def waiting(self, account: str) -> Sequence[Rebinding]:
        """What nobody has decided yet, in order of number."""
        query = select(Rebinding).where(Rebinding.account == account, Rebinding.state == RebindingState.WAITING)
        return self._session.exec(query.order_by(col(Rebinding.number))).all()

    def proven(self, account: str, external_id: str, person: Person, at: datetime) -> bool:
        """The new id has proved by a code whose it is: nobody need be asked. True when nothing is left to ask."""
        waiting = self.waiting(account)
        answered = [row for row in waiting if row.new_external_id == external_id]
        for row in answered:
            state = RebindingState.CONFIRMED if row.person_id == person.id else RebindingState.REJECTED
            self.decide(row, state, by=person.id, at=at)
        return len(answered) == len(waiting) > 0

    def decide(self, row: Rebinding, state: RebindingState, *, by: str | None, at: datetime) -> None:
        """Note the decision and who took it (None: the operator); ids and name are not needed any more."""
        row.state, row.decided_by, row.decided_at = state, by, at
        row.old_external_id, row.new_external_id, row.display_name = "", "", ""
        self._session.flush()

    def forget(self, person: Person) -> None:
        """Erase the codes of a person, and what proposals say of him."""
        self._session.exec(delete(RoleCode).where(col(RoleCode.person_id) == person.id))
        mine = col(Rebinding.person_id) == person.id
        self._session.exec(delete(Rebinding).where(mine, col(Rebinding.state) == RebindingState.WAITING))
