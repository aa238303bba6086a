"""Plain text as people paste it from WeChat: which lines begin a message, and when it was sent."""

import datetime
from collections import Counter
from zoneinfo import ZoneInfo

from bot.replay.chatfile import ChatFile
from bot.replay.gather import BOT_NAMES, SHANGHAI, Draft, Gathering, fault
from bot.replay.pasted_lines import Head, Line, Style, read_line, read_preamble
from bot.replay.stamps import Calendar, Stamp
from bot.replay.wechat_text import is_system, read_content

_REMEDY = (
    "请检查是不是选错了文件；微信里复制出来的文字应当像“王阿姨 2026/5/1 10:21”加下一行的话，或“王阿姨：楼道灯坏了”"
)
_LOG_WORDS = {"trace", "debug", "info", "notice", "warn", "warning", "error", "critical", "fatal"}
_LONGEST_PREAMBLE = 5
_LINES_A_MESSAGE = 50


def parse_pasted(
    text: str,
    *,
    stem: str,
    zone: ZoneInfo | None = None,
    date: datetime.date | None = None,
) -> ChatFile:
    """Parse text whose line ends are already "\\n". stem names the room where the text does not."""
    zone = zone or ZoneInfo(SHANGHAI)
    lines = [read_line(number, raw) for number, raw in enumerate(text.split("\n"), start=1)]
    filled = [line for line in lines if line.raw.strip()]
    _refuse_markup(filled[0])
    styles = _choose_styles(filled)
    heads = _heads(lines, styles)
    _refuse_what_is_no_chat(filled, heads, styles)
    calendar = Calendar(zone, date, _stamps(lines, heads))
    reader = _Reader(stem, calendar, read_preamble(lines[: min(heads)]) or stem)
    for line in lines:
        reader.take(line, heads.get(line.number), spoken=styles == {Style.TALK})
    return reader.finish(zone)


def _refuse_markup(first: Line) -> None:
    start = first.raw.strip()
    if start.startswith(("<", "{", "[{", "%", "#!")):
        raise fault(first.number, "开始的内容是网页或程序文件，不是聊天记录", _REMEDY)


def _choose_styles(lines: list[Line]) -> set[Style]:
    """The ways in which this file begins a message: those of one family, as the first one and most do."""
    counts = dict.fromkeys(Style, 0)
    full = 0
    for line in lines:
        if line.head:
            counts[line.head.style] += 3 if line.head.stamp and line.head.stamp.full else 1
            full += bool(line.head.stamp and line.head.stamp.full)
        if line.talk:
            counts[Style.TALK] += 1
    stamped = max((style for style in Style if style is not Style.TALK), key=lambda style: counts[style])
    first = next((line for line in lines if line.head or line.talk), None)
    if first is None:
        raise fault(lines[0].number, "开始认不出哪一行是谁说的，这不像聊天记录", _REMEDY)
    by_stamp = first.head is not None or full * 4 >= len(lines) or counts[stamped] > 2 * counts[Style.TALK]
    if not counts[stamped] or not by_stamp:
        return {Style.TALK}
    # The styles with the text on the same line differ only in the order of name and time.
    inline = {Style.STAMP_NAME_TEXT, Style.NAME_STAMP_TEXT}
    return inline if stamped in inline else {stamped}


def _heads(lines: list[Line], styles: set[Style]) -> dict[int, Head]:
    """By line number, the lines that begin a message."""
    if styles == {Style.TALK}:
        return {line.number: line.talk for line in lines if line.talk}
    found = {line.number: line.head for line in lines if line.head and line.head.style in styles}
    odd, stray = _doubtful(lines, found)
    if len(stray) * 2 > len(found):
        return {}
    return {number: head for number, head in found.items() if number not in odd | stray}


def _doubtful(lines: list[Line], found: dict[int, Head]) -> tuple[set[int], set[int]]:
    """Lines that look like headers and are what somebody says: by their words, and by where they stand.

    By where they stand: right below a header (the answer to "when?"), or with nothing below them.
    """
    full = {number for number, head in found.items() if head.stamp and head.stamp.full}
    spoken = Counter(head.name for head in found.values())
    named = {found[number].name for number in full}
    blank = {0} | {line.number for line in lines if not line.raw.strip() or line.separator}
    apart = sum(number - 1 in blank for number in found) >= 0.8 * len(found)
    said = _followed(lines, found)
    odd: set[int] = set()
    stray: set[int] = set()
    above = 0
    for number, head in found.items():
        once = spoken[head.name] == 1
        loose = not head.surely_a_name or (once and apart and number - 1 not in blank)
        answer = 0 < above == number - 1
        below = found.get(number + 1)
        answered = below is not None and number + 1 not in full and spoken[below.name] == 1
        last_words = number not in said and not answered
        if number not in full and loose and head.name not in named:
            odd.add(number)
        elif number not in full and once and head.text_from == 0 and (answer or last_words):
            stray.add(number)
        else:
            above = number
    return odd, stray


def _followed(lines: list[Line], found: dict[int, Head]) -> set[int]:
    """The headers that have a text below, however many blank lines between."""
    said: set[int] = set()
    header = 0
    for line in lines:
        if line.number in found:
            header = line.number
        elif line.separator and (line.decorated or line.separator.full):
            header = 0
        elif header and line.raw.strip():
            said.add(header)
    return said


