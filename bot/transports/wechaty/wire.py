"""The few messages of the gateway's protocol that wechaty-grpc 0.20 for Python lacks or knows in an old form.

Field numbers are those of wechaty/puppet/*.proto as the npm package wechaty-grpc 1.x ships them.
"""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import betterproto
import grpclib.const
from grpclib.client import Channel


class Event(IntEnum):
    """What happens, as the event stream numbers it."""

    HEARTBEAT = 1
    MESSAGE = 2
    DONG = 3
    ERROR = 16
    FRIENDSHIP = 17
    ROOM_INVITE = 18
    ROOM_JOIN = 19
    ROOM_LEAVE = 20
    ROOM_TOPIC = 21
    SCAN = 22
    READY = 23
    RESET = 24
    LOGIN = 25
    LOGOUT = 26
    DIRTY = 27


class Kind(IntEnum):
    """Kinds of messages. On the wire is the number of wechaty-puppet in TypeScript, not that of the protocol file."""

    UNKNOWN = 0
    ATTACHMENT = 1
    AUDIO = 2
    CONTACT = 3
    CHAT_HISTORY = 4
    EMOTICON = 5
    IMAGE = 6
    TEXT = 7
    LOCATION = 8
    MINI_PROGRAM = 9
    GROUP_NOTE = 10
    TRANSFER = 11
    RED_ENVELOPE = 12
    RECALLED = 13
    URL = 14
    VIDEO = 15

    @classmethod
    def _missing_(cls, value: object) -> "Kind":
        return cls.UNKNOWN


class Box(IntEnum):
    """What a FileBox in JSON holds."""

    BASE64 = 1
    URL = 2
    UUID = 7


@dataclass
class Timestamp(betterproto.Message):
    seconds: int = betterproto.int64_field(1)
    nanos: int = betterproto.int32_field(2)


@dataclass
class Nothing(betterproto.Message):
    pass


@dataclass
class Happened(betterproto.Message):
    """payload: JSON."""

    type: int = betterproto.int32_field(1)
    payload: str = betterproto.string_field(2)


@dataclass
class IdRequest(betterproto.Message):
    id: str = betterproto.string_field(1)


@dataclass
class MessagePayload(betterproto.Message):
    """timestamp: seconds or milliseconds, in a deprecated field; receive_time where the gateway is newer."""

    id: str = betterproto.string_field(1)
    filename: str = betterproto.string_field(2)
    text: str = betterproto.string_field(3)
    timestamp: int = betterproto.uint64_field(4)
    type: int = betterproto.int32_field(5)
    from_id: str = betterproto.string_field(6)
    room_id: str = betterproto.string_field(7)
    to_id: str = betterproto.string_field(8)
    mention_ids: list[str] = betterproto.string_field(9)
    receive_time: Timestamp = betterproto.message_field(10)


@dataclass
class SendTextRequest(betterproto.Message):
    conversation_id: str = betterproto.string_field(1)
    text: str = betterproto.string_field(2)
    mention_ids: list[str] = betterproto.string_field(3)


@dataclass
class SendFileRequest(betterproto.Message):
    conversation_id: str = betterproto.string_field(1)
    filebox: str = betterproto.string_field(2)


@dataclass
class Wrapped(betterproto.Message):
    value: str = betterproto.string_field(1)


@dataclass
class SendResponse(betterproto.Message):
    """The id of what was sent: newer gateways put it into the second field, older ones into the first."""

    wrapped: Wrapped = betterproto.message_field(1)
    id: str = betterproto.string_field(2)

    @property
    def sent_id(self) -> str | None:
        """None: this gateway gives none, which is no failure."""
        return self.id or self.wrapped.value or None


@dataclass
class Location(betterproto.Message):
    accuracy: float = betterproto.float_field(1)
    address: str = betterproto.string_field(2)
    latitude: float = betterproto.double_field(3)
    longitude: float = betterproto.double_field(4)
    name: str = betterproto.string_field(5)


@dataclass
class LocationResponse(betterproto.Message):
    location: Location = betterproto.message_field(1)


@dataclass
class Chunk(betterproto.Message):
    chunk: bytes = betterproto.bytes_field(1)


class Calls(betterproto.ServiceStub):
    """Calls by their path. Raises what grpclib raises: GRPCError, StreamTerminatedError, OSError, TimeoutError."""

    async def message(self, message_id: str) -> MessagePayload:
        """What a message holds."""
        answer: MessagePayload = await self._one("MessagePayload", IdRequest(id=message_id), MessagePayload)
        return answer

    async def version(self) -> None:
        """Whether the gateway answers at all."""
        await self._one("Version", Nothing(), Nothing)

    async def location(self, message_id: str) -> Location:
        """Where a shared location is."""
        answer: LocationResponse = await self._one("MessageLocation", IdRequest(id=message_id), LocationResponse)
        return answer.location

    async def send_text(self, conversation: str, text: str, mentions: Iterable[str], timeout: float) -> str | None:
        """Say something; the id of the message if the gateway gives one."""
        request = SendTextRequest(conversation_id=conversation, text=text, mention_ids=list(mentions))
        answer: SendResponse = await self._one("MessageSendText", request, SendResponse, timeout)
        return answer.sent_id

    async def send_file(self, conversation: str, box: str, timeout: float) -> str | None:
        """Send a file given as FileBox JSON."""
        request = SendFileRequest(conversation_id=conversation, filebox=box)
        answer: SendResponse = await self._one("MessageSendFile", request, SendResponse, timeout)
        return answer.sent_id

    async def upload(self, data: bytes, timeout: float, piece: int = 64 * 1024) -> str:
        """Put bytes at the gateway; the id by which a FileBox names them."""
        channel: Channel = self.channel
        cardinality = grpclib.const.Cardinality.STREAM_UNARY
        path = "/wechaty.Puppet/Upload"
        call = channel.request(path, cardinality, Chunk, IdRequest, timeout=timeout, metadata=self.metadata)
        async with call as stream:
            for start in range(0, len(data), piece):
                await stream.send_message(Chunk(chunk=data[start : start + piece]))
            await stream.end()
            answer = await stream.recv_message()
        return "" if answer is None else str(answer.id)

    def download(self, box_id: str, timeout: float) -> AsyncGenerator[Chunk, None]:
        """The bytes that a FileBox names, piece by piece. To be closed by whoever takes it."""
        answer: AsyncGenerator[Chunk, None] = self._unary_stream(
            "/wechaty.Puppet/Download", IdRequest(id=box_id), Chunk, timeout=timeout
        )
        return answer

    def events(self) -> AsyncGenerator[Happened, None]:
        """The stream of what happens. To be closed by whoever takes it."""
        answer: AsyncGenerator[Happened, None] = self._unary_stream("/wechaty.Puppet/Event", Nothing(), Happened)
        return answer

    async def _one(self, name: str, request: betterproto.Message, answer: type, timeout: float | None = None) -> Any:
        return await self._unary_unary(f"/wechaty.Puppet/{name}", request, answer, timeout=timeout)
