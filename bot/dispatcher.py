"""The way of a message: command or understanding → handler → one commit."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.addressing import Addressing, Heard
from bot.addressings import Addressings
from bot.committing import Case, Committer
from bot.directory import Directory
from bot.entrance import Entrance
from bot.lateness import Lateness
from bot.memory import Memory
from bot.outcome import Outcome
from bot.outgoing import Outbound
from bot.performing import perform
from bot.transports.base import Recalled
from handlers.setting import Setting
from handlers.talk import replying
from handlers.talk.hearing import hear, worth_a_look
from handlers.talk.taking_back import recalled
from handlers.ticket import picturing
from models.codes import RoomMode
from models.message import AttachmentKind, Message
from models.uow import Units
from nlp.thread import relate
from nlp.understanding import Utterance


class Dispatcher:
    """Handles the messages of one account, one after the other, on one thread."""

    def __init__(
        self,
        account: str,
        *,
        units: Units,
        setting: Setting,
        addressing: Addressings,
        outbound: Outbound,
        memory: Memory,
        directory: Directory,
        entrance: Entrance,
    ) -> None:
        self._account = account
        self._units = units
        self._setting = setting
        self._addressing = addressing
        self._memory = memory
        self._directory = directory
        self._entrance = entrance
        self._lateness = Lateness(account, units, memory)
        self._log = structlog.get_logger("dispatcher").bind(account=account)
        self._committer = Committer(
            account, units=units, setting=setting, addressing=addressing, outbound=outbound, memory=memory
        )
        self._promised = False

    def handle(self, message: Message, now: datetime, *, talk_only: bool = False) -> Outcome:
        """Give one message its effect. talk_only: it is never read as a command.

        Never raises for what people say; errors of our own are logged without any text.
        """
        self._promised = False
        outcome = self._handled(message, now, talk_only=talk_only)
        quiet = outcome in (Outcome.IGNORED, Outcome.UNHEARD)
        return Outcome.EFFECT if quiet and self._promised else outcome

    def taken_back(self, event: Recalled, now: datetime) -> Outcome:
        """Somebody took a message of his back: undo what came of it, and forget it."""
        room = None if event.room is None else self._directory.room(event.room, now)
        try:
            if event.room is not None and (room is None or room.mode is RoomMode.OFF):
                return Outcome.UNHEARD
            message = Message(f"recalled:{event.message_id}", self._account, event.room, event.sender, "", event.at)
            case = Case(message, now, room)
            return self._committer.commit(case, lambda ctx: recalled(ctx, event.message_id), Outcome.EFFECT)
        finally:
            self._memory.take_back(event.room, event.message_id)

    def _handled(self, message: Message, now: datetime, *, talk_only: bool) -> Outcome:
        room = None if message.room is None else self._directory.room(message.room, now)
        old = room is not None and self._lateness.is_old(message, room)
        if not self._memory.heard(message, now):
            return Outcome.DUPLICATE
        if old:
            self._log.info("heard_before", message_id=message.id)
            return Outcome.DUPLICATE
        if now - message.at > timedelta(hours=self._setting.policy.hearing.act_within_hours):
            return Outcome.UNHEARD
        if message.room is not None and (room is None or room.mode is RoomMode.OFF):
            return Outcome.UNHEARD if talk_only else self._at_the_door(message, now)
        if picturing.is_picture(message):
            outcome = self._committer.commit(Case(message, now, room), replying.picture, Outcome.EFFECT)
            if outcome is Outcome.IGNORED and not self._directory.is_deaf_to(message.sender, now):
                self._memory.keep_picture(message, now)
            return outcome
        case = Case(message, now, room)
        addressing = self._addressing_of(case)
        said = None if talk_only else addressing.read(message)
        if room is not None:
            self._promised = self._entrance.look(message, room, said, now)
        heard = None if said is None else self._settled(case, addressing, said)
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
        heard = self._addressing.home.read(message)
        if heard is None or heard.command is None or not heard.command.at_door:
            return Outcome.UNHEARD
        if heard.needs_look and not heard.addressed and not heard.aloud:
            return Outcome.UNHEARD
        return self._command(Case(message, now, None, heard, door=True))

    # -- commands -------------------------------------------------------------------------------

    def _addressing_of(self, case: Case) -> Addressing:
        """By the pack of the room's place; of who writes privately, by those of all places to which he belongs."""
        if case.room is not None:
            return self._addressing.of([case.room.setting or self._setting], case.room.kept)
        running = self._directory.kept(case.now)
        if len(self._setting.packs) < 2 and not running:
            return self._addressing.home
        with self._units.read() as uow:
            ctx = self._committer.context(uow, case)
            scopes = ctx.my_scopes() if running else ()
            kinds = frozenset(one.kind for one in running if one.scope_id in scopes)
            return self._addressing.of(ctx.packs or (self._setting,), kinds)

    def _settled(self, case: Case, addressing: Addressing, heard: Heard) -> Heard | None:
        """What is left of something that may be said to the bot when the database was asked; None: nothing."""
        if not heard.needs_look:
            return heard
        with self._units() as uow:
            return addressing.settle(self._committer.context(uow, case), heard)

    def _command(self, case: Case) -> Outcome:
        heard = case.heard
        assert heard is not None
        if heard.command is not None and heard.command.remembered and case.room is not None and not case.room.staff:
            # A picture, a place or another line may follow, as behind any report in the group.
            pictures = sum(one.kind is AttachmentKind.IMAGE for one in case.message.attachments)
            understood = self._setting.understand(heard.args.text)
            self._memory.remember(replace(case.message, text=heard.args.text), understood, pictures=pictures)
        leaves = heard.command is not None and heard.command.words[0] in ("忘记我", "别听我")
        names = self._names_of(case.message) if leaves else set()
        outcome = self._committer.commit(case, lambda ctx: perform(ctx, heard), Outcome.COMMAND)
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

    # -- talk -----------------------------------------------------------------------------------

    def _talk(self, case: Case) -> Outcome:
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
        return self._committer.commit(replace(case, relation=relation), hear, Outcome.EFFECT)