def _refuse_what_is_no_chat(lines: list[Line], heads: dict[int, Head], styles: set[Style]) -> None:
    if not heads:
        raise fault(lines[0].number, "开始认不出哪一行是谁说的，这不像聊天记录", _REMEDY)
    start = min(heads)
    preamble = [line for line in lines if line.number < start and not line.separator and not line.preamble]
    names = {head.name for head in heads.values()}
    logged = sum(not _LOG_WORDS.isdisjoint(head.name.lower().split()) for head in heads.values())
    orderly = len(preamble) <= _LONGEST_PREAMBLE and logged * 2 <= len(heads)
    if styles == {Style.TALK}:
        # Settings and letters also write "key: value", but hardly twice the same key.
        keys = len(heads) >= 4 and len(names) * 5 > len(heads) * 4 and all(name.isascii() for name in names)
        # Long messages have many lines below: a file that begins with a speaker may have more of them.
        enough = 2 if preamble else 4
        orderly = orderly and len(heads) * enough >= _structure(lines, heads) and not keys
    else:
        stamp = heads[start].stamp
        anchored = stamp is not None and stamp.full and not preamble
        orderly = orderly and (anchored or len(lines) <= len(heads) * _LINES_A_MESSAGE)
        orderly = orderly and not _mostly_empty(lines, heads, styles)
    if not orderly:
        raise fault((preamble or lines)[0].number, "开始有一半以上认不出是谁说的，这不像聊天记录", _REMEDY)


def _structure(lines: list[Line], heads: dict[int, Head]) -> int:
    """How many lines should begin a message: all but separators and what stands below a bare 名字：."""
    counted = 0
    below = 0
    for line in lines:
        head = heads.get(line.number)
        if head:
            below = 0 if line.raw[head.text_from :].strip() else line.number
        elif below and line.number == below + 1 and not line.raw[:1].isspace():
            below = line.number
            continue
        counted += not line.separator and not line.preamble
    return counted


def _mostly_empty(lines: list[Line], heads: dict[int, Head], styles: set[Style]) -> bool:
    """Headers without a text below: a list of times, or a log, not a chat."""
    if styles & {Style.STAMP_NAME_TEXT, Style.NAME_STAMP_TEXT}:
        return False
    following = zip(lines, [*lines[1:], None], strict=True)
    empty = sum(line.number in heads and (after is None or after.number in heads) for line, after in following)
    return empty * 2 > len(heads)


def _stamps(lines: list[Line], heads: dict[int, Head]) -> list[Stamp]:
    found = []
    for line in lines:
        head = heads.get(line.number)
        stamp = head.stamp if head else line.separator
        if stamp:
            found.append(stamp)
    return found


class _Reader:
    """Goes down the lines and closes a message where the next begins."""

    def __init__(self, room: str, calendar: Calendar, room_name: str) -> None:
        self._room = room
        self._calendar = calendar
        self._gathering = Gathering()
        self._gathering.room(room, room_name)
        self._open: tuple[int, Head, datetime.datetime] | None = None
        self._body: list[str] = []
        self._own = 0
        self._system = 0

    def take(self, line: Line, head: Head | None, *, spoken: bool) -> None:
        """Take the next line; spoken = the file's lines are 名字：话, without stamps of their own."""
        if head is not None:
            self._close()
            self._open = (line.number, head, self._calendar.at(head.stamp, line.number))
            self._body = [line.raw[head.text_from :].strip()] if head.text_from else []
        elif line.separator and self._separates(line, spoken):
            self._close()
            self._calendar.separator(line.separator, line.number)
        elif self._open is not None:
            self._body.append(line.raw)

    def finish(self, zone: ZoneInfo) -> ChatFile:
        """The file that was read."""
        self._close()
        notes = []
        if self._own:
            notes.append(f"略去小哨自己发的 {self._own} 条消息。")
        if self._system:
            notes.append(f"略去 {self._system} 条系统提示。")
        return self._gathering.finish(zone, "pasted", notes=notes)

    def _separates(self, line: Line, spoken: bool) -> bool:
        """Whether the line is a separator here and not an answer such as 星期五 or 8:30."""
        if line.separator is None or line.decorated:
            return True
        if spoken:
            return True
        waiting = self._open is not None and not any(text.strip() for text in self._body)
        return line.separator.dated and not waiting

    def _close(self) -> None:
        if self._open is None:
            return
        (number, head, at), raw = self._open, "\n".join(self._body)
        self._open, self._body = None, []
        if head.name in BOT_NAMES:
            self._own += 1
            return
        content = read_content(raw)
        nothing = not (content.text or content.attachments or content.place or content.quote)
        if nothing and (is_system(head.name) or is_system(raw.strip())):
            self._system += 1
            return
        draft = Draft(
            id=f"L{number}",
            room=self._room,
            sender=head.external_id or head.name,
            text=content.text,
            at=at,
            name=head.name,
            quote=content.quote,
            attachments=content.attachments,
            place=content.place,
        )
        self._gathering.message(draft, line=number)
