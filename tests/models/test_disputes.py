"""The record of a dispute: figures, what is erased, what counts no longer."""

from datetime import timedelta

from sqlalchemy import Engine, select
from worlds import NOW, World, add_ticket, after, build_world

from models.codes import RecordField as F
from models.codes import TicketKind
from models.dispute_tables import DisputeEntry
from models.history import verify
from models.states import Move, steps_to
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

DAY = timedelta(days=1)


def _settled(uow: UnitOfWork, world: World, minutes: int, succeeded: bool | None, method: str | None) -> Ticket:
    ticket = add_ticket(uow, world, TicketKind.DISPUTE, category="neighbour", private=True)
    if method is not None:
        uow.disputes.put(ticket, F.METHOD, method, at=NOW, by=world.leader.id)
    if succeeded is not None:
        uow.disputes.put(ticket, F.SUCCEEDED, succeeded, at=NOW, by=world.leader.id)
    for move in steps_to(ticket.kind, ticket.status, Move.RESOLVE):
        uow.tickets.move(ticket, move, at=after(minutes), actor_id=world.leader.id)
    uow.disputes.settle(ticket, after(minutes))
    return ticket


def test_the_success_rate_counts_what_was_settled_in_the_period(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        for minutes, succeeded, method in (
            (1, True, "人民调解"), (2, True, "劝和"), (3, False, "人民调解"), (4, None, None), (60 * 48, True, "劝和"),
        ):  # fmt: skip
            _settled(uow, world, minutes, succeeded, method)
        add_ticket(uow, world, TicketKind.DISPUTE, category="neighbour", private=True)
        figures = uow.disputes.figures(world.town.path, NOW, NOW + DAY)
        assert (figures.settled, figures.succeeded, figures.failed, figures.unrecorded) == (4, 2, 1, 1)
        assert figures.success_rate == 2 / 3
        assert figures.methods == {"人民调解": 2, "劝和": 1}
        assert uow.disputes.figures(world.other_village.path, NOW, NOW + DAY).success_rate is None


def test_what_was_sent_back_is_no_success(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        ticket = _settled(uow, world, 1, True, "劝和")
        uow.tickets.move(ticket, Move.SEND_BACK, at=after(2), actor_id=world.resident.id)
        assert uow.disputes.values(ticket) == {F.METHOD: "劝和"}
        assert uow.disputes.figures(world.town.path, NOW, NOW + DAY).settled == 0
        uow.tickets.move(ticket, Move.RESOLVE, at=after(3), actor_id=world.leader.id)
        uow.disputes.settle(ticket, after(3))
        assert uow.disputes.figures(world.town.path, NOW, NOW + DAY).unrecorded == 1


def test_words_of_a_record_are_erased_and_the_history_verifies(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        ticket = add_ticket(uow, world, TicketKind.DISPUTE, category="neighbour", private=True)
        for field, value in ((F.BRIEF, "小陈和房东"), (F.PEOPLE, 3), (F.BRIEF, "小陈和房东的押金")):
            uow.disputes.put(ticket, field, value, at=NOW, by=world.leader.id)
        assert uow.disputes.values(ticket) == {F.BRIEF: "小陈和房东的押金", F.PEOPLE: 3}
        assert not _damage(uow, ticket)
        uow.disputes.erase(ticket, after(1))
        assert uow.disputes.values(ticket) == {F.PEOPLE: 3}
        assert [word.text for word in uow.tickets.texts(ticket.id).values()] == ["三楼漏水了"]
        assert not _damage(uow, ticket)
        assert len(uow.session.execute(select(DisputeEntry)).all()) == 2


def _damage(uow: UnitOfWork, ticket: Ticket) -> list[object]:
    return list(verify(ticket.id, ticket.status, uow.tickets.events(ticket.id), uow.tickets.texts(ticket.id).values()))


def test_the_ledger_shows_what_is_due_first_and_says_how_much_there_is(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        late, soon, own = (
            add_ticket(uow, world, TicketKind.DISPUTE, private=True, solve_by=after(minutes), node=node)
            for minutes, node in ((30, world.micro), (10, world.micro), (20, world.other_micro))
        )
        add_ticket(uow, world, solve_by=after(1))
        own.handler_id = world.leader.id
        uow.flush()
        shown, count = uow.disputes.ledger([world.micro.path], world.leader.id, 2)
        assert ([ticket.id for ticket in shown], count) == ([soon.id, own.id], 3)
        shown, count = uow.disputes.ledger([], world.leader.id, 9)
        assert ([ticket.id for ticket in shown], count) == ([own.id], 1)
        assert late.private
