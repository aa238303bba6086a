"""Whether a message speaks to the bot, and what it says: the rules against collision with talk."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from handlers.context import Context
from handlers.numbers import parted
from handlers.parsing import Args, Line, Parsed, Parser
from handlers.record.records import matching_records
from handlers.registry import Command
from handlers.talk.registering import may_register_others
from models.codes import LEADERS
from models.message import BOT, Message
from models.uow import UnitOfWork

_NUMBERS = re.compile(r"#(\d{1,6})(?!\d)")
_SIGNALS = re.compile(r"\bS(\d{1,6})(?!\d)")


class Quoted(NamedTuple):
    """Ids of the tickets, signals and records that a post speaks of."""

    tickets: tuple[str, ...] = ()
    signals: tuple[int, ...] = ()
    records: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says to the bot: a command with its arguments, or (None) a free sentence.

    near is the command that a mistyped word was probably meant to be. needs_look: whether it acts
    depends on what the database holds. aloud: it holds a one-time code, which nobody says but to the bot. lacking: a
    command that other towns have, and this one has not. doubtful: its speaker is asked whether he means it.
    """

    command: Command | None
    args: Args
    near: Command | None = None
    needs_look: bool = False
    addressed: bool = True
    aloud: bool = False
    lacking: Command | None = None
    doubtful: bool = False


class Addressing:
    """Reads messages with one parser and one registry."""

    def __init__(self, parser: Parser, commands: Sequence[Command], elsewhere: Sequence[Command] = ()) -> None:
        self._parser = parser
        self._elsewhere = {word.text: command for command in elsewhere for word in command.spellings()}
        self._commands = {command.name: command for command in commands}
        self._by_word = {word.text: command for command in commands for word in command.spellings()}
        self._register = self._by_word["登记"]

    def read(self, message: Message) -> Heard | None:
        """What the words alone say; None when they can only be talk."""
        line = self._parser.line(message.text, mentioned=BOT in message.mentions)
        parsed = self._parser.parse(line)
        if message.room is None:
            return self._to_the_bot(line, parsed, message) if line.plain else None
        if parsed is not None and parsed.command == self._register.name and not parsed.args.text and message.quote:
            return Heard(self._register, parsed.args, needs_look=not line.addressed, addressed=line.addressed)
        if line.addressed:
            return self._to_the_bot(line, parsed, message)
        if parsed is not None and (parsed.whole or message.quote is not None):
            command = self._commands[parsed.command]
            aloud = command.at_door and parsed.whole
            return Heard(command, parsed.args, needs_look=True, addressed=False, aloud=aloud)
        return None

    def settle(self, ctx: Context, heard: Heard) -> Heard | None:
        """What remains of a doubtful command when the database was asked; None: it is talk."""
        command = heard.command
        if command is None:
            return heard if heard.addressed else None
        if ctx.quoted_signals and heard.args == Args():
            command = self._signal_command(command) or command
            heard = replace(heard, command=command)
        if heard.addressed or heard.aloud:
            return heard
        if not command.in_group:
            return None
        if command is self._register:
            return heard if may_register_others(ctx) else None
        quotes_bot = bool(ctx.quoted or ctx.quoted_signals or ctx.quoted_records) or _quotes_bot(ctx.message)
        if heard.args.signals:
            leads = bool(ctx.roles(ctx.node) & set(LEADERS))
            return heard if quotes_bot or leads else None
        if command.listed is not None and heard.args.number is not None and not quotes_bot:
            if not command.listed(ctx.policy, heard.args.number):
                return None
            if not heard.args.text:
                return heard
            return replace(heard, doubtful=True) if command.ask is not None and ctx.reachable(ctx.me()) else None
        if command.takes_number and heard.args.number is not None:
            if command.records:
                return heard if matching_records(ctx, heard.args.number, heard.args.scope) else None
            if ctx.matching(heard.args.number, heard.args.scope):
                return heard
            records = matching_records(ctx, heard.args.number, heard.args.scope) if command.also else []
            return heard if any(record.kind in command.also for record in records) else None
        if command.records and command.takes_number:
            # 「赞成」 in a quote of what the bot said of something else is said to a neighbour.
            return (
                heard if any(ctx.uow.records.get(one).kind in command.records for one in ctx.quoted_records) else None
            )
        return heard if quotes_bot else None

    def quoted(self, uow: UnitOfWork, message: Message) -> Quoted:
        """Ids of what the quoted post of the bot speaks of."""
        quote = message.quote
        if quote is None:
            return Quoted()
        row = None if quote.id is None else uow.outbox.by_sent_id(message.account, quote.id)
        if row is not None:
            return Quoted(tuple(row.ticket_ids), tuple(row.signal_ids), tuple(row.record_ids or ()))
        if quote.sender != BOT or message.room is None:
            return Quoted()
        # The channel gave only the words of the quoted post: its numbers count in this room's scope.
        room = uow.places.room(message.account, message.room)
        if room is None or room.node_id is None:
            return Quoted()
        scopes = [node.id for node in uow.places.line(uow.places.node(room.node_id)) if node.id is not None]
        tickets: dict[str, None] = {}
        records: dict[int, None] = {}
        for number in map(int, _NUMBERS.findall(quote.text)):
            for scope_id in scopes:
                if (ticket := uow.tickets.by_number(scope_id, number)) is not None:
                    tickets[ticket.id] = None
                elif (record := uow.records.by_number(scope_id, number)) is not None and record.id is not None:
                    records[record.id] = None
        return Quoted(tuple(tickets), records=tuple(records))

    def _to_the_bot(self, line: Line, parsed: Parsed | None, message: Message) -> Heard:
        if parsed is not None:
            return Heard(self._commands[parsed.command], parsed.args, needs_look=message.quote is not None)
        if (lacking := self._lacking(line)) is not None:
            return Heard(None, Args(text=line.said), lacking=lacking)
        word = self._parser.near_miss(line)
        near = None if word is None else self._by_word[word]
        return Heard(None, Args(text=line.said), near=near if near is not None and near.guessed else None)

    def _lacking(self, line: Line) -> Command | None:
        """The command of other towns whose word, apart from what follows, begins the line."""
        found = [word for word in self._elsewhere if line.plain.startswith(word) and parted(line.plain[len(word) :])]
        return self._elsewhere[max(found, key=len)] if found else None

    def _signal_command(self, command: Command) -> Command | None:
        """The command of the same word that is about signals: 确认, 忽略."""
        same = (other for other in self._commands.values() if other.words[0] == command.words[0])
        return next((other for other in same if other.takes_signals), None)


def _quotes_bot(message: Message) -> bool:
    return message.quote is not None and message.quote.sender == BOT
