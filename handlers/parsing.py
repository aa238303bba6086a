"""Reading a chat line as a command: who is spoken to, which command, which number.

Rules against collision with talk stand in docs/decisions/0004. The parser knows no database: it
says what a line *could* be, and the dispatcher checks that the ticket is visible.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from handlers.numbers import SEPARATOR, parted, read_number, trim, trim_left
from models.onetime import plain_code

_SIGNAL = re.compile(r"(?:(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,8})-)?s\s?(\d{1,6})")
_WHOLE = ("全程", "全部", "全部经过", "经过")
"""Behind a number: all of it (查 12 全程)."""
_ADDRESS = re.compile(r"^[\s,，:：。!！]*")


class Needs(Enum):
    """What follows a command word."""

    NOTHING = "nothing"
    NUMBER = "number"  # N
    NUMBER_TEXT = "number_text"  # N ‹words, may be empty›
    SIGNALS = "signals"  # S3 S5
    SIGNALS_OR_REST = "signals_or_rest"  # S3, or 其余
    TEXT = "text"  # ‹words›
    APART = "apart"  # ‹words› behind a blank or a mark, may be empty: for words that begin sentences too (公开透明)
    ITEM = "item"  # the number of something on a list, not of a ticket, or its name, ‹words›, may be empty
    PEOPLE = "people"  # @甲 @乙
    CODE = "code"  # a code in letters and digits, ‹words›
    LIST = "list"  # 1 3 5, or 全部


@dataclass(frozen=True, slots=True)
class Args:
    """What a command was given. number is None when it was left out; scope is the name before "-".

    signal_scopes: the name before each of the signals, "" where there is none.
    """

    number: int | None = None
    scope: str | None = None
    text: str = ""
    signals: tuple[int, ...] = ()
    rest: bool = False
    numbers: tuple[int, ...] = ()
    signal_scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One spelling of a command, and what must follow it."""

    text: str
    command: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was said: whether the bot is spoken to, and the words without the address.

    plain is folded (half width, simplified, lower case), character by character with said.
    """

    addressed: bool
    said: str
    plain: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A line that has the form of a command. whole: it may act without the bot being addressed."""

    command: str
    args: Args
    whole: bool


