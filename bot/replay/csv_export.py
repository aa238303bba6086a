"""CSV with a header: our own columns and those of the widely used WeChat exporters."""

import csv
import io
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.replay.chatfile import ChatFile, ChatRole
from bot.replay.columns import Table, find_table
from bot.replay.csv_content import Kind, content_of, kind_of
from bot.replay.gather import BOT_NAMES, SHANGHAI, Draft, Gathering, Quoted, clean, fault, shown
from bot.replay.stamps import read_epoch, read_moment
from bot.replay.wechat_text import Content
from models.message import BOT, Attachment, AttachmentKind

__all__ = ["find_table", "parse_csv"]

Row = tuple[int, list[str]]

_LIMIT_LOCK = threading.Lock()
_ROLES = {role.value: role for role in ChatRole} | {
    "居民": ChatRole.RESIDENT,
    "群众": ChatRole.RESIDENT,
    "党员": ChatRole.PARTY_MEMBER,
    "微网格长": ChatRole.LEADER,
    "网格长": ChatRole.LEADER,
    "物业": ChatRole.PROPERTY,
}
_KINDS = {"image": AttachmentKind.IMAGE, "图片": AttachmentKind.IMAGE}
_KINDS |= {"audio": AttachmentKind.AUDIO, "语音": AttachmentKind.AUDIO}
_LIST = re.compile(r"[\s,;|、，；]{1,20}")
# What Excel makes of a long number: every id would look alike.
_ROUNDED = re.compile(r"\d(?:\.\d{1,20})?[eE]\+?\d{1,3}")
_YES = ("1", "true", "yes", "是", "我")
_ME, _OTHER = "我", "对方"


def parse_csv(text: str, table: Table, *, stem: str, zone: ZoneInfo | None = None) -> ChatFile:
    """Parse a table that find_table recognised. stem names the room where no column does."""
    zone = zone or ZoneInfo(SHANGHAI)
    _require(table)
    rows = [row for row in _rows(text, table) if any(cell.strip() for cell in row[1])]
    if not rows:
        raise fault(table.line, "是表头，下面没有一条消息", "请检查导出是否成功")
    reader = _Reader(table, zone, stem, rows)
    for line, row in rows:
        reader.take(line, row)
    return reader.finish()


def _require(table: Table) -> None:
    for fields, what in (
        (("time", "epoch", "date"), "时间（at、时间 或 StrTime）"),
        (("sender", "name", "self"), "发送人（sender、发送人 或 NickName）"),
        (("text",), "内容（text、内容 或 StrContent）"),
    ):
        if not any(table.has(field) for field in fields):
            raise fault(table.line, f"的表头里没有{what}这一列", "请补上这一列再试")


def _rows(text: str, table: Table) -> Iterator[Row]:
    """The records below the header, each with the number of its first line."""
    body = text.split("\n", table.line)[table.line :]
    stream = io.StringIO(body[0] if body else "", newline="")
    with _field_limit(len(text) + 1):
        reader = csv.reader(stream, delimiter=table.delimiter, strict=True)
        while True:
            line = table.line + reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error:
                raise fault(line, "的引号不成对", "内容里有引号时，整格要加引号，里面的引号写两次") from None
            if row is None:
                return
            extra = [cell for cell in row[len(table.titles) :] if cell.strip()]
            if extra:
                raise fault(
                    line,
                    f"有 {len(row)} 格，比表头的 {len(table.titles)} 列多",
                    "内容里有分隔符时，整格要加引号",
                )
            yield line, [clean(cell) for cell in row]


@contextmanager
def _field_limit(limit: int) -> Iterator[None]:
    """A longer field than csv allows. The limit is the process's, hence the lock and the way back."""
    with _LIMIT_LOCK:
        before = csv.field_size_limit()
        csv.field_size_limit(max(before, limit))
        try:
            yield
        finally:
            csv.field_size_limit(before)


