"""The way of a message: command or understanding → handler → one commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from bot.addressing import Addressing, Heard
from bot.directory import Directory, RoomView
from bot.entrance import Entrance
from bot.memory import Memory
from bot.outgoing import Origin, Outbound
from handlers import picturing, replying
from handlers.aftermath import with_news
from handlers.answering import reply, reply_in_private
from handlers.binding import at_door
from handlers.context import Context, NotEntitledError, Refusal, Setting
from handlers.effects import Effect
from handlers.hearing import hear, worth_a_look
from handlers.parsing import Args
from handlers.records import find_record, node_of
from handlers.registering import addressed
from handlers.registry import Command
from models.codes import RoomMode
from models.message import AttachmentKind, Message
from models.states import IllegalMove
from models.tables import Room
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
    """A message on its way to a handler. door: said in a room that is unknown or off."""

    message: Message
    now: datetime
    room: RoomView | None
    heard: Heard | None = None
    relation: Relation | None = None
    door: bool = False


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
        entrance: Entrance,
    ) -> None:
        self._account = account
        self._units = units
        self._setting = setting
        self._addressing = addressing
        self._outbound = outbound
        self._memory = memory
        self._directory = directory
        self._entrance = entrance
        self._promised = False
        self._log = structlog.get_logger("dispatcher").bind(account=account)

    def handle(self, message: Message, now: datetime, *, talk_only: bool = False) -> Outcome:
        """Give one message its effect. talk_only: it is never read as a command.

        Never raises for what people say; errors of our own are logged without any text.
        """
        self._promised = False
        outcome = self._handled(message, now, talk_only=talk_only)
        quiet = outcome in (Outcome.IGNORED, Outcome.UNHEARD)
        return Outcome.EFFECT if quiet and self._promised else outcome

    def _handled(self, message: Message, now: datetime, *, talk_only: bool) -> Outcome:
        if not self._memory.heard(message, now):
            return Outcome.DUPLICATE
        if now - message.at > timedelta(hours=self._setting.policy.hearing.act_within_hours):
            return Outcome.UNHEARD
        room = None
        if message.room is not None:
            room = self._directory.room(message.room, now)
            if room is None or room.mode is RoomMode.OFF:
                return Outcome.UNHEARD if talk_only else self._at_the_door(message, now)
        if picturing.is_picture(message):
            return self._commit(_Case(message, now, room), replying.picture, Outcome.EFFECT)
        said = None if talk_only else self._addressing.read(message)
        if room is not None:
            self._promised = self._entrance.look(message, room, said, now)
        case = _Case(message, now, room)
        heard = None if said is None else self._settled(case, said)
        if said is not None and heard is None and not said.args.text:
            return Outcome.IGNORED  # a bare 「确认 S1」 of somebody who may not: no command here, and no talk either
        if heard is not None:
            outcome = self._command(replace(case, heard=heard))
            if outcome is not Outcome.IGNORED:
                return outcome
        if room is None:
            self._promised = self._entrance.reached(message, now)
            return Outcome.IGNORED
        if room.staff:
            return Outcome.IGNORED  # colleagues among themselves: only what is said to the bot counts
        if self._directory.is_deaf_to(message.sender, now):
            return Outcome.UNHEARD
        return self._talk(case)

    def _at_the_door(self, message: Message, now: datetime) -> Outcome:
        """A room that is unknown or off is not heard, but for whoever binds it, or himself, by command."""
        heard = self._addressing.read(message)
        if heard is None or heard.command is None or not heard.command.at_door:
            return Outcome.UNHEARD
        if heard.needs_look and not heard.addressed and not heard.aloud:
            return Outcome.UNHEARD
        return self._command(_Case(message, now, None, heard, door=True))

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
        if heard.command is not None and heard.command.remembered and case.room is not None and not case.room.staff:
            # A picture, a place or another line may follow, as behind any report in the group.
            pictures = sum(one.kind is AttachmentKind.IMAGE for one in case.message.attachments)
            understood = self._setting.understand(heard.args.text)
            self._memory.remember(replace(case.message, text=heard.args.text), understood, pictures=pictures)
        leaves = heard.command is not None and heard.command.words[0] in ("忘记我", "别听我")
        names = self._names_of(case.message) if leaves else set()
        outcome = self._commit(case, lambda ctx: self._run(ctx, heard), Outcome.COMMAND)
        self._directory.forget()
        if leaves:
            self._memory.purge(names)
        return outcome

    def _names_of(self, message: Message) -> set[str]:
        """Every external id under which the speaker appears on this account."""
        with self._units.read() as uow:
            identity = uow.people.identity(message.account, message.sender)
            known = [] if identity is None else uow.people.identities(identity.person_id)
            return {message.sender, *(one.external_id for one in known if one.account == message.account)}

    def _run(self, ctx: Context, heard: Heard) -> Sequence[Effect]:
        command = heard.command
        if command is None:
            if heard.near is not None:
                raise ctx.refuse("help.did_you_mean", word=heard.near.words[0], example=heard.near.example)
            if ctx.uow.people.is_deaf(ctx.message.account, ctx.message.sender):
                return [reply_in_private(ctx, ctx.say("privacy.not_listening"), or_here=True)]
            return replying.sentence(ctx) if ctx.room is None else addressed(ctx)
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
        bare = ctx.args == Args() and not (ctx.quoted or ctx.quoted_signals or ctx.quoted_records)
        if command.who is None or (command.everyday and bare):
            return
        if ctx.roles_paused:
            raise ctx.refuse("refuse.roles_paused")
        node = ctx.node
        if command.records and (ctx.args.number is not None or ctx.quoted_records):
            node = node_of(ctx, find_record(ctx, command.records))
        elif command.takes_number and (ctx.args.number is not None or ctx.quoted):
            ticket = ctx.find(follow=ctx.args.number is None)
            if ctx.has_in_hand(ticket):
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
                if case.door:
                    effects = at_door(self._context(uow, case), str(refusal))
                    if not effects:
                        return Outcome.UNHEARD
                else:
                    effects = [reply(self._context(uow, case), str(refusal))]
            changed = self._write(uow, case, effects)
            if not changed and done is Outcome.EFFECT:
                return Outcome.IGNORED
            uow.commit()
            holds = uow.tickets.holds
        self._hold(case, holds)
        return done

    def _write(self, uow: UnitOfWork, case: _Case, effects: Sequence[Effect]) -> bool:
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

    def _hold(self, case: _Case, holds: Mapping[tuple[str, str], str]) -> None:
        """Remember which of the recent messages belong to which ticket or signal, and what this one was taken for."""
        mine = {name: subject for (account, name), subject in holds.items() if account == self._account}
        self._memory.hold(mine)
        if case.relation is None or (subject := mine.get(case.message.id)) is None:
            return
        pointed = None if case.relation.to is None else self._memory.recall(case.message.room, case.relation.to)
        # What was opened afresh keeps its own words' meaning: the relation spoke of another matter.
        if case.relation.to is None or (pointed is not None and pointed.utterance.held == subject):
            self._memory.reread(case.message, case.relation.understood)

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
        room = self._room(uow, case)
        node = None if room is None or room.node_id is None else uow.places.node(room.node_id)
        heard = case.heard
        quoted = self._addressing.quoted(uow, message)
        return Context(
            message=message,
            uow=uow,
            setting=self._setting,
            now=case.now,
            room=room,
            node=node,
            args=Args() if heard is None else heard.args,
            relation=case.relation,
            quoted=quoted.tickets,
            quoted_signals=quoted.signals,
            quoted_records=quoted.records,
            recall=lambda message_id: self._memory.recall(message.room, message_id),
            lately=lambda: self._memory.said_by(message.room, message.sender, case.now),
            roles_paused=uow.places.roles_paused(self._account) and not _unchecked(heard),
        )

    def _room(self, uow: UnitOfWork, case: _Case) -> Room | None:
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


def _may_be_talk(case: _Case, refusal: Refusal) -> bool:
    """Whether a line in a group only looked like a command: its speaker may not do it, and the words have a use of
    their own."""
    heard = case.heard
    if heard is None or heard.addressed or not isinstance(refusal, NotEntitledError):
        return False
    if heard.command is not None and heard.command.everyday:
        return True
    return bool(heard.args.text) and case.message.quote is None
