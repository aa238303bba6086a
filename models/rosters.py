"""Reading and writing the roster of a town, within one unit of work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, text
from sqlmodel import Session, SQLModel

from models.codes import LEADERS, Role, ScheduleState, SignalStatus
from models.leaving import AT_ONCE, SUCCESSION, period
from models.organisation_tables import Member, Organisation, Responsible
from models.outbox import batched
from models.roster import Answerer, NodeState, OrganisationState, PersonState, RoomState, Roster, Stored
from models.roster_writing import table_of, write
from models.states import ALIVE
from models.tables import Account, GridNode, Identity, Person, RoleGrant, Room, Schedule
from models.ticket_tables import Claim, Signal, Ticket


@dataclass(frozen=True, slots=True)
class InHand:
    """An open ticket that somebody handles or has claimed."""

    person_id: str
    number: int
    scope_id: int
    node_id: int
    organisation_id: int | None


class Rosters:
    """Reads and writes of the roster within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self) -> Stored:
        """Everything, one statement for each table."""
        nodes = self._rows(GridNode)
        code = {row.id: row.code for row in nodes}
        people = self._rows(Person, table_of(Person).c.code.is_not(None))
        alive = {row.code: PersonState(row.id, row.name, row.phone, row.team) for row in people if not row.erased_at}
        roster = Roster(
            nodes={row.code: NodeState(row.name, row.level, code.get(row.parent_id), row.policy) for row in nodes},
            accounts={row.name for row in self._rows(Account)},
            rooms={
                (row.account, row.external_id): RoomState(row.name, code.get(row.node_id), row.purpose, row.mode)
                for row in self._rows(Room)
            },
            people=alive,
        )
        names = {person.id: person.name for person in alive.values()} | self._grants(roster, code)
        self._organisations(roster, code)
        identity, person = table_of(Identity).c, table_of(Person).c
        known = select(identity.person_id).join(table_of(Person), person.id == identity.person_id)
        return Stored(
            roster,
            node_ids={row.code: row.id for row in nodes},
            paths={row.code: row.path for row in nodes},
            names=names,
            forgotten=frozenset(row.code for row in people if row.erased_at),
            bound=frozenset(self._session.scalars(known.where(person.code.is_not(None)))),
        )

    def _grants(self, roster: Roster, code: Mapping[int, str]) -> dict[str, str]:
        """Fill in the grants; returns the names of those who hold them."""
        grant, person = table_of(RoleGrant).c, table_of(Person).c
        query = select(grant.person_id, grant.node_id, grant.role, grant.deputy, person.name)
        query = query.join(table_of(Person), person.id == grant.person_id)
        query = query.where(or_(person.code.is_not(None), grant.role.in_(LEADERS)))
        rows = self._session.execute(query).all()
        roster.grants = {(row.person_id, code[row.node_id], row.role): row.deputy for row in rows}
        return {row.person_id: row.name for row in rows}

    def _organisations(self, roster: Roster, code: Mapping[int, str]) -> None:
        """Fill in companies and departments with their people, and who answers for what."""
        rows = self._rows(Organisation)
        members: dict[int, list[str]] = {}
        for member in sorted(self._rows(Member), key=lambda row: row.position):
            members.setdefault(member.organisation_id, []).append(member.person_id)
        roster.organisations = {
            row.code: OrganisationState(row.name, row.kind, code[row.node_id], tuple(members.get(row.id, ())))
            for row in rows
        }
        by_id = {row.id: row.code for row in rows}
        roster.responsible = {
            (code[row.node_id], row.category): Answerer(row.person_id, by_id.get(row.organisation_id))
            for row in self._rows(Responsible)
        }

    def _rows(self, kind: type[SQLModel], *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
        return self._session.execute(select(table_of(kind)).where(*where)).all()

    def freeze(self) -> None:
        """Let no ticket change until the end of the unit: what is decided about them stays true.

        On SQLite the unit holds the only write lock anyway.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.connection().execute(text("LOCK TABLE ticket, claim, signal IN SHARE MODE"))

    def in_hand(self, person_ids: Iterable[str]) -> list[InHand]:
        """The open tickets that these people handle or have claimed, by number."""
        ticket, claim = table_of(Ticket).c, table_of(Claim).c
        of = (ticket.number, ticket.scope_id, ticket.node_id, ticket.organisation_id)
        alive = ticket.status.in_(ALIVE)
        found: set[InHand] = set()
        for part in batched(sorted(person_ids)):
            handled = select(ticket.handler_id, *of).where(alive, ticket.handler_id.in_(part))
            claimed = select(claim.person_id, *of).join(table_of(Ticket), ticket.id == claim.ticket_id)
            claimed = claimed.where(alive, claim.ended_at.is_(None), claim.person_id.in_(part))
            for query in (handled, claimed):
                found.update(InHand(*row) for row in self._session.execute(query).all())
        return sorted(found, key=lambda row: (row.person_id, row.scope_id, row.number))

    def open_at(self, node_ids: Iterable[int], *, unassigned: bool = False) -> dict[int, int]:
        """How many open tickets and waiting signals stand at each of these nodes; unassigned: that nobody handles."""
        counts: dict[int, int] = {}
        ticket, signal = table_of(Ticket).c, table_of(Signal).c
        for part in batched(sorted(node_ids)):
            tickets = select(ticket.node_id, func.count()).where(ticket.node_id.in_(part), ticket.status.in_(ALIVE))
            if unassigned:
                tickets = tickets.where(ticket.handler_id.is_(None))
            signals = select(signal.node_id, func.count()).where(
                signal.status == SignalStatus.WAITING, signal.node_id.in_(part)
            )
            for query in (tickets.group_by(ticket.node_id), signals.group_by(signal.node_id)):
                for node_id, count in self._session.execute(query).all():
                    counts[node_id] = counts.get(node_id, 0) + count
        return counts

    def write(self, before: Stored, after: Roster) -> dict[str, int]:
        """Make the database say what after says; returns the ids of all nodes by code.

        At what those leave who lose a role or a place in an organisation somebody looks at once.
        """
        node_ids = write(self._session, before, after)
        left: list[tuple[str, int, Role | int]] = [
            (who, node_ids[node], role)
            for who, node, role in before.roster.grants
            if (who, node, role) not in after.grants and role is not Role.RESIDENT
        ]
        ids = {row.code: row.id for row in self._rows(Organisation)}
        left += [
            (who, node_ids[one.node], ids[code])
            for code, one in before.roster.organisations.items()
            for who in one.members
            if who not in after.organisations[code].members
        ]
        rows = [
            {"kind": SUCCESSION, "subject": who, "period": period(node_id, what), "due_at": AT_ONCE,
             "state": ScheduleState.WAITING}
            for who, node_id, what in left
        ]  # fmt: skip
        if rows:
            self._session.connection().execute(insert(table_of(Schedule)), rows)
        return node_ids

    def plan(self, kind: str, period: str, due_at: datetime, subjects: Iterable[str]) -> None:
        """Plan something for each of these subjects that waits for it not yet."""
        row = table_of(Schedule).c
        query = select(row.subject).where(
            row.kind == kind, or_(row.state == ScheduleState.WAITING, row.period == period)
        )
        known = set(self._session.scalars(query))
        self._session.add_all(
            Schedule(kind=kind, subject=subject, period=period, due_at=due_at)
            for subject in subjects
            if subject not in known
        )
        self._session.flush()