@dataclass(frozen=True, slots=True)
class Parser:
    """Reads lines; words are all spellings of all commands, fold maps each character to one character."""

    words: tuple[Word, ...]
    bot_names: tuple[str, ...]
    fold: Callable[[str], str]

    def line(self, text: str, *, mentioned: bool) -> Line:
        """Find out whether the bot is addressed by @, by a leading name, or (mentioned) by the channel."""
        said, plain = text, self.fold(text)
        addressed = mentioned
        for name in self.bot_names:
            called = re.search(rf"@{re.escape(name)}(?![\u4e00-\u9fff]{{0,3}}[的家])", plain)
            if called and not self._is_longer_name(plain[called.end() :]):
                addressed = True
                said = said[: called.start()] + " " + said[called.end() :]
                plain = plain[: called.start()] + " " + plain[called.end() :]
                break
        stripped = len(plain) - len(_ADDRESS.sub("", plain))
        said, plain = said[stripped:], plain[stripped:]
        while (caller := self._caller(plain)) is not None:
            addressed = True
            cut = len(caller) + len(plain[len(caller) :]) - len(_ADDRESS.sub("", plain[len(caller) :]))
            said, plain = said[cut:], plain[cut:]
        ends = len(plain.rstrip())
        return Line(addressed, said[:ends], plain[:ends])

    def parse(self, line: Line) -> Parsed | None:
        """The command that the line has the form of, or None."""
        for word in self.words:
            parsed = self._after_word(line, word) if line.plain.startswith(word.text) else None
            if parsed is not None:
                return parsed
        return self._number_first(line)

    def near_miss(self, line: Line) -> str | None:
        """The command word that the first word of a line was probably meant to be."""
        head = re.match(rf"[^\s\d#@{SEPARATOR[1:-1]}]{{2,5}}", line.plain)
        if head is None:
            return None
        rest = line.plain[head.end() :]
        if rest and not re.match(rf"{SEPARATOR}|[#\d]", rest):
            return None
        for word in self.words:
            if len(word.text) >= 2 and word.text != head[0] and _distance_one(head[0], word.text):
                return word.text
        return None

    def _is_longer_name(self, rest: str) -> bool:
        # A neighbour called 小哨兵 is mentioned as 「@小哨兵 」; 「@小哨查 12」 is a command.
        other = re.match(r"[\u4e00-\u9fff](?=\s|$)", rest)
        return other is not None and all(word.text != other[0] for word in self.words)

    def _caller(self, plain: str) -> str | None:
        """The name by which the line calls the bot at its start."""
        names = (name for name in self.bot_names if plain.startswith(name))
        return next((name for name in names if self._is_call(plain[len(name) :])), None)

    def _is_call(self, rest: str) -> bool:
        # 「小哨兵」 is not the bot; 「小哨，…」, 「小哨小哨」 and 「小哨查3」 are.
        if not rest or re.match(SEPARATOR, rest) or self._caller(rest) is not None:
            return True
        return any(rest.startswith(word.text) and self._ends_there(rest, word) for word in self.words)

    @staticmethod
    def _ends_there(rest: str, word: Word) -> bool:
        # 「小哨服务真好」 is no call, where 服务 is a command that must stand apart.
        return word.needs not in (Needs.APART, Needs.ITEM) or parted(rest[len(word.text) :])

    def _after_word(self, line: Line, word: Word) -> Parsed | None:
        start = len(word.text)
        rest, said = line.plain[start:], line.said[start:]
        match word.needs:
            case Needs.NOTHING:
                return Parsed(word.command, Args(), whole=False) if not trim(rest) else None
            case Needs.TEXT:
                return Parsed(word.command, Args(text=trim(said)), whole=False)
            case Needs.APART:
                return Parsed(word.command, Args(text=trim(said)), whole=False) if parted(rest) else None
            case Needs.ITEM:
                return _item(rest, said, word)
            case Needs.PEOPLE:
                named = bool(trim(rest)) and (parted(rest) or rest.startswith("@"))
                return Parsed(word.command, Args(text=trim(said)), whole=False) if named else None
            case Needs.CODE:
                coded = not rest or parted(rest) or re.match(r"[a-z0-9]", rest) is not None
                return Parsed(word.command, Args(text=trim(said)), whole=_is_secret(said)) if coded else None
            case Needs.LIST:
                return _list(rest, word)
            case Needs.SIGNALS | Needs.SIGNALS_OR_REST:
                return _signals(rest, word)
            case Needs.NUMBER | Needs.NUMBER_TEXT:
                return _numbered(rest, said, word)

    def _number_first(self, line: Line) -> Parsed | None:
        """「#12 认领」 and 「12号 办结 换好了」: the number may come before the word."""
        found = read_number(line.plain)
        if found is None or not parted(line.plain[found.end :]):
            return None
        gap = len(line.plain[found.end :]) - len(trim_left(line.plain[found.end :]))
        start = found.end + gap
        for word in self.words:
            if word.needs not in (Needs.NUMBER, Needs.NUMBER_TEXT) or not line.plain.startswith(word.text, start):
                continue
            text = trim(line.said[start + len(word.text) :])
            if text and (word.needs is Needs.NUMBER or not parted(line.plain[start + len(word.text) :])):
                return None
            # 「2号 一般 都不在家」 is a date among neighbours; 「#2 办结 换好了」 can only be a ticket.
            whole = not text or line.plain.startswith("#")
            return Parsed(word.command, Args(found.value, found.scope, text), whole=whole)
        return None


