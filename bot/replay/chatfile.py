"""A chat file, parsed whole: what the replay engine runs."""

from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.message import Message


class ChatFileError(Exception):
    """The file is no usable chat. str() is one Chinese sentence with the line number and what to do."""


class ChatRole(StrEnum):
    """The roles that a chat file may give."""

    RESIDENT = "resident"
    PARTY_MEMBER = "party_member"
    LEADER = "leader"
    PROPERTY = "property"


@dataclass(frozen=True, slots=True)
class ChatRoom:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ChatPerson:
    """A person of the file: his role in one room.

    room None stands only for somebody of no room, or for a role that the file gives in a private chat.
    """

    id: str
    name: str
    role: ChatRole
    room: str | None


@dataclass(frozen=True, slots=True)
class ChatFile:
    """rooms and people in order of first appearance; messages in file order, ids unique, at aware UTC.

    duplicates counts the lines that were dropped because their id came before. Each message's
    Quote carries the id that the file gave; account is "replay". format is jsonl, csv or pasted;
    notes are Chinese sentences on what was left out (system lines, the bot's own posts).
    """

    zone: ZoneInfo
    policy: str | None
    mode: str | None
    rooms: tuple[ChatRoom, ...]
    people: tuple[ChatPerson, ...]
    messages: tuple[Message, ...]
    duplicates: int = 0
    format: str = "jsonl"
    notes: tuple[str, ...] = field(default=())
