"""The ticket board of the simulator: tickets and waiting signals with their histories, in Chinese."""

from datetime import datetime

from bot.app import App
from bot.web.stage import BoardEvent, BoardTicket
from models.codes import Rating, SignalStatus
from models.history_tables import TicketEvent
from models.states import ENDED, FINISHED
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork

MOST = 300


def board_of(app: App, account: str, now: datetime) -> list[BoardTicket]:
    """The newest tickets and all waiting signals, newest first."""
    with app.units.read() as uow:
        board = _Board(app, account, uow, now)
        tickets = sorted(uow.tickets.all(), key=lambda ticket: ticket.opened_at)[-MOST:]
        rows = [board.ticket(ticket) for ticket in tickets]
        rows += [board.signal(signal) for signal in uow.signals.all() if signal.status is SignalStatus.WAITING]
    return sorted(rows, key=lambda row: (row.opened_at, row.number), reverse=True)


class _Board:
    """Makes rows within one unit of work."""

    def __init__(self, app: App, account: str, uow: UnitOfWork, now: datetime) -> None:
        self._words = app.setting.words
        self._taxonomy = app.setting.taxonomy
        self._account = account
        self._uow = uow
        self._now = now

    def ticket(self, ticket: Ticket) -> BoardTicket:
        uow = self._uow
        owed = ticket.status not in ENDED | FINISHED
        pictures = [row.sha256 for row in uow.pictures.of(ticket.id) if row.sha256 is not None]
        texts = uow.tickets.texts(ticket.id)
        return BoardTicket(
            number=str(ticket.number),
            kind=ticket.kind.value,
            kind_name=self._words.name("kind", ticket.kind.value),
            category_name=self._taxonomy[ticket.category].name,
            status=ticket.status.value,
            status_name=self._words.name("status", ticket.status.value),
            room_name=self._room(ticket.room_id),
            title=ticket.title,
            place=ticket.place,
            private=ticket.private,
            urgency=ticket.urgency,
            opened_at=ticket.opened_at,
            due_at=ticket.solve_by if owed else None,
            overdue=owed and ticket.solve_by is not None and ticket.solve_by < self._now,
            requesters=tuple(self._name(row.person_id) for row in uow.tickets.requesters(ticket.id)),
            handler=None if ticket.handler_id is None else self._name(ticket.handler_id),
            evidence=tuple(ticket.evidence),
            history=tuple(
                BoardEvent(event.at, self._step(event, texts[event.seq].text if event.seq in texts else ""))
                for event in uow.tickets.events(ticket.id)
            ),
            pictures=tuple(f"/pictures/{name}" for name in pictures),
        )

    def signal(self, signal: Signal) -> BoardTicket:
        return BoardTicket(
            number=f"S{signal.number}",
            kind=signal.kind.value,
            kind_name=self._words.name("kind", signal.kind.value),
            category_name=self._taxonomy[signal.category].name,
            status="waiting",
            status_name=self._words.say("status.waiting"),
            room_name=self._room(signal.room_id),
            title=signal.text,
            place=signal.place,
            private=True,
            urgency=signal.urgency,
            opened_at=signal.at,
            due_at=None,
            overdue=False,
            requesters=() if signal.person_id is None else (self._name(signal.person_id),),
            handler=None,
            evidence=tuple(signal.evidence),
            history=(),
        )

    def _step(self, event: TicketEvent, said: str) -> str:
        words = self._words.get(f"event.{event.kind}") or event.kind
        rating = event.data.get("rating")
        what = words.format(
            rating="" if not rating else self._words.say(f"rating.{Rating(rating).value}"),
            count=event.data.get("requesters", ""),
        )
        who = "" if event.actor_id is None else f"{self._name(event.actor_id)} "
        return f"{who}{what}" + (f"：{said}" if said else "")

    def _name(self, person_id: str) -> str:
        identity = self._uow.people.identity_on(person_id, self._account)
        name = identity.display_name if identity is not None else self._uow.people.get(person_id).name
        return name or self._words.say("name.somebody")

    def _room(self, room_id: int | None) -> str:
        return "" if room_id is None else self._uow.places.room_by_id(room_id).name
