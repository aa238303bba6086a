"""What must hold of each message, and of each post as it leaves, whatever anybody says (invariants.py)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from scanning import in_logs
from sqlmodel import col, select
from staging import ACCOUNT
from transcript import Stage

from bot.outcome import Outcome
from bot.transports.base import Post
from handlers.wording import load_wording
from models.codes import STAFF, PostKind, RoomMode, RoomPurpose, Topic
from models.message import BOT, Message
from models.outbox import UNSENT
from models.outgoing_tables import Outgoing
from models.states import ENDED, FINISHED
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

TROUBLE = load_wording().say("refuse.trouble")
_LABELLED = re.compile(r"(?:^|[^\w-])#(\d+)【")
_UNFILLED = re.compile(r"\{\w+\}|None|<[A-Za-z]")
_IN_A_ROOM = frozenset({PostKind.REPLY, PostKind.ACK, PostKind.EMERGENCY, PostKind.NOTICE})
"""What may stand for an answer there: 已登记 …, or thanks for a rating that everybody reads."""
_ERRORS = frozenset({"handler_failed", "apology_failed", "schedule_failed", "look_failed", "conflict"})


@dataclass(frozen=True, slots=True)
class Played:
    """A message and what became of it. again: the channel had delivered it before."""

    message: Message
    outcome: Outcome
    again: bool = False


@dataclass
class Watch:
    """What has been seen until now: numbers that were given, who asked, posts that left."""

    stage: Stage
    broken: list[str] = field(default_factory=list)
    numbers: dict[tuple[str, int, int], str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    readers: set[str] = field(default_factory=set)
    heard: list[tuple[Message, Outcome]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.stage.driver.now

    def leaves(self, post: Post) -> None:
        """A post leaves now."""
        with self.stage.app.units.read() as uow:
            row = uow.session.get(Outgoing, post.row)
            assert row is not None
            leaving = Leaving(self.stage, uow, post, row)
            if row.person_id is not None and any(grant.role in STAFF for grant in uow.people.grants(row.person_id)):
                self.readers.add(post.to or "")  # whoever got another's one-time code is staff from then on
            self.broken += [f"{rule.__name__}: {wrong}" for rule in OF_POST for wrong in rule(leaving)]

    def after(self, played: Played | None, logged: Sequence[Mapping[str, Any]]) -> list[str]:
        """What is wrong right after a line."""
        broken = [f"log: {entry}" for entry in logged if entry["event"] in _ERRORS]
        broken += [f"in_logs: {wrong}" for wrong in in_logs(self.stage, logged)]
        if played is not None:
            with self.stage.app.units.read() as uow:
                case = Case(self.stage, uow, self, played)
                broken += [f"{rule.__name__}: {wrong}" for rule in OF_MESSAGE for wrong in rule(case)]
            self.outcomes[played.message.id] = played.outcome
            self.heard.append((played.message, played.outcome))
        return broken


# -- of one message -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A message that has just been handled."""

    stage: Stage
    uow: UnitOfWork
    watch: Watch
    played: Played

    @cached_property
    def rows(self) -> Sequence[Outgoing]:
        """What was promised because of it."""
        query = select(Outgoing).where(Outgoing.in_reply_to == self.played.message.id).order_by(col(Outgoing.id))
        return self.uow.session.exec(query).all()

    @cached_property
    def answers(self) -> list[Outgoing]:
        """What answers its speaker directly: replies; where there is none, what a group reads of what he registered."""
        room = self.played.message.room
        found = []
        for row in self.rows:
            if row.picture is not None or row.topic is Topic.ENTRY:
                continue
            here = row.room_id is not None and self.uow.places.room_by_id(row.room_id).external_id == room
            here = here and row.kind in _IN_A_ROOM
            to_him = row.room_id is None and (row.address == self.played.message.sender or self._is_speaker(row))
            to_him = to_him and row.kind is PostKind.REPLY
            if here or to_him:
                found.append(row)
        return [row for row in found if row.kind is PostKind.REPLY] or found[:1]

    def _is_speaker(self, row: Outgoing) -> bool:
        identity = self.uow.people.identity(ACCOUNT, self.played.message.sender)
        return identity is not None and identity.person_id == row.person_id

    @property
    def addressed(self) -> bool:
        """Whether anybody would say that the bot was spoken to: privately in words, or by its name in a live room."""
        message = self.played.message
        if not message.text.strip():
            return False
        if message.room is None:
            return True
        room = self.uow.places.room(ACCOUNT, message.room)
        return BOT in message.mentions and room is not None and room.mode is not RoomMode.OFF


