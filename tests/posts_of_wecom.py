"""Posts for tests of WeCom's channels."""

from datetime import UTC, datetime

from bot.transports.base import Post
from models.codes import PostKind

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def post(
    text: str = "已登记",
    *,
    row: int = 1,
    room: str | None = None,
    to: str | None = None,
    picture: bytes | None = None,
    cause: str | None = None,
) -> Post:
    """A post to a room, or to a person."""
    return Post(
        row=row,
        account="wecom",
        kind=PostKind.REPLY,
        text=text,
        at=datetime(2026, 11, 23, tzinfo=UTC),
        room=room,
        to=to,
        picture=picture,
        in_reply_to=cause,
    )