class _Reader:
    """Turns rows into messages."""

    def __init__(self, table: Table, zone: ZoneInfo, stem: str, rows: list[Row]) -> None:
        self._table = table
        self._zone = zone
        self._stem = stem
        self._gathering = Gathering()
        self._system = 0
        self._own = 0
        self._ids = self._id_field(rows)
        rooms = {table.get(row, "room") or table.get(row, "room_name") for _, row in rows} - {""}
        self._only_room = len(rooms) <= 1

    def take(self, line: int, row: list[str]) -> None:
        """Add the message of a row; system rows and the bot's own are counted only."""
        kind = kind_of(self._get(row, "type"), self._get(row, "subtype"), self._get(row, "type_name"))
        at = self._at(line, row)
        room, room_name = self._room(row)
        if kind is Kind.SYSTEM:
            self._system += 1
            return
        sender, name = self._sender(line, row)
        if sender == BOT or name in BOT_NAMES:
            self._own += 1
            return
        if room is not None:
            self._gathering.room(room, room_name)
        content = content_of(kind, self._get(row, "text"))
        draft = Draft(
            id=self._id(line, row),
            room=room,
            sender=sender,
            text=content.text,
            at=at,
            name=name,
            mentions=self._mentions(row),
            quote=self._quote(row, content),
            attachments=self._attachments(line, row) or content.attachments,
            place=self._get(row, "place") or content.place,
        )
        self._gathering.message(draft, self._role(line, row), line=line)

    def finish(self) -> ChatFile:
        """The whole file."""
        notes = []
        if self._system:
            notes.append(f"略去 {self._system} 条系统提示。")
        if self._own:
            notes.append(f"略去小哨自己发的 {self._own} 条消息。")
        return self._gathering.finish(self._zone, "csv", notes=notes)

    def _get(self, row: list[str], field: str) -> str:
        return self._table.get(row, field)

    def _fault(self, line: int, field: str, what: str, remedy: str) -> Exception:
        return fault(line, f"的“{shown(self._table.title(field))}”{what}", remedy)

    def _id_field(self, rows: list[Row]) -> str | None:
        """The column of ids; row numbers count only if no two are alike, as exporters merge databases."""
        if self._table.has("id"):
            return "id"
        counts = Counter(self._get(row, "row") for _, row in rows)
        return "row" if self._table.has("row") and max(counts.values()) == 1 else None

    def _id(self, line: int, row: list[str]) -> str:
        value = self._get(row, self._ids) if self._ids else ""
        missing = value in ("", "0") or _ROUNDED.fullmatch(value)
        return f"L{line}" if missing else value

    def _at(self, line: int, row: list[str]) -> datetime:
        epoch, text = self._get(row, "epoch"), self._get(row, "time")
        joined = f"{self._get(row, 'date')} {text}".strip()
        at = read_epoch(epoch) or read_epoch(text)
        for candidate in (text, epoch, joined):
            at = at or read_moment(candidate, self._zone)
        if at is None:
            field = next(field for field in ("time", "epoch", "date") if self._table.has(field))
            value = joined or epoch
            what = f"是“{shown(value)}”，读不出日期和时间" if value else "是空的"
            raise self._fault(line, field, what, "请写成 2026-05-01 10:21:33 这样")
        return at

    def _room(self, row: list[str]) -> tuple[str | None, str]:
        room, name = self._get(row, "room"), self._get(row, "room_name")
        if room or name:
            room = room or name
            opaque = room.endswith("@chatroom") or room.isdigit()
            return room, name or (self._stem if self._only_room and opaque else "")
        # Our own column "room" is empty in a private chat; exporters without rooms hold one chat a file.
        private = self._table.has("room") and self._table.title("room").lower() == "room"
        return (None, "") if private else (self._stem, self._stem)

    def _sender(self, line: int, row: list[str]) -> tuple[str, str]:
        sender, name = self._get(row, "sender"), self._get(row, "name")
        if not sender and not name and self._table.has("self"):
            sender = _ME if self._get(row, "self").lower() in _YES else _OTHER
        if not sender and not name:
            field = "sender" if self._table.has("sender") else "name"
            raise self._fault(line, field, "是空的", "请补上是谁发的")
        return sender or name, name

    def _role(self, line: int, row: list[str]) -> ChatRole | None:
        value = self._get(row, "role")
        if value and value not in _ROLES:
            raise self._fault(
                line, "role", f"是“{shown(value)}”", f"只能是 {'、'.join(role.value for role in ChatRole)}"
            )
        return _ROLES[value] if value else None

    def _attachments(self, line: int, row: list[str]) -> tuple[Attachment, ...]:
        found = []
        for word in filter(None, _LIST.split(self._get(row, "attachments"))):
            if word not in _KINDS:
                raise self._fault(line, "attachments", f"是“{shown(word)}”", "只能是 image 或 audio，几个之间用 | 隔开")
            found.append(Attachment(_KINDS[word]))
        return tuple(found)

    def _mentions(self, row: list[str]) -> tuple[str, ...] | None:
        if not self._table.has("mentions"):
            return None
        return tuple(filter(None, _LIST.split(self._get(row, "mentions"))))

    def _quote(self, row: list[str], content: Content) -> Quoted | None:
        quote = self._get(row, "quote")
        return Quoted(id=quote) if quote else content.quote
