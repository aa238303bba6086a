"""What comes out of a chat: one immutable value, the same for every transport."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AttachmentKind(StrEnum):
    IMAGE = "image"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or a voice message. data is None where the channel gives no bytes (replay)."""

    kind: AttachmentKind
    data: bytes | None = None
    media_type: str | None = None


def storable(text: str) -> str:
    """The text without what no database keeps: NUL characters and halves of surrogate pairs."""
    if "\x00" not in text and text.isascii():
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that a message quotes.

    id is the channel's id where the channel gives one; text and sender (external id, or the
    bot's) help where it gives only words, as WeChat does.
    """

    id: str | None = None
    text: str = ""
    sender: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", storable(self.text))


BOT = "bot"
"""Stands for the bot itself in Message.mentions and Quote.sender."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that somebody sent.

    id is unique within account. room is the channel's id of the group, None in a private chat
    with the bot. sender is the channel's stable id of the person, sender_name the display name,
    which is never trusted. at is aware. mentions holds external ids, or BOT. place is the label of
    a shared location. What no database keeps is left out of text, sender_name and place.
    """

    id: str
    account: str
    room: str | None
    sender: str
    text: str
    at: datetime
    sender_name: str = ""
    mentions: tuple[str, ...] = ()
    quote: Quote | None = None
    attachments: tuple[Attachment, ...] = ()
    place: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("Message.at must be an aware datetime")
        for name in ("text", "sender_name"):
            object.__setattr__(self, name, storable(getattr(self, name)))
        if self.place is not None:
            object.__setattr__(self, "place", storable(self.place))
