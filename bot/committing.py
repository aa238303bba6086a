"""One message, one commit: the changes of a handler, its effects and the mark that the message was seen."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.addressing import Heard
from bot.addressings import Addressings
from bot.directory import RoomView
from bot.memory import Memory
from bot.outcome import Outcome
from bot.outgoing import Origin, Outbound
from handlers.alarm.aftermath import with_news
from handlers.answering import reply
from handlers.context import Context
from handlers.effects import Effect
from handlers.packs import packs_of_speaker
from handlers.parsing import Args
from handlers.people.binding import at_door
from handlers.record.heeding import heed
from handlers.refusals import NotEntitledError, Refusal
from handlers.score.awarding import settle
from handlers.setting import Setting
from models.codes import RoomMode
from models.message import Message
from models.places import FAILED
from models.tables import Room
from models.uow import Conflict, UnitOfWork, Units
from nlp.understanding import Relation

ATTEMPTS = 5
"""How often a unit is decided anew when somebody else changed the same thing first."""

Run = Callable[[Context], Sequence[Effect]]


@dataclass(frozen=True, slots=True)
class Case:
    """A message on its way to a handler. door: said in a room that is unknown or off."""

    message: Message
    now: datetime
    room: RoomView | None
    heard: Heard | None = None
    relation: Relation | None = None
    door: bool = False


class Committer:
    """Lets handlers run, on the thread of one account, and commits what they did."""

    def __init__(
        self,
        account: str,
        *,
        units: Units,
        setting: Setting,
        addressing: Addressings,
        outbound: Outbound,
        memory: Memory,
    ) -> None:
        self._account = account
        self._units = units
        self._setting = setting
        self._addressing = addressing
        self._outbound = outbound
        self._memory = memory
        self._lost: list[tuple[datetime, datetime, int | None]] = []
        self._noted: deque[str] = deque(maxlen=1000)
        self._log = structlog.get_logger("dispatcher").bind(account=account)

    def commit(self, case: Case, run: Run, done: Outcome) -> Outcome:
        """Run the handler and commit its changes and effects at once, or a refusal alone."""
        if self._lost:
            self._write_lost()
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(case, run, done)
            except Conflict:
                self._log.info("conflict", attempt=attempt, message_id=case.message.id)
            except Exception as error:
                return self._failed(case, error)
        return self._failed(case, Conflict("too many conflicts"))

    def _attempt(self, case: Case, run: Run, done: Outcome) -> Outcome:
        with self._units() as uow:
            if uow.once.seen(self._account, case.message.id):
                return Outcome.DUPLICATE
            ctx = self.context(uow, case)
            try:
                effects = with_news(uow, self._setting, run(ctx), case.now)
                settle(uow, self._setting, case.now)
            except Refusal as refusal:
                uow.rollback()
                if _may_be_talk(case, refusal):
                    return Outcome.IGNORED
                if case.door:
                    effects = at_door(self.context(uow, case), str(refusal))
                    if not effects:
                        return Outcome.UNHEARD
                else:
                    ctx = self.context(uow, case)
                    effects = _heeded(ctx, case.heard) or [reply(ctx, str(refusal))]
            changed = self._write(uow, case, effects)
            if not changed and done is Outcome.EFFECT:
                return Outcome.IGNORED
            uow.commit()
            holds, removed = uow.tickets.holds, uow.signals.removed
        self._hold(case, holds)
        self._memory.release(removed)
        return done

    def _write(self, uow: UnitOfWork, case: Case, effects: Sequence[Effect]) -> bool:
        """Add effects and the mark that the message was seen; False when nothing changed at all."""
        message = case.message
        if not effects and not uow.changed and case.heard is None:
            return False
        if message.room is None:
            # Who has just been forgotten has no identity any more, and does not get a new one here.
            identity = uow.people.identity(message.account, message.sender)
            if identity is not None and not identity.reachable:
                identity.reachable = True
                uow.outbox.release(message.account, identity.person_id, message.sender, case.now)
        uow.once.mark_seen(self._account, message.id, case.now)
        self._outbound.write(uow, effects, Origin(self._account, message.id), case.now)
        return True

    def _hold(self, case: Case, holds: Mapping[tuple[str, str], str]) -> None:
        """Remember which of the recent messages belong to which ticket or signal, and what this one was taken for."""
        mine = {name: subject for (account, name), subject in holds.items() if account == self._account}
        self._memory.hold(mine)
        if case.relation is None or (subject := mine.get(case.message.id)) is None:
            return
        pointed = None if case.relation.to is None else self._memory.recall(case.message.room, case.relation.to)
        # What was opened afresh keeps its own words' meaning: the relation spoke of another matter.
        if case.relation.to is None or (pointed is not None and pointed.utterance.held == subject):
            self._memory.reread(case.message, case.relation.understood)

    def _failed(self, case: Case, error: Exception) -> Outcome:
        # The text of an error may repeat the text of a message: only its type is logged.
        self._log.error("handler_failed", error=type(error).__name__, message_id=case.message.id, exc_info=False)
        self._log.debug("handler_trace", exc_info=error)
        self._note_lost(case)
        # Nothing was committed: when the channel delivers the message again, it is new again.
        self._memory.unhear(case.message)
        if case.heard is not None:
            try:
                self._attempt(case, lambda ctx: [reply(ctx, ctx.say("refuse.trouble"))], Outcome.FAILED)
            except Exception as second:
                self._log.error("apology_failed", error=type(second).__name__, message_id=case.message.id)
        return Outcome.FAILED

    def _note_lost(self, case: Case) -> None:
        """What had no effect is a gap, named in the digest once; without a word of it."""
        message = case.message
        if message.id in self._noted:
            return
        self._noted.append(message.id)
        self._lost.append((min(message.at, case.now), case.now, None if case.room is None else case.room.id))
        self._write_lost()

    def _write_lost(self) -> None:
        """Where not even that can be written, because the database is away, it is when the next message comes."""
        try:
            with self._units() as uow:
                for since, until, room_id in self._lost:
                    uow.places.add_gap(self._account, since, until, FAILED, room_id)
                uow.commit()
            self._lost.clear()
        except Exception as error:
            self._log.error("gap_not_written", error=type(error).__name__, count=len(self._lost))

    def context(self, uow: UnitOfWork, case: Case) -> Context:
        """What a handler is given for the case."""
        message = case.message
        room = self._room(uow, case)
        node = None if room is None or room.node_id is None else uow.places.node(room.node_id)
        heard = case.heard
        quoted = self._addressing.home.quoted(uow, message)
        ctx = Context(
            message=message,
            uow=uow,
            setting=self._setting.at(uow, node),
            now=case.now,
            room=room,
            node=node,
            args=Args() if heard is None else heard.args,
            relation=case.relation,
            quoted=quoted.tickets,
            quoted_signals=quoted.signals,
            quoted_records=quoted.records,
            recall=lambda message_id: self._memory.recall(message.room, message_id),
            pictures=lambda: self._memory.pictures_of(message.sender, case.now) if message.room is None else (),
            lately=lambda: self._memory.said_by(message.room, message.sender, case.now),
            roles_paused=uow.places.roles_paused(self._account) and not _unchecked(heard),
        )
        if message.room is not None or len(self._setting.packs) < 2:
            return ctx
        packs = packs_of_speaker(ctx)
        return replace(ctx, setting=packs[0], packs=packs)

    def _room(self, uow: UnitOfWork, case: Case) -> Room | None:
        """The room of a message; one that was unknown until now is made, off and bound to nothing."""
        if case.room is not None:
            return uow.places.room_by_id(case.room.id)
        external_id = case.message.room
        if external_id is None:
            return None
        return uow.places.room(self._account, external_id) or uow.places.add_room(
            account=self._account, external_id=external_id, name=external_id, node=None, mode=RoomMode.OFF
        )


def _unchecked(heard: Heard | None) -> bool:
    return heard is not None and heard.command is not None and heard.command.unchecked


def _heeded(ctx: Context, heard: Heard | None) -> list[Effect]:
    """What its words come to though what was said to the bot is refused: harm is heard all the same."""
    if heard is None or not (heard.command is None or heard.command.heeded):
        return []
    return heed(ctx)


def _may_be_talk(case: Case, refusal: Refusal) -> bool:
    """Whether a line in a group only looked like a command: its speaker may not do it, and the words have a use of
    their own."""
    heard = case.heard
    if heard is None or heard.addressed or not isinstance(refusal, NotEntitledError):
        return False
    if heard.command is not None and heard.command.everyday:
        return True
    return bool(heard.args.text) and case.message.quote is None
