"""The lines of a pasted chat: who speaks, when, and what only separates."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from bot.replay.stamps import STAMP, Stamp, read_stamp, stamp_of

_SHORT = 140
_CLOCK = re.compile(r"\d[:：]\d\d")
_WORTH_A_LOOK = re.compile(r"[:：\d]|[天周期拜][一-日天]?|聊天记录")
_LONGEST_TALKER = 30
_NAME_FIRST = re.compile(rf"(?P<name>\S.{{0,59}}?)(?: |(?<=[)）])){STAMP}")
_STAMP_FIRST = re.compile(rf"[\[【(（]?{STAMP}[\]】)）]? (?P<name>\S.{{0,59}})")
_STAMP_NAME_TEXT = re.compile(rf"[\[【(（]?{STAMP}[\]】)）]?\s{{0,2}}(?P<name>[^\s:：][^:：]{{0,39}})[:：]")
_NAME_STAMP_TEXT = re.compile(rf"(?P<name>[^\s:：(（\[][^:：]{{0,39}}?)\s{{0,2}}[\[【(（]?{STAMP}[\]】)）]?\s?[:：]")
_TALK = re.compile(r"(?P<name>[^\s:：][^:：]{0,29})[:：]")
_ACCOUNT = re.compile(r"(?P<name>.{1,50}?)\s?[(（](?P<id>[A-Za-z0-9][-_A-Za-z0-9@.]{4,50}|我)[)）]")
_DECOR = " \t\u3000-—–─=*~·[]【】"
_ROOM = re.compile(r"[“\"「『](.{1,60})[”\"」』]\s?(?:群聊)?\s?的聊天记录")

# Lines of notices that look like 名字：话.
_LABELS = frozenset(
    {
        *("时间", "地点", "地址", "电话", "联系电话", "联系人", "手机", "通知", "公告", "注意"),
        *("注", "备注", "提示", "温馨提示", "主题", "标题", "内容", "链接", "来源", "附件"),
        *("日期", "原因", "范围", "对象", "要求", "方式", "说明", "例如", "如下", "比如"),
        *("引用", "总结", "答", "问"),
        *("http", "https", "ftp"),
    }
)
_TIME_WORDS = re.compile(r"(?:今|明|后|昨|前|每)[天日晚早]|现在|刚才|大概|大约|晚上|早上|上午|下午|中午|凌晨|周[一-日]")
_SENTENCE = re.compile(r"[，。！？；…、,;!?“”]|(?:[的了吗呢吧说]|[说问答喊笑]道)$")
_CODE = re.compile(r"[\[\]{}<>=;\"`\\|]|^(?:def|class|if|for|while|return|import|else|try|except|case)\b")


class Style(Enum):
    """The ways in which a line begins a message."""

    NAME_STAMP = auto()
    STAMP_NAME = auto()
    STAMP_NAME_TEXT = auto()
    NAME_STAMP_TEXT = auto()
    TALK = auto()


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a message; text_from is where its text begins on the same line, 0 = below."""

    style: Style
    name: str
    external_id: str | None
    stamp: Stamp | None
    text_from: int = 0

    @property
    def surely_a_name(self) -> bool:
        """False for what is as likely a piece of a sentence: 我们明天, 12栋，."""
        if self.external_id:
            return True
        plain = not _SENTENCE.search(self.name) and not _TIME_WORDS.search(self.name)
        return plain and len(self.name) <= 25 and any(char.isalpha() for char in self.name)


@dataclass(slots=True)
class Line:
    """A line and what it may be; which of them it is depends on the rest of the file.

    Not frozen: a file may hold half a million of them, and frozen ones take three times as long to make.
    """

    number: int
    raw: str
    head: Head | None = None
    talk: Head | None = None
    separator: Stamp | None = None
    decorated: bool = False
    preamble: bool = False


def read_line(number: int, raw: str) -> Line:
    """What the line may be. Only its first characters are looked at."""
    start = raw[:_SHORT].strip("\ufeff\u200b\u200e")
    if not _WORTH_A_LOOK.search(start):
        return Line(number, raw)
    bare = start.strip(_DECOR) if len(raw) <= _SHORT else ""
    separator = read_stamp(bare) if 0 < len(bare) <= 40 else None
    if separator is not None:
        decor = len(start.strip()) - len(bare)
        return Line(number, raw, separator=separator, decorated=decor >= 2)
    if "聊天记录" in start and ("如下" in start or "微信" in start):
        return Line(number, raw, preamble=True)
    return Line(number, raw, head=_head(start, raw), talk=_talk(start, raw))


def read_preamble(lines: list[Line]) -> str | None:
    """The room's name, if a line above the first message says 微信群“…”的聊天记录."""
    for line in lines:
        found = _ROOM.search(line.raw[:_SHORT]) if line.preamble else None
        if found:
            return found[1].strip() or None
    return None


def _head(start: str, raw: str) -> Head | None:
    if start.startswith(("<", "{")) or not _CLOCK.search(start):
        return None
    for style, pattern in (
        (Style.STAMP_NAME_TEXT, _STAMP_NAME_TEXT),
        (Style.NAME_STAMP_TEXT, _NAME_STAMP_TEXT),
    ):
        found = pattern.match(start)
        head = _made(style, found, text_from=raw.find(start[:1]) + found.end()) if found else None
        if head:
            return head
    if len(raw) > _SHORT:
        return None
    # Runs of spaces would have to be tried in every way.
    spaced = " ".join(start.split())
    for style, pattern in ((Style.NAME_STAMP, _NAME_FIRST), (Style.STAMP_NAME, _STAMP_FIRST)):
        found = pattern.fullmatch(spaced)
        head = _made(style, found) if found and not set(":：") & set(found["name"]) else None
        if head:
            return head
    return None


def _made(style: Style, found: re.Match[str], text_from: int = 0) -> Head | None:
    stamp = stamp_of(found)
    if stamp is None or stamp.clock is None:
        return None
    name, external_id = _name(found["name"])
    if not name or set(name) <= set("-—–─=*~:： \t") or name[0] in "<{":
        return None
    return Head(style, name, external_id, stamp, text_from)


def _talk(start: str, raw: str) -> Head | None:
    if not start or start[0] in " \t\u3000<{「“\"'#/-":
        return None
    found = _TALK.match(start)
    if not found or start[found.end() : found.end() + 2] == "//":
        return None
    name, external_id = _name(found["name"])
    before, after = start[found.end() - 2], start[found.end() : found.end() + 1]
    if before.isdigit() and after.isdigit():
        return None
    if not name or len(name) > _LONGEST_TALKER or name in _LABELS or name.lower() in _LABELS:
        return None
    if _SENTENCE.search(name) or _CODE.search(name) or not any(char.isalnum() for char in name):
        return None
    if name.isascii() and "(" in name:
        return None
    return Head(Style.TALK, name, external_id, None, raw.find(start[:1]) + found.end())


def _name(text: str) -> tuple[str, str | None]:
    text = text.strip().strip("\u2005\u200b")
    found = _ACCOUNT.fullmatch(text)
    if found is None:
        return text, None
    # "张三(3栋)" is a name; only what looks like an account is taken for one.
    external = found["id"]
    account = external == "我" or external.startswith("wxid_") or external.isdigit() or "@" in external
    if account or (len(external) >= 6 and external[0].isalpha() and ("_" in external or external.islower())):
        return found["name"].strip(), "我" if external == "我" else external
    return text, None
