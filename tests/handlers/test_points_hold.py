"""Whatever is claimed, done, undone and noted: a ticket's points are what its state deserves, and no line changes."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from packs import everything
from sqlalchemy import create_engine
from sqlmodel import select
from worlds import NOW, World, add_ticket, build_world

from handlers.score.awarding import settle
from handlers.setting import Setting
from handlers.wording import load_wording
from models import schema
from models.codes import BY_HAND, PointKind, Rating, RecordKind, RecordState, Status, TicketKind
from models.point_tables import PointEntry
from models.record_tables import Record
from models.records import NOTE
from models.states import Move, allowed
from models.ticket_tables import Claim, Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding


def _deaf(text: str) -> Understanding:
    raise AssertionError(text)


SETTING = Setting(everything(), load_wording(), Taxonomy.load(), _deaf)
RATED = (Rating.SATISFIED, Rating.FAIR, Rating.CONFIRMED, Rating.UNRATED)
STEPS, SEEDS = 40, 25
MOVES = (Move.CLAIM, Move.ACCEPT, Move.PROCESS, Move.DO, Move.RESOLVE, Move.HAND_BACK, Move.SEND_BACK, Move.REOPEN)
ENDS = (Move.WITHDRAW, Move.REJECT)


class _Play:
    """A wish and a complaint, two helpers, rounds and visits; one random step after the other."""

    def __init__(self, uow: UnitOfWork, world: World, seed: int) -> None:
        self.uow, self.world, self.random, self.now = uow, world, random.Random(seed), NOW
        self.people = [uow.people.add(name) for name in ("老张", "小马")]
        self.tickets = [
            add_ticket(uow, world, TicketKind.WISH, category="repair"),
            add_ticket(uow, world, category="plumbing", band=self.random.choice(("act", "ask"))),
        ]
        for ticket in self.tickets:
            uow.tickets.join(ticket, world.resident, NOW)
        self.taken: set[int] = set()
        self.known: dict[int, dict[str, Any]] = {}
        self.visits: Counter[tuple[int, str, str]] = Counter()

    def step(self) -> None:
        self.now += timedelta(hours=self.random.choice((1, 7, 30)))
        kind = self.random.random()
        if kind < 0.7:
            self._of_ticket(self.random.choice(self.tickets))
        elif kind < 0.8:
            self._undo()
        else:
            self._of_record()
        settle(self.uow, SETTING, self.now)
        self._holds()

    def _of_ticket(self, ticket: Ticket) -> None:
        who = self.random.choice(self.people)
        closing = [Move.CLOSE] if ticket.status in (Status.DONE, Status.RESOLVED) else []
        moves = [*MOVES, *closing * 3, *(ENDS if self.random.random() < 0.1 else ())]
        able = [move for move in moves if allowed(ticket.kind, ticket.status, move) is not None]
        if not able:
            return
        move = self.random.choice(able)
        if move is Move.CLAIM:
            for claim in self.uow.wishes.live(ticket.id):
                self.uow.wishes.end(claim, self.now, "handed_back")
            self.uow.tickets.claim(ticket, who, self.now)
        self.uow.tickets.move(ticket, move, at=self.now, actor_id=who.id)
        if move is Move.CLOSE:
            ticket.rating = self.random.choice(RATED)
            for claim in self.uow.wishes.live(ticket.id):
                self.uow.wishes.end(claim, self.now, "fulfilled")
        elif move is Move.HAND_BACK:
            ticket.handler_id = None
            for claim in self.uow.wishes.live(ticket.id):
                self.uow.wishes.end(claim, self.now, "handed_back")
        elif move in (Move.SEND_BACK, Move.REOPEN):
            ticket.rating = Rating.DISSATISFIED
            ticket.reopened += 1
        elif move not in ENDS:
            ticket.handler_id = who.id
        self.uow.flush()

    def _undo(self) -> None:
        lines = self.uow.session.exec(select(PointEntry).where(PointEntry.rule != BY_HAND)).all()
        gone = {line.reverses for line in lines}
        open_lines = [line for line in lines if line.reverses is None and line.id not in gone and line.ticket_id]
        if open_lines:
            line = self.random.choice(open_lines)
            self.uow.points.reverse(line, at=self.now, by_id=self.world.leader.id)
            self.taken.add(line.id or 0)

    def _of_record(self) -> None:
        who, world = self.random.choice(self.people), self.world
        records = self.uow.session.exec(select(Record).where(Record.state == RecordState.OPEN)).all()
        if not records or self.random.random() < 0.3:
            kind = self.random.choice((RecordKind.PATROL, RecordKind.VISIT))
            self.uow.records.open(kind, world.micro, world.village, title="x", at=self.now, person_id=who.id)
            return
        record = self.random.choice(records)
        if record.kind is RecordKind.VISIT and self.random.random() < 0.8:
            seq = len(self.uow.records.entries(record.id or 0)) + 1
            self.uow.records.put(record, NOTE, str(seq), at=self.now, text="x", person_id=who.id)
            day = self.now.astimezone(SETTING.policy.zone).date().isoformat()
            self.visits[record.id or 0, who.id, day] = 1
            return
        record.data = {"missing": ["x"]} if self.random.random() < 0.3 else {}
        self.uow.records.end(record, self.now)

    # -- what holds -------------------------------------------------------------------------------

    def _holds(self) -> None:
        lines = self.uow.session.exec(select(PointEntry).order_by(PointEntry.id)).all()
        seen = {line.id or 0: line.model_dump() for line in lines}
        assert {key: seen.get(key) for key in self.known} == self.known, "a line was changed or is gone"
        self.known = seen
        keys = [line.key for line in lines if line.key is not None]
        assert len(keys) == len(set(keys))
        for ticket in self.tickets:
            given = Counter[tuple[str, str | None]]()
            for line in lines:
                if line.ticket_id == ticket.id:
                    given[line.rule, line.person_id] += line.amount
            self._deserves(ticket, {key: amount for key, amount in given.items() if amount})
        for record in self.uow.session.exec(select(Record)).all():
            assert (record.ended_at is not None) is (record.state is not RecordState.OPEN)
            total = sum(line.amount for line in lines if line.record_id == record.id)
            whole = record.state is RecordState.ENDED and not record.data.get("missing")
            rounds = 2 * (record.kind is RecordKind.PATROL and whole)
            assert total == rounds + 2 * sum(count for (of, _, _), count in self.visits.items() if of == record.id)

    def _deserves(self, ticket: Ticket, given: dict[tuple[str, str | None], int]) -> None:
        """Written anew: who has realised it, as its state says; less what staff took back."""
        due: set[tuple[str, str | None]] = set()
        closed = ticket.status is Status.CLOSED
        good = closed and ticket.rating in (Rating.SATISFIED, Rating.CONFIRMED)
        if good and ticket.kind is TicketKind.WISH:
            claims = self.uow.session.exec(select(Claim).where(Claim.ticket_id == ticket.id)).all()
            due |= {(PointKind.WISH_DONE, one.person_id) for one in claims if one.ended_at in (None, ticket.closed_at)}
        if good and ticket.kind is TicketKind.COMPLAINT and ticket.handler_id:
            due.add((PointKind.MATTER_DONE, ticket.handler_id))
        gone = ticket.status in (Status.WITHDRAWN, Status.REJECTED)
        if ticket.kind is TicketKind.COMPLAINT and not gone:
            if ticket.band == "ask":
                due.add((PointKind.SIGNAL_CONFIRMED, self.world.resident.id))
            elif closed or ticket.reopened:
                due.add((PointKind.REPORTED, self.world.resident.id))
        lost = {(line.rule, line.person_id) for line in self.uow.points.of_ticket(ticket.id) if line.id in self.taken}
        assert {key for key in given if key not in lost} == {key for key in due if key not in lost}
        assert all(amount == 2 for amount in given.values()), given


@pytest.mark.parametrize("seed", range(SEEDS))
def test_points_are_what_the_state_deserves(seed: int) -> None:
    engine = create_engine("sqlite://")
    schema.create(engine)
    with UnitOfWork(engine) as uow:
        play = _Play(uow, build_world(uow), seed)
        for _ in range(STEPS):
            play.step()
    engine.dispose()
