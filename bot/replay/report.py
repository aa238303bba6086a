"""The HTML report of a replay: what the bot opened or would have opened and asked, and why."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from bot.replay.chatfile import ChatFile
from bot.replay.engine import Posted
from handlers.context import Setting
from models.codes import SignalStatus
from models.masking import mask
from models.uow import UnitOfWork


def write_report(
    path: Path, chat: ChatFile, uow: UnitOfWork, setting: Setting, posts: list[Posted], summary: dict[str, Any]
) -> None:
    """Write the report. Messages that were ignored are counted, never quoted."""
    rooms = {room.id: room.name for room in chat.rooms}

    def matter(row: Any, number: str, text: str, opened: Any) -> dict[str, object]:
        room = None if row.room_id is None else uow.places.room_by_id(row.room_id).external_id
        return {
            "number": number,
            "kind": setting.words.name("kind", row.kind.value),
            "category": setting.taxonomy[row.category].name,
            "text": mask(text),
            "place": mask(row.place or ""),
            "score": row.score,
            "evidence": [mask(piece) for piece in row.evidence],
            "room": rooms.get(room or "", ""),
            "at": f"{opened.astimezone(chat.zone):%m-%d %H:%M}",
            "private": row.kind.value == "dispute",
        }

    tickets = [matter(ticket, f"#{ticket.number}", ticket.title, ticket.opened_at) for ticket in uow.tickets.all()]
    signals = [
        matter(signal, f"S{signal.number}", signal.text, signal.at)
        for signal in uow.signals.all()
        if signal.status is SignalStatus.WAITING
    ]
    spoken = [
        {
            "where": rooms.get(posted.post.room, "") if posted.post.room is not None else "私聊",
            "text": posted.post.text,
            "at": f"{posted.post.at.astimezone(chat.zone):%m-%d %H:%M}",
        }
        for posted in posts
    ]
    environment = Environment(loader=PackageLoader("bot.replay"), autoescape=select_autoescape())
    html = environment.get_template("report.html").render(
        tickets=tickets, signals=signals, posts=spoken, summary=summary, rooms=len(rooms)
    )
    path.write_text(html, encoding="utf-8")
