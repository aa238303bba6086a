"""The HTML report of a replay: what the bot opened or would have opened and asked, and why."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from bot.replay.chatfile import ChatFile
from bot.replay.engine import Posted
from handlers.setting import Setting
from models.codes import SignalStatus
from models.masking import mask
from models.uow import UnitOfWork

UNTOLD = "（涉及个人隐私，报告里不写内容）"


def write_report(
    path: Path, chat: ChatFile, uow: UnitOfWork, setting: Setting, posts: list[Posted], summary: dict[str, Any]
) -> None:
    """Write the report.

    Messages that were ignored are counted, never quoted. Of health, children, violence and petitions it holds
    the category only, in what was opened as in what was said about it.
    """
    rooms = {room.id: room.name for room in chat.rooms}
    untold = UNTOLD

    def matter(row: Any, number: str, text: str, opened: Any) -> dict[str, object]:
        room = None if row.room_id is None else uow.places.room_by_id(row.room_id).external_id
        return {
            "number": number,
            "kind": setting.words.name("kind", row.kind.value),
            "category": setting.taxonomy[row.category].name,
            "text": untold if row.flags else mask(text),
            "place": "" if row.flags else mask(row.place or ""),
            "score": row.score,
            "evidence": [] if row.flags else [mask(piece) for piece in row.evidence],
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
            "text": untold if _is_sensitive(uow, posted) else mask(posted.post.text),
            "at": f"{posted.post.at.astimezone(chat.zone):%m-%d %H:%M}",
        }
        for posted in posts
    ]
    environment = Environment(loader=PackageLoader("bot.replay"), autoescape=select_autoescape())
    html = environment.get_template("report.html").render(
        tickets=tickets, signals=signals, posts=spoken, summary=summary, rooms=len(rooms)
    )
    path.write_text(html, encoding="utf-8")


def _is_sensitive(uow: UnitOfWork, posted: Posted) -> bool:
    """Whether a post speaks of a matter whose words belong to its handler only."""
    row = uow.outbox.get(posted.post.row)
    signals = (uow.signals.get(signal_id) for signal_id in row.signal_ids)
    tickets = (uow.tickets.get(ticket_id) for ticket_id in row.ticket_ids)
    return any(matter.flags for matter in (*tickets, *signals) if matter is not None)
