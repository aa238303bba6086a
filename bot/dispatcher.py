"""The way of a message: command or understanding → handler → one commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from bot.addressing import Addressing, Heard
from bot.directory import Directory, RoomView
from bot.memory import Memory
from bot.outgoing import Origin, Outbound
from handlers import pictures
from handlers.aftermath import with_news
from handlers.answering import reply
from handlers.context import Context, NotEntitledError, Refusal, Setting
from handlers.effects import Effect
from handlers.hearing import hear, worth_a_look
from handlers.parsing import Args
from handlers.registering import addressed, private_talk
from handlers.registry import Command
from models.codes import RoomMode
from models.message import AttachmentKind, Message
from models.states import IllegalMove
from models.uow import Conflict, UnitOfWork, Units
from nlp.thread import relate
from nlp.understanding import Relation, Utterance

ATTEMPTS = 5
"""How often a unit is decided anew when somebody else changed the same thing first."""


class Outcome(StrEnum):
    """What became of a message."""

    UNHEARD = "unheard"  # the room is unknown or off, the person asked not to be heard, or it is too old
    IGNORED = "ignored"  # read, and nothing to do
    EFFECT = "effect"  # talk that changed something
    COMMAND = "command"
    DUPLICATE = "duplicate"
    FAILED = "failed"  # an error of ours; it was logged, nothing was changed


Run = Callable[[Context], Sequence[Effect]]


@dataclass(frozen=True, slots=True)
class _Case:
    """A message on its way to a handler."""

    message: Message
    now: datetime
    room: RoomView | None
    heard: Heard | None = None
    relation: Relation | None = None


class Dispatcher:
    """Handles the messages of one account, one after the other, on one thread."""

    def __init__(
        self,
        account: str,
        *,
        units: Units,
        setting: Setting,
        addressing: Addressing,
        outbound: Outbound,
        memory: Memory,
        directory: Directory,
    ) -> None:
        self._account = account
        self._units = units
        self._setting = setting
        self._addressing = addressing
        self._outbound = outbound
        self._memory = memory
        self._directory = directory
        self._log = structlog.get_logger("dispatcher").bind(account=account)

    def handle(self, message: Message, now: datetime, *, talk_only: bool = False) -> Outcome:
        """Give one message its effect. talk_only: it is never read as a command.

        Never raises for what people say; errors of our own are logged without any text.
        """
        if not self._memory.heard(message, now):
            return Outcome.DUPLICATE
        if now - message.at > timedelta(hours=self._setting.policy.hearing.act_within_hours):
            return Outcome.UNHEARD
        room = None
        if message.room is not None:
            room = self._directory.room(message.room, now)
            if room is None or room.mode is RoomMode.OFF:
                return Outcome.UNHEARD
        case = _Case(message, now, room)
        if pictures.is_picture(message):
            return self._commit(case, pictures.add, Outcome.EFFECT)
        said = None if talk_only else self._addressing.read(message)
        heard = None if said is None else self._settled(case, said)
        if said is not None and heard is None and not said.args.text:
            return Outcome.IGNORED  # a bare 「确认 S1」 of somebody who may not: no command here, and no talk either
        if heard is not None:
            outcome = self._command(replace(case, heard=heard))
            if outcome is not Outcome.IGNORED:
                return outcome
        if message.room is None:
            return Outcome.IGNORED
        if self._directory.is_deaf_to(message.sender, now):
            return Outcome.UNHEARD
        return self._talk(case)

    # -- commands -------------------------------------------------------------------------------

    def _settled(self, case: _Case, heard: Heard) -> Heard | None:
        """What is left of something that may be said to the bot when the database was asked; None: nothing."""
        if not heard.needs_look:
            return heard
        with self._units() as uow:
            return self._addressing.settle(self._context(uow, case), heard)

    def _command(self, case: _Case) -> Outcome:
        heard = case.heard
        assert heard is not None
        outcome = self._commit(case, lambda ctx: self._run(ctx, heard), Outcome.COMMAND)
        self._directory.forget()
        if heard.command is not None and heard.command.words[0] in ("忘记我", "别听我"):
            self._memory.purge(case.message.sender)
        return outcome

    def _run(self, ctx: Context, heard: Heard) -> Sequence[Effect]:
        command = heard.command
        if command is None:
            if heard.near is not None:
                raise ctx.refuse("help.did_you_mean", word=heard.near.words[0], example=heard.near.example)
            return private_talk(ctx) if ctx.room is None else addressed(ctx)
        if not (command.in_group if ctx.room is not None else command.in_private):
            raise ctx.refuse("refuse.group_only" if command.in_group else "refuse.private_only")
        self._check_role(ctx, command)
        try:
            return command.run(ctx)
        except IllegalMove as error:
            ticket = ctx.find()
            status = ctx.setting.words.name("status", error.status.value)
            raise ctx.refuse("refuse.illegal", number=ticket.number, status=status) from error

    @staticmethod
    def _check_role(ctx: Context, command: Command) -> None:
        bare = ctx.args == Args() and not (ctx.quoted or ctx.quoted_signals)
        if command.who is None or (command.everyday and bare):
            return
        node = ctx.node
        if command.takes_number and (ctx.args.number is not None or ctx.quoted):
            ticket = ctx.find(follow=ctx.args.number is None)
            if ctx.is_mine(ticket) and ticket.handler_id == ctx.me().id:
                return
            if command.for_members and ctx.answers_for(ticket):
                return
            node = ctx.node_of(ticket)
        if not command.open_to(ctx.roles(node)):
            raise ctx.refuse("refuse.role", roles=command.named_roles(ctx.setting.words))

    # -- talk -----------------------------------------------------------------------------------

    def _talk(self, case: _Case) -> Outcome:
        message, memory = case.message, self._memory
        assert message.room is not None
        pictures = sum(attachment.kind is AttachmentKind.IMAGE for attachment in message.attachments)
        memory.room(message.room).voices += sum(a.kind is AttachmentKind.AUDIO for a in message.attachments)
        understood = self._setting.understand(message.text)
        new = Utterance(
            id=message.id,
            sender=message.sender,
            at=message.at,
            text=message.text[:2000],
            understood=understood,
            pictures=pictures,
            pin=message.place,
            quotes=None if message.quote is None else message.quote.id,
        )
        relation = relate(memory.recent(message.room, case.now), new, self._setting.understand)
        memory.remember(message, understood, pictures=pictures)
        if not worth_a_look(relation, quoting=message.quote is not None):
            return Outcome.IGNORED
        return self._commit(replace(case, relation=relation), hear, Outcome.EFFECT)

    # -- one commit -----------------------------------------------------------------------------

    def _commit(self, case: _Case, run: Run, done: Outcome) -> Outcome:
        """Run the handler and commit its changes and effects at once, or a refusal alone."""
        for attempt in range(ATTEMPTS):
            try:
                return self._attempt(case, run, done)
            except Conflict:
                self._log.info("conflict", attempt=attempt, message_id=case.message.id)
            except Exception as error:
                return self._failed(case, error)
        return self._failed(case, Conflict("too many conflicts"))

    def _attempt(self, case: _Case, run: Run, done: Outcome) -> Outcome:
        with self._units() as uow:
            if uow.once.seen(self._account, case.message.id):
                return Outcome.DUPLICATE
            ctx = self._context(uow, case)
            try:
                effects = with_news(uow, self._setting, run(ctx), case.now)
            except Refusal as refusal:
                uow.rollback()
                if _may_be_talk(case, refusal):
                    return Outcome.IGNORED
                effects = [reply(self._context(uow, case), str(refusal))]
            changed = self._write(uow, case, effects)
            if not changed and done is Outcome.EFFECT:
                return Outcome.IGNORED
            uow.commit()
        self._hold(case)
        return done

    def _write(self, uow: UnitOfWork, case: _Case, effects: Sequence[Effect]) -> bool:
        """Add effects and the mark that the message was seen; False when nothing changed at all."""
        message = case.message
        if not effects and not uow.changed and case.heard is None:
            return False
        if message.room is None:
            # Who has just been forgotten has no identity any more, and does not get a new one here.
            identity = uow.people.identity(message.account, message.sender)
            if identity is not None:
                identity.reachable = True
        uow.once.mark_seen(self._account, message.id, case.now)
        self._outbound.write(uow, effects, Origin(self._account, message.id), case.now)
        return True

    def _hold(self, case: _Case) -> None:
        if case.message.room is not None and case.relation is not None:
            self._memory.hold(case.message.room, (*case.relation.parts, case.message.id))

    def _failed(self, case: _Case, error: Exception) -> Outcome:
        # The text of an error may repeat the text of a message: only its type is logged.
        self._log.error("handler_failed", error=type(error).__name__, message_id=case.message.id, exc_info=False)
        self._log.debug("handler_trace", exc_info=error)
        # Nothing was committed: when the channel delivers the message again, it is new again.
        self._memory.unhear(case.message)
        if case.heard is not None:
            try:
                self._attempt(case, lambda ctx: [reply(ctx, ctx.say("refuse.trouble"))], Outcome.FAILED)
            except Exception as second:
                self._log.error("apology_failed", error=type(second).__name__, message_id=case.message.id)
        return Outcome.FAILED

    def _context(self, uow: UnitOfWork, case: _Case) -> Context:
        message = case.message
        room = None if case.room is None else uow.places.room_by_id(case.room.id)
        node = None if room is None or room.node_id is None else uow.places.node(room.node_id)
        heard = case.heard
        quoted, signals = self._addressing.quoted(uow, message)
        return Context(
            message=message,
            uow=uow,
            setting=self._setting,
            now=case.now,
            room=room,
            node=node,
            args=Args() if heard is None else heard.args,
            relation=case.relation,
            quoted=quoted,
            quoted_signals=signals,
            recall=lambda message_id: self._memory.recall(message.room, message_id),
        )


def _may_be_talk(case: _Case, refusal: Refusal) -> bool:
    """Whether a line in a group only looked like a command: its speaker may not do it, and the words have a use of
    their own."""
    heard = case.heard
    if heard is None or heard.addressed or not isinstance(refusal, NotEntitledError):
        return False
    if heard.command is not None and heard.command.everyday:
        return True
    return bool(heard.args.text) and case.message.quote is None
