"""From what the gateway knows of a message to what the bot hears."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import PurePath

import structlog
from grpclib import GRPCError, Status

from bot.transports.base import Echo, FriendRequest, Recalled, RoomChanged
from bot.transports.wechaty.cache import Cache
from bot.transports.wechaty.faults import FAULTS, log_fault
from bot.transports.wechaty.files import Files, looks_like
from bot.transports.wechaty.options import WIDTH
from bot.transports.wechaty.puppet import CONTACT, MEMBER, Puppet
from bot.transports.wechaty.text import Quoting, label, names_in, place_in, quoting, recalled_id
from bot.transports.wechaty.wire import Kind, MessagePayload
from models.message import BOT, Attachment, AttachmentKind, Message, Quote

_PASSING = (Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.CANCELLED, Status.ABORTED)
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"})
_OFFICIAL = 2
"""Type of a contact that is an official account (公众号), not a person."""
_RECEIVED = 2
"""Type of a friendship that somebody else asks for."""
SECONDS_MOST = 100_000_000_000
"""A time stamp beyond is in milliseconds."""


class Reader:
    """Reads messages of one account. bot: its external id, once it is logged in; names: what it is called."""

    def __init__(
        self,
        account: str,
        puppet: Puppet,
        files: Files,
        clock: Callable[[], datetime],
        names: tuple[str, ...],
        hold: float,
    ) -> None:
        """hold: seconds that a picture may take."""
        self.bot: str | None = None
        self._account = account
        self._puppet = puppet
        self._files = files
        self._clock = clock
        self._names = names
        self._hold = hold
        self._fetches = asyncio.Semaphore(WIDTH)
        self._people: Cache[frozenset[str]] = Cache(3600.0)
        self._nameless: Cache[bool] = Cache(60.0)
        self._log = structlog.get_logger("wechaty").bind(account=account)

    async def look_up(self, message_id: str, connected: Callable[[], Awaitable[None]]) -> MessagePayload:
        """What a message holds. A fault that passes is given two more tries, each with a connection; then raised."""
        for _ in range(2):
            try:
                return await self._puppet.calls.message(message_id)
            except FAULTS as error:
                if isinstance(error, GRPCError) and error.status not in _PASSING:
                    raise
            await connected()
        return await self._puppet.calls.message(message_id)

    def picture(self, payload: MessagePayload) -> asyncio.Task[Attachment] | None:
        """Begin to fetch the picture of a message; None: it has none. To be started as soon as the message is known, so
        that several slow ones hold up their room no longer than one."""
        if payload.from_id == self.bot or not _has_picture(payload):
            return None
        return asyncio.create_task(self._picture(payload))

    async def read(
        self, payload: MessagePayload, picture: Awaitable[Attachment] | None = None
    ) -> Message | Recalled | Echo | None:
        """What is heard, with its picture as soon as that is there or may take no longer; None for what has no words,
        picture, voice or place, and for official accounts."""
        kind, room, sender = Kind(payload.type), payload.room_id or None, payload.from_id
        at = self._at(payload)
        if sender == self.bot:
            return None if kind is Kind.RECALLED else self._echo(payload, room, at)
        if kind is Kind.RECALLED:
            taken = recalled_id(payload.text)
            return None if taken is None else Recalled(room=room, sender=sender, message_id=taken, at=at)
        if not sender or not (picture or kind in (Kind.TEXT, Kind.AUDIO, Kind.LOCATION)):
            self._log.debug("message_without_content", kind=kind.name)
            return None
        name = await self._name(room, sender)
        if room is None and await self._official(sender):
            return None
        quote, text, mentions = await self._words(payload, room) if kind is Kind.TEXT else (None, "", ())
        return Message(
            id=payload.id,
            account=self._account,
            room=room,
            sender=sender,
            text=text,
            at=at,
            sender_name=name,
            mentions=mentions,
            quote=quote,
            attachments=await self._attachments(kind, picture),
            place=await self._place(payload) if kind is Kind.LOCATION else None,
        )

    def room_changed(
        self,
        room: str,
        name: str | None = None,
        joined: tuple[str, ...] = (),
        left: tuple[str, ...] = (),
    ) -> RoomChanged:
        """Something happened to a group; what is remembered of it is not true any more."""
        self._puppet.forget(3, room)
        gone = self.bot in left
        return RoomChanged(room=room, at=self._clock(), name=name, joined=joined, left=left, gone=gone)

    async def friend_request(self, friendship_id: str) -> FriendRequest | None:
        """Who asks to become a contact; None when nobody does (a confirmation)."""
        found = await self._puppet.puppet_stub.friendship_payload(id=friendship_id)
        if found.type != _RECEIVED:
            return None
        return FriendRequest(id=friendship_id, sender=found.contact_id, hello=found.hello, at=self._clock())

    async def own_names(self, room: str | None) -> tuple[str, ...]:
        """What the account is called there."""
        if self.bot is None:
            return self._names
        own = await self._name(room, self.bot)
        contact = self._puppet.known(CONTACT, self.bot)
        return (*self._names, own, "" if contact is None else contact.name)

    def mentioned(self, room: str, text: str) -> dict[str, str]:
        """Ids by name of the people whom a text to a room mentions, as far as one person alone is called so there."""
        if "@" not in text:
            return {}
        known = {
            key[2]: ids
            for key, ids in self._people.items()
            if isinstance(key, tuple) and key[0] == room and len(ids) == 1
        }
        return {name: next(iter(known[name])) for name in names_in(text, known)}

    # -- parts -----------------------------------------------------------------------------------------------------

    def _echo(self, payload: MessagePayload, room: str | None, at: datetime) -> Echo:
        # A mention ends with a thin space of WeChat's own, which the post did not have.
        text = payload.text.replace("\u2005", " ") if Kind(payload.type) is Kind.TEXT else ""
        return Echo(text=text, at=at, room=room, to=None if room else payload.to_id, id=payload.id or None)

    def _at(self, payload: MessagePayload) -> datetime:
        """When it was said: the messenger's time, but never later than now."""
        now = self._clock()
        stamp = payload.receive_time.seconds + payload.receive_time.nanos / 1e9
        if payload.timestamp:
            stamp = payload.timestamp / 1000 if payload.timestamp > SECONDS_MOST else float(payload.timestamp)
        if stamp <= 0:
            return now
        try:
            return min(now, datetime.fromtimestamp(stamp, UTC))
        except (OverflowError, ValueError, OSError):
            return now

    async def _words(self, payload: MessagePayload, room: str | None) -> tuple[Quote | None, str, tuple[str, ...]]:
        """Quote, own words and mentions of a text."""
        own = await self.own_names(room)
        parts = quoting(payload.text)
        text = payload.text if parts is None else parts.said
        mentions = [BOT if one == self.bot else one for one in payload.mention_ids if one]
        if BOT not in mentions and names_in(text, own):
            mentions.append(BOT)
        quote = None if parts is None else self._quote(parts, room, own)
        return quote, text.replace("\u2005", " "), tuple(dict.fromkeys(mentions))

    def _quote(self, parts: Quoting, room: str | None, own: tuple[str, ...]) -> Quote:
        if parts.name in own:
            return Quote(text=parts.quoted, sender=BOT)
        ids = self._people.get((room, "named", parts.name)) or frozenset()
        return Quote(text=parts.quoted, sender=next(iter(ids)) if len(ids) == 1 else None)

    async def _attachments(self, kind: Kind, picture: Awaitable[Attachment] | None) -> tuple[Attachment, ...]:
        if kind is Kind.AUDIO:
            return (Attachment(AttachmentKind.AUDIO),)
        return () if picture is None else (await picture,)

    async def _picture(self, payload: MessagePayload) -> Attachment:
        try:
            async with asyncio.timeout(self._hold), self._fetches:
                data = await self._files.picture(payload.id, attached=Kind(payload.type) is Kind.ATTACHMENT)
        except Exception as error:
            # That a picture came is worth more than nothing.
            log_fault("picture_not_read", error, account=self._account)
            return Attachment(AttachmentKind.IMAGE)
        return Attachment(AttachmentKind.IMAGE, data, looks_like(data)[0])

    async def _place(self, payload: MessagePayload) -> str | None:
        told = place_in(payload.text)
        if told is not None:
            return told
        try:
            found = await self._puppet.calls.location(payload.id)
        except FAULTS as error:
            log_fault("place_not_read", error, account=self._account)
            return None
        return label(found.address, found.name)

    async def _name(self, room: str | None, person: str) -> str:
        """The display name, in the group if it is said there; "" when the gateway does not know."""
        if self._nameless.get((room, person)):
            return ""
        try:
            if room is None:
                name = str((await self._puppet.contact_payload(person)).name)
            else:
                fresh = self._puppet.known(MEMBER, room, person) is None
                member = await self._puppet.room_member_payload(room, person)
                name = str(member.room_alias or member.name)
                if fresh and person == self.bot:
                    await self._puppet.contact_payload(person)
        except FAULTS:
            self._nameless.put((room, person), True)  # asking at each of his messages would hold up the others
            return ""
        key = (room, "named", name)
        self._people.put(key, (self._people.get(key) or frozenset()) | {person})
        return name

    async def _official(self, sender: str) -> bool:
        contact = self._puppet.known(CONTACT, sender)
        return contact is not None and contact.type == _OFFICIAL


def _has_picture(payload: MessagePayload) -> bool:
    kind = Kind(payload.type)
    return kind is Kind.IMAGE or (kind is Kind.ATTACHMENT and _names_a_picture(payload.filename))


def _names_a_picture(filename: str) -> bool:
    return PurePath(filename).suffix.lower() in _PICTURES
