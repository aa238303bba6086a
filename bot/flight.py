"""The posts that are with the channel at this moment."""

from dataclasses import dataclass
from datetime import datetime

from handlers.clockwork.budget import Budget
from models.outgoing_tables import Outgoing


@dataclass(slots=True)
class _Flight:
    row: Outgoing
    at: datetime
    arrived: bool = False


class Flights:
    """Given to the channel and not settled yet: at most one, and one emergency beside it.

    Each counts in the budget from when it was given, so that what is sent beside it does not break a limit.
    """

    def __init__(self) -> None:
        self._rows: dict[int, _Flight] = {}

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows

    def start(self, row: Outgoing, budget: Budget, now: datetime) -> None:
        """The row, read and committed, is given to the channel."""
        assert row.id is not None
        self._rows[row.id] = _Flight(row, now)
        budget.spend(now, row.room_id, person_id=row.person_id, kind=row.kind)

    def land(self, row_id: int, budget: Budget | None) -> None:
        """It is settled, and counted as it was; budget None: nobody could write what became of it, and it may have
        arrived."""
        flight = self._rows.pop(row_id, None)
        if flight is not None and budget is not None:
            row = flight.row
            budget.take_back(flight.at, row.room_id, person_id=row.person_id, kind=row.kind)

    def arrive(self, row_id: int) -> None:
        """Its echo came; nothing happens when it is not with the channel."""
        if row_id in self._rows:
            self._rows[row_id].arrived = True

    def has_arrived(self, row_id: int) -> bool:
        """Whether its echo came while the channel still has to answer."""
        flight = self._rows.get(row_id)
        return flight is not None and flight.arrived
