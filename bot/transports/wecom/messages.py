"""From what a callback said to the one Message that every channel gives."""

import hashlib
import re
from collections.abc import Sequence

from bot.transports.wecom.payloads import Said
from bot.transports.wecom.pictures import media_type
from models.message import BOT, Attachment, AttachmentKind, Message, Quote


def message_of(account: str, said: Said, pictures: Sequence[bytes | None], *, quoted: str | None = None) -> Message:
    """pictures: what was fetched of said.pictures, None for what was not to be had. quoted: id of the bot's own post.

    WeCom says neither who wrote what is quoted nor its id: only an own post is known again, by its words.
    """
    images = [Attachment(AttachmentKind.IMAGE, data, media_type(data) if data else None) for data in pictures]
    quote = None if said.quote is None else Quote(quoted, said.quote, None if quoted is None else BOT)
    return Message(
        id=said.id,
        account=account,
        room=said.room,
        sender=said.sender,
        text=said.text,
        at=said.at,
        mentions=() if said.room is None else (BOT,),  # in a group a bot is told only what calls it
        quote=quote,
        attachments=(*images, *[Attachment(AttachmentKind.AUDIO)] * said.voices),
        place=said.place,
    )


def digest(text: str) -> bytes:
    """The same for a text and for how a client shows it: only its letters and digits count."""
    return hashlib.sha256(re.sub(r"\W|_", "", text).encode("utf-8", "surrogatepass")).digest()
