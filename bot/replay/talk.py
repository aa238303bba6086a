"""A replay as people read it: the talk with the bot's answers below, then what became of it."""

import re
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from bot.replay.chatfile import ChatFile
from bot.replay.engine import Posted, Said
from handlers.setting import Setting

_MARKS = {"image": "[图片]", "audio": "[语音]"}
LONGEST = 500
"""Characters of one message that are printed."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, changes its colours or turns its writing around. Line ends and tabs stay."""


class Printer:
    """Prints steps in order, with a heading whenever the room changes."""

    def __init__(self, chat: ChatFile, out: TextIO) -> None:
        self._zone: ZoneInfo = chat.zone
        self._rooms = {room.id: room.name for room in chat.rooms}
        self._names = {person.id: person.name for person in chat.people}
        self._out = out
        self._heading: str | None = None

    def show(self, step: Said | Posted) -> None:
        """One message or post."""
        if isinstance(step, Said):
            self._said(step)
        else:
            self._posted(step)

    def _said(self, said: Said) -> None:
        message = said.message
        room = "私聊" if message.room is None else self._rooms.get(message.room, message.room)
        if room != self._heading:
            self._heading = room
            self._print(f"—— {room} ——")
        marks = "".join(_MARKS[attachment.kind.value] for attachment in message.attachments)
        place = f"[位置：{message.place}]" if message.place else ""
        at = f"{message.at.astimezone(self._zone):%m-%d %H:%M}"
        text = message.text
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]}…（共 {len(message.text)} 字）"
        self._print(f"{at} {self._name(message.sender)}：{text}{marks}{place}")

    def _posted(self, posted: Posted) -> None:
        post = posted.post
        text = post.text.replace("\n", "\n     ")
        if post.room is not None:
            where = "" if self._rooms.get(post.room, post.room) == self._heading else f"({self._rooms.get(post.room)}) "
        elif post.to is not None:
            where = f"(私) {self._name(post.to)}："
        else:
            where = f"(私) {self._rooms.get(post.leader_of or '', '')}负责人："
        self._print(f"  → {where}{text}")

    def _print(self, line: str) -> None:
        print(_CONTROLS.sub("\ufffd", line), file=self._out)

    def _name(self, sender: str) -> str:
        return self._names.get(sender, sender)

    def summary(
        self, tickets: list[dict[str, Any]], signals: list[dict[str, Any]], total: dict[str, Any], setting: Setting
    ) -> None:
        """What the run came to."""
        words = setting.words
        self._print("—— 结果 ——")
        for row in (*tickets, *signals):
            number = row["number"] if row["type"] == "signal" else f"#{row['number']}"
            status = words.say("status.waiting") if row["type"] == "signal" else words.name("status", row["status"])
            people = "、".join(self._name(sender) for sender in row["requesters"])
            parts = [
                number,
                words.name("kind", row["kind"]),
                setting.taxonomy[row["category"]].name,
                status,
                "不公开" if row["private"] else "",
                row["place"] or "",
                people,
                f"← {' '.join(row['messages'])}",
            ]
            self._print(" ".join(part for part in parts if part))
        self._print(
            f"消息 {total['messages']} 条，忽略 {total['ignored']} 条，登记 {total['tickets']} 件，"
            f"待确认 {total['signals']} 条，机器人发言 {total['posts']} 次，用时 {total['seconds']} 秒。"
        )
