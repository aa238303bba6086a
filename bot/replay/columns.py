"""The columns of chat tables: our own names, plain Chinese ones, and those of WeChat exporters.

Exporters, as their sources write the header:
WeChatMsg: localId, TalkerId, Type, SubType, IsSender, CreateTime, Status, StrContent, StrTime, Remark, NickName, Sender
MemoTrace: 消息ID, 类型, 发送人, 时间, 内容, 备注, 昵称, 更多信息
PyWxDump:  id, MsgSvrID, type_name, is_sender, talker (who sent it), room_name, msg | content, src, CreateTime
chatlog:   Time, Talker (the room), TalkerName, Sender, SenderName, IsSelf, Type, TypeDesc, Content
WeFlow:    序号, 时间, 发送者昵称, 发送者微信ID, 发送者备注, 发送者身份, 消息类型, 内容
"""

import csv
import re
from dataclasses import dataclass

_LONGEST_HEADER = 5000
_DELIMITERS = ",;\t"
_SEPARATORS = re.compile(r"[\s_\-.]")

# Of several columns with one meaning, the first of its tuple counts, then the next where that is empty.
_ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("msgsvrid", "serverid", "msgid", "messageid", "消息id", "id", "消息编号"),
    "row": ("localid", "seq", "序号", "编号"),
    "room": ("room", "roomid", "groupid", "chatroomid", "strtalker", "talkerid", "群id", "群聊id", "会话id"),
    "room_name": (
        *("roomname", "talkername", "groupname", "chatroom", "群名", "群名称", "群聊名称", "群聊名", "群聊", "群"),
        *("聊天", "会话", "会话名称", "聊天对象"),
    ),
    "sender": (
        *("sender", "senderid", "wxid", "fromid", "senderwxid", "senderusername", "发送者微信id", "发送人微信id"),
        *("发送人id", "发送者id", "发言人id", "微信id", "微信号", "账号"),
    ),
    "name": (
        *(
            "name",
            "sendername",
            "displayname",
            "发送人",
            "发送者",
            "发言人",
            "发言者",
            "发信人",
            "姓名",
            "群昵称",
            "群名片",
        ),
        *(
            "发送者昵称",
            "发送人昵称",
            "nickname",
            "fromnickname",
            "昵称",
            "用户昵称",
            "用户",
            "remark",
            "发送者备注",
            "备注",
        ),
    ),
    "role": ("role", "角色", "身份"),
    "self": ("issender", "isself", "issend", "是否自己"),
    "epoch": ("createtime", "timestamp", "时间戳"),
    "time": ("at", "strtime", "time", "datetime", "时间", "发送时间", "消息时间", "日期时间", "msgtime"),
    "date": ("date", "日期"),
    "type": ("type", "msgtype", "类型", "消息类型"),
    "type_name": ("typename", "typedesc", "类型名称", "contenttype"),
    "subtype": ("subtype", "子类型"),
    "text": (
        "text",
        "strcontent",
        "content",
        "msg",
        "message",
        "内容",
        "消息内容",
        "消息",
        "文本",
        "聊天内容",
        "发言内容",
    ),
    "attachments": ("attachments", "附件"),
    "place": ("place", "位置", "地点"),
    "quote": ("quote", "quoteid", "引用"),
    "mentions": ("mentions", "提及"),
}
_MEANINGS = {alias: field for field, aliases in _ALIASES.items() for alias in aliases}
_RANKS = {alias: rank for aliases in _ALIASES.values() for rank, alias in enumerate(aliases)} | {"talker": 0}


@dataclass(frozen=True, slots=True)
class Table:
    """A header that was recognised: its line, the delimiter, and per field the columns that hold it."""

    line: int
    delimiter: str
    titles: tuple[str, ...]
    columns: dict[str, tuple[int, ...]]

    def has(self, field: str) -> bool:
        return field in self.columns

    def title(self, field: str) -> str:
        """The header's own word for a field, for error sentences."""
        return self.titles[self.columns[field][0]] if field in self.columns else field

    def get(self, row: list[str], field: str) -> str:
        """The first filled cell of the field, without spaces around; "" if there is none."""
        for column in self.columns.get(field, ()):
            if column < len(row) and row[column].strip():
                return row[column].strip()
        return ""


def find_table(text: str) -> Table | None:
    """The table's header, if the first line that is not blank is one; the text's line ends are "\\n"."""
    start = 0
    for line in range(1, 50):
        end = text.find("\n", start)
        header = (text[start:end] if end >= 0 else text[start:]).strip("\ufeff \u3000")
        start = end + 1
        # Excel writes "sep=;" above the header.
        if header.strip() and not header.lower().startswith("sep="):
            return _table(header, line) if len(header) <= _LONGEST_HEADER else None
        if end < 0:
            return None
    return None


def _table(header: str, line: int) -> Table | None:
    found = [table for mark in _DELIMITERS if mark in header and (table := _split(header, mark, line))]
    best = max(found, key=lambda table: len(table.columns), default=None)
    if best is None or len(best.columns) < 2:
        return None
    # "时间：…, 内容：…" in a chat is no header: a header names at least what was said, when or by whom.
    spine = {"time", "epoch", "text", "sender", "name"} & set(best.columns)
    return best if len(spine) >= 2 or {"id", "room"} <= set(best.columns) else None


def _split(header: str, delimiter: str, line: int) -> Table | None:
    try:
        titles = next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
    ranked: dict[str, list[tuple[int, int]]] = {}
    keys = [_SEPARATORS.sub("", title).lower() for title in titles]
    for column, key in enumerate(keys):
        field = _meaning(key, keys)
        if field is not None:
            ranked.setdefault(field, []).append((_RANKS[key], column))
    columns = {field: tuple(column for _, column in sorted(found)) for field, found in ranked.items()}
    return Table(line, delimiter, tuple(title.strip() for title in titles), columns)


def _meaning(key: str, keys: list[str]) -> str | None:
    if key == "talker":
        return "room" if "sender" in keys else "sender"
    if key == "roomname" and "talker" in keys and "sender" not in keys:
        # PyWxDump calls the room's id by this name.
        return "room"
    return _MEANINGS.get(key)
