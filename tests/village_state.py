"""The database of a village between two lines, read once for all rules (invariants.py)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from passing_rules import Watch
from sqlmodel import col, select
from transcript import Stage

from models.codes import Role, ScheduleState
from models.history_tables import TicketEvent
from models.outgoing_tables import Outgoing
from models.states import ENDED, FINISHED
from models.tables import Person, Schedule
from models.ticket_tables import Claim, Requester, Ticket
from models.uow import UnitOfWork


@dataclass(frozen=True)
class State:
    """The database between two lines, read once."""

    stage: Stage
    uow: UnitOfWork
    watch: Watch

    @property
    def now(self) -> datetime:
        return self.watch.now

    def all(self, table: type[Any]) -> Sequence[Any]:
        return self.uow.session.exec(select(table)).all()

    @cached_property
    def tickets(self) -> dict[str, Ticket]:
        return {ticket.id: ticket for ticket in self.uow.tickets.all()}

    @cached_property
    def people(self) -> dict[str, Person]:
        return {person.id: person for person in self.all(Person)}

    @cached_property
    def events(self) -> Mapping[str, list[TicketEvent]]:
        found: dict[str, list[TicketEvent]] = defaultdict(list)
        for event in self.uow.session.exec(select(TicketEvent).order_by(col(TicketEvent.seq))).all():
            found[event.ticket_id].append(event)
        return found

    @cached_property
    def live(self) -> Mapping[str, list[Claim]]:
        found: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.all(Claim):
            if claim.ended_at is None:
                found[claim.ticket_id].append(claim)
        return found

    @cached_property
    def requesters(self) -> Mapping[str, list[Requester]]:
        found: dict[str, list[Requester]] = defaultdict(list)
        for row in self.all(Requester):
            found[row.ticket_id].append(row)
        return found

    @cached_property
    def planned(self) -> Mapping[tuple[str, str], list[Schedule]]:
        """What is still to happen, by kind and subject; what is parked too."""
        found: dict[tuple[str, str], list[Schedule]] = defaultdict(list)
        for row in self.all(Schedule):
            if row.state is not ScheduleState.DONE:
                found[row.kind, row.subject].append(row)
        return found

    @cached_property
    def outbox(self) -> Sequence[Outgoing]:
        return self.all(Outgoing)

    def owed(self) -> Iterator[Ticket]:
        """What somebody still has to see to."""
        return (ticket for ticket in self.tickets.values() if ticket.status not in ENDED | FINISHED)

    def works_at(self, person_id: str, ticket: Ticket) -> bool:
        """Whether the person still has anything to do there: a role besides that of a resident, or an organisation."""
        person = self.people.get(person_id)
        if person is None or person.erased_at is not None:
            return False
        roles = self.uow.people.roles_at(person_id, self.uow.places.node(ticket.node_id)) - {Role.RESIDENT}
        return bool(roles) or bool(self.uow.organisations.of_person(person_id))