def _numbered(rest: str, said: str, word: Word) -> Parsed | None:
    gap = len(rest) - len(trim_left(rest))
    found = read_number(rest[gap:])
    if found is None:
        # Without a number the line counts only when the bot is addressed, and only the bare word or word + text.
        text = trim(said)
        if text and (word.needs is Needs.NUMBER or not parted(rest)):
            return None
        return Parsed(word.command, Args(text=text), whole=False)
    end = gap + found.end
    text = trim(said[end:])
    if text and word.needs is Needs.NUMBER:
        # 「@小哨 查 12 怎么样了」 is clear; 「认领 1 个快递」 among neighbours is talk.
        return Parsed(word.command, Args(found.value, found.scope, rest=text in _WHOLE), whole=False)
    return Parsed(word.command, Args(found.value, found.scope, text), whole=found.clean)


def _item(rest: str, said: str, word: Word) -> Parsed | None:
    """The number of something on a list, which whoever reads it has to look at, or a name for who speaks to the bot."""
    digits = re.match(rf"(?:{SEPARATOR})*(?:([\u4e00-\u9fff]{{2,8}})-)?(?:编号|no\.?|#)?\s?(\d{{1,4}})(?!\d)", rest)
    if digits is None:
        return Parsed(word.command, Args(text=trim(said)), whole=False) if parted(rest) else None
    if not parted(rest[digits.end() :]):
        return None
    text = trim(said[digits.end() :])
    return Parsed(word.command, Args(int(digits[2]), digits[1], text), whole=True)


def _signals(rest: str, word: Word) -> Parsed | None:
    if word.needs is Needs.SIGNALS_OR_REST and trim(rest) in ("其余", "其他", "全部", "所有"):
        return Parsed(word.command, Args(rest=True), whole=False)
    if word.needs is Needs.SIGNALS_OR_REST and not trim(rest):
        return Parsed(word.command, Args(), whole=False)  # the quoted post names the signal
    found = dict.fromkeys((int(one[2]), one[1] or "") for one in _SIGNAL.finditer(rest))
    left = re.sub(rf"{SEPARATOR}|和|跟|以及", "", _SIGNAL.sub("", rest))
    if not found or left:
        return None
    scopes = tuple(scope for _, scope in found)
    signals = tuple(number for number, _ in found)
    return Parsed(word.command, Args(signals=signals, signal_scopes=scopes if any(scopes) else ()), whole=True)


def _is_secret(said: str) -> bool:
    """Whether it ends in a one-time code, which nobody says but to the bot."""
    last = said.split()[-1] if said.split() else ""
    return "-" in last and plain_code(last) is not None


def _list(rest: str, word: Word) -> Parsed | None:
    if trim(rest) in ("全部", "所有", "都"):
        return Parsed(word.command, Args(rest=True), whole=False)
    numbers = tuple(int(found) for found in re.findall(r"\d{1,6}", rest))
    left = re.sub(rf"\d{{1,6}}|{SEPARATOR}|和|跟|以及", "", rest)
    if not numbers or left:
        return None
    return Parsed(word.command, Args(numbers=tuple(dict.fromkeys(numbers))), whole=False)


def _distance_one(one: str, other: str) -> bool:
    """Whether one edit (change, insert, drop, swap of neighbours) makes one of the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        different = [place for place in range(len(one)) if one[place] != other[place]]
        if len(different) == 1:
            return len(one) > 1
        if len(different) != 2 or different[1] - different[0] != 1:
            return False
        first, second = different
        return one[first] == other[second] and one[second] == other[first]
    long, short = (one, other) if len(one) > len(other) else (other, one)
    return len(short) > 1 and any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


def order_words(words: Sequence[Word]) -> tuple[Word, ...]:
    """Longest first, so that 不满意 is never read as 满意, and signals before numbers."""
    return tuple(sorted(words, key=lambda word: (-len(word.text), word.needs not in (Needs.SIGNALS,), word.text)))