def no_message_fails(case: Case) -> Iterator[str]:
    """An error of ours is nothing that a resident should ever meet."""
    if case.played.outcome is Outcome.FAILED:
        yield f"{case.played.message.text} failed"
    if any(TROUBLE in row.text for row in case.rows):
        yield f"{case.played.message.text} was answered with an apology"


def who_speaks_to_the_bot_is_answered(case: Case) -> Iterator[str]:
    """Silence after a command leaves people guessing whether it was heard; two answers are noise."""
    played = case.played
    if played.again:
        return
    if case.addressed and played.outcome is not Outcome.COMMAND:
        yield f"said to the bot, but {played.outcome}: {played.message.text}"
    if played.outcome is not Outcome.COMMAND:
        return
    shown = [row.text.replace("\n", " ")[:60] for row in case.answers]
    # A group that is asked how it went in the same breath, and a room that is told what the bot hears, have heard.
    instead = [
        row for row in case.rows if row.topic is Topic.ENTRY or (row.kind is PostKind.EVALUATION and row.room_id)
    ]
    if not shown and not instead and not _nobody(case) and not _untouchable(case):
        yield f"a command without an answer: {played.message.text}"
    if len(shown) > 1 and "绑定" not in played.message.text:
        yield f"{len(shown)} answers to {played.message.text}: {shown}"


def _nobody(case: Case) -> bool:
    """Whether the speaker cannot be written to and the room may not be spoken in."""
    room = None if case.played.message.room is None else case.uow.places.room(ACCOUNT, case.played.message.room)
    return room is not None and room.mode in (RoomMode.OFF, RoomMode.SHADOW)


def _untouchable(case: Case) -> bool:
    """Whether it is of family, violence, a child or suicide, where somebody else may hold the phone; or talk of a
    petition by somebody who cannot be written to."""
    identity = case.uow.people.identity(ACCOUNT, case.played.message.sender)
    if "上访" in case.played.message.text and identity is not None and not identity.reachable:
        return True
    held = case.uow.tickets.source(ACCOUNT, case.played.message.id)
    if held is None or held.ticket_id is None:
        return False
    ticket = case.uow.tickets.get(held.ticket_id)
    return ticket.private and (
        ticket.category == "family" or bool({"violence", "suicide", "minor"} & set(ticket.flags))
    )


def a_redelivered_message_does_nothing(case: Case) -> Iterator[str]:
    """Channels deliver twice; nobody may be answered, counted or charged twice for that."""
    before = case.watch.outcomes.get(case.played.message.id)
    acted = (Outcome.COMMAND, Outcome.EFFECT)
    if case.played.again and before in acted and case.played.outcome in acted:
        yield f"{case.played.message.text} had its effect twice"


def answers_are_whole_sentences(case: Case) -> Iterator[str]:
    """A placeholder, an English word of the machine or an empty line is a bug that people see."""
    for row in case.rows:
        if not row.text.strip() and row.picture is None and row.state in UNSENT:
            yield f"an empty post after {case.played.message.text}"
        if found := _UNFILLED.search(row.text):
            yield f"{found[0]} in: {row.text}"


# -- of a post that leaves ----------------------------------------------------------------------


@dataclass(frozen=True)
class Leaving:
    """A post in the moment in which it leaves."""

    stage: Stage
    uow: UnitOfWork
    post: Post
    row: Outgoing

    @cached_property
    def tickets(self) -> list[Ticket]:
        return [self.uow.tickets.get(ticket_id) for ticket_id in self.row.ticket_ids]

    @cached_property
    def named(self) -> list[Ticket]:
        """The tickets that its text names by their number."""
        numbers = {int(number) for number in _LABELLED.findall(self.post.text)}
        return [ticket for ticket in self.tickets if ticket.number in numbers]


def nobody_is_reminded_of_what_is_over(leaving: Leaving) -> Iterator[str]:
    """Who has done it is angry to be reminded; who hears that something is late goes there."""
    if leaving.row.kind is PostKind.REMINDER:
        for ticket in leaving.named or leaving.tickets:
            if ticket.status in ENDED | FINISHED:
                yield f"#{ticket.number} is {ticket.status}, but: {leaving.post.text}"


def only_what_is_finished_is_asked_about(leaving: Leaving) -> Iterator[str]:
    """Whoever rated it already, or took it back, is not asked how it went."""
    if leaving.row.kind is PostKind.EVALUATION:
        for ticket in leaving.tickets:
            if ticket.status not in FINISHED:
                yield f"#{ticket.number} is {ticket.status}, but: {leaving.post.text}"


def a_group_reads_nothing_of_what_is_private(leaving: Leaving) -> Iterator[str]:
    """A dispute that neighbours read of cannot be settled any more."""
    row = leaving.row
    if row.room_id is None or leaving.uow.places.room_by_id(row.room_id).purpose is RoomPurpose.STAFF:
        return
    for ticket in leaving.tickets:
        words = ticket.title.strip()
        if ticket.private and (ticket in leaving.named or (len(words) >= 6 and words in leaving.post.text)):
            yield f"#{ticket.number} is private, but the group reads: {leaving.post.text}"


def only_who_may_reads_what_is_private(leaving: Leaving) -> Iterator[str]:
    """Whose role has ended, or who was never in charge, reads no dispute and no name of anybody in it."""
    row, uow = leaving.row, leaving.uow
    if row.person_id is None or row.room_id is not None:
        return
    for ticket in leaving.tickets:
        words = ticket.title.strip()
        if not ticket.private or len(words) < 6 or words[:24] not in leaving.post.text:
            continue
        staff = uow.people.roles_at(row.person_id, uow.places.node(ticket.node_id)) & STAFF
        asked = uow.tickets.requester(ticket.id, row.person_id)
        stands_in = bool(uow.deputies.involving(row.person_id))
        if not staff and asked is None and ticket.handler_id != row.person_id and not stands_in:
            yield f"{leaving.post.to} has nothing to do with #{ticket.number}, but reads: {leaving.post.text}"


def nothing_empty_leaves(leaving: Leaving) -> Iterator[str]:
    """What was erased is gone, and no empty line stands for it."""
    if not leaving.post.text.strip() and leaving.row.picture is None:
        yield f"an empty {leaving.row.kind} post"
    if found := _UNFILLED.search(leaving.post.text):
        yield f"{found[0]} in: {leaving.post.text}"


def the_forgotten_hear_nothing_more(leaving: Leaving) -> Iterator[str]:
    """忘记我 ends with its answer."""
    row = leaving.row
    if row.person_id is None or row.kind is PostKind.REPLY:
        return
    if leaving.uow.people.get(row.person_id).erased_at is not None:
        yield f"somebody forgotten reads: {leaving.post.text}"


def nights_and_muted_rooms_are_quiet(leaving: Leaving) -> Iterator[str]:
    """A wrong post in a group of 200 neighbours costs more than a missed ticket."""
    post, row = leaving.post, leaving.row
    if row.room_id is not None:
        room = leaving.uow.places.room_by_id(row.room_id)
        if room.muted or leaving.uow.places.account(ACCOUNT).paused:
            yield f"{room.name} is muted, but: {post.text}"
        if room.mode in (RoomMode.OFF, RoomMode.SHADOW) and row.topic is not Topic.BINDING:
            yield f"{room.name} is {room.mode}, but: {post.text}"
    awake = row.kind is PostKind.EMERGENCY or (row.kind is PostKind.REPLY and row.room_id is None)
    if not awake and leaving.stage.app.setting.policy.is_quiet(post.at):
        yield f"at {post.at} leaves: {post.text}"


OF_MESSAGE: Sequence[Callable[[Case], Iterator[str]]] = (
    no_message_fails,
    who_speaks_to_the_bot_is_answered,
    a_redelivered_message_does_nothing,
    answers_are_whole_sentences,
)
OF_POST: Sequence[Callable[[Leaving], Iterator[str]]] = (
    nobody_is_reminded_of_what_is_over,
    only_what_is_finished_is_asked_about,
    a_group_reads_nothing_of_what_is_private,
    only_who_may_reads_what_is_private,
    nothing_empty_leaves,
    the_forgotten_hear_nothing_more,
    nights_and_muted_rooms_are_quiet,
)
