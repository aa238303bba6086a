"""What the parsers of chat files share: cleaning texts, collecting rooms, people and messages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.replay.chatfile import ChatFile, ChatFileError, ChatPerson, ChatRole, ChatRoom
from models.message import BOT, Attachment, Message, Quote

ACCOUNT = "replay"
SHANGHAI = "Asia/Shanghai"
BOT_NAMES = ("小哨",)
YEARS = range(1970, 2200)
"""Years that a message may have: outside them a date is a slip, and arithmetic on it could overflow."""

_SURROGATES = re.compile(r"[\ud800-\udfff]")
_MENTIONS_READ = 500
_LONGEST_NAME = 40


def fault(line: int, what: str, remedy: str) -> ChatFileError:
    """One sentence: the line, what is wrong there, what to do."""
    return ChatFileError(f"第{line}行{what}，{remedy}。")


def clean(text: str) -> str:
    """The text without NULs and without lone surrogates, which neither a database nor a terminal takes."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    return _SURROGATES.sub("\ufffd", text.replace("\0", ""))


def shown(value: object) -> str:
    """A value of the file as an error sentence may show it: short, printable, on one line."""
    text = clean(value) if isinstance(value, str) else type(value).__name__
    text = text if len(text) <= 30 else text[:29] + "…"
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def to_utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    """Aware UTC; a naive time is meant in zone. None if it lies outside YEARS."""
    try:
        moment = (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if moment.year in YEARS else None


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote as the file gives it: by id, or as WeChat copies it, by name and text."""

    id: str | None = None
    text: str = ""
    name: str = ""
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message whose names are not yet resolved; mentions None = look for @名字 in the text."""

    id: str
    room: str | None
    sender: str
    text: str
    at: datetime
    name: str = ""
    mentions: tuple[str, ...] | None = None
    quote: Quoted | None = None
    attachments: tuple[Attachment, ...] = ()
    place: str | None = None


class Gathering:
    """Collects a file's rooms, people and messages, in order of first appearance."""

    def __init__(self) -> None:
        self._rooms: dict[str, str] = {}
        self._names: dict[tuple[str, str | None], str] = {}
        self._roles: dict[tuple[str, str | None], ChatRole] = {}
        self._latest: dict[str, str] = {}
        self._owners: dict[str, set[str]] = {}
        self._drafts: dict[str, Draft] = {}
        self.duplicates = 0

    def room(self, room: str, name: str = "") -> None:
        """Add a room; a later non-empty name replaces an earlier one."""
        self._rooms[room] = name or self._rooms.get(room, "")

    def person(self, sender: str, room: str | None, name: str = "", role: ChatRole | None = None, *, line: int) -> None:
        """Add a person to a room (None = the private chat).

        Raises ChatFileError if he has another explicit role in the same room.
        """
        if room is not None:
            self.room(room)
        key = (sender, room)
        known = self._roles.get(key)
        if role and known and role is not known:
            where = "私聊" if room is None else f"群“{shown(room)}”"
            raise fault(
                line,
                f"说“{shown(sender)}”在{where}里的身份是 {role.value}，而前面写的是 {known.value}",
                "一个人在一个群里只能有一种身份，请改成一致",
            )
        if role:
            self._roles[key] = role
        self._names[key] = name or self._names.get(key, "")
        if name:
            self._latest[sender] = name
        self._owners.setdefault(name or sender, set()).add(sender)

    def message(self, draft: Draft, role: ChatRole | None = None, *, line: int) -> None:
        """Add a message and its sender; the second message with an id is counted and dropped whole."""
        if draft.id in self._drafts:
            self.duplicates += 1
            return
        self.person(draft.sender, draft.room, draft.name, role, line=line)
        self._drafts[draft.id] = draft

    def finish(
        self,
        zone: ZoneInfo,
        form: str,
        *,
        policy: str | None = None,
        mode: str | None = None,
        notes: Iterable[str] = (),
    ) -> ChatFile:
        """The whole file, with quotes and @names resolved."""
        seen: dict[str, Draft] = {}
        reader = _MentionReader({name: self.owner(name) for name in self._owners})
        messages = []
        for draft in self._drafts.values():
            messages.append(self._message(draft, seen, reader))
            seen[draft.id] = draft
        return ChatFile(
            zone=zone,
            policy=policy,
            mode=mode,
            rooms=tuple(ChatRoom(room, name or room) for room, name in self._rooms.items()),
            people=tuple(self._people()),
            messages=tuple(messages),
            duplicates=self.duplicates,
            format=form,
            notes=tuple(notes),
        )

    def owner(self, name: str) -> str | None:
        """The id of the only person of that name; None for a name that nobody or more than one has."""
        if name in BOT_NAMES:
            return BOT
        owners = self._owners.get(name, set())
        return next(iter(owners)) if len(owners) == 1 else None

    def _people(self) -> Iterable[ChatPerson]:
        housed = {sender for sender, room in self._names if room is not None}
        for (sender, room), name in self._names.items():
            role = self._roles.get((sender, room))
            # A private chat says who somebody is only if nothing else does, or if the file says so there.
            if room is None and role is None and sender in housed:
                continue
            shown_name = name or self._latest.get(sender) or sender
            yield ChatPerson(sender, shown_name, role or ChatRole.RESIDENT, room)

    def _message(self, draft: Draft, seen: dict[str, Draft], reader: "_MentionReader") -> Message:
        mentions = reader.read(draft.text) if draft.mentions is None else draft.mentions
        return Message(
            id=draft.id,
            account=ACCOUNT,
            room=draft.room,
            sender=draft.sender,
            text=draft.text,
            at=draft.at,
            sender_name=draft.name or self._latest.get(draft.sender) or draft.sender,
            mentions=mentions,
            quote=self._quote(draft.quote, seen),
            attachments=draft.attachments,
            place=draft.place,
        )

    def _quote(self, quoted: Quoted | None, seen: dict[str, Draft]) -> Quote | None:
        if quoted is None:
            return None
        origin = seen.get(quoted.id) if quoted.id is not None else None
        if origin is not None:
            return Quote(origin.id, quoted.text or origin.text, origin.sender)
        sender = quoted.sender or (self.owner(quoted.name) if quoted.name else None)
        return Quote(quoted.id, quoted.text, sender)


class _MentionReader:
    """Finds @名字 of known people in texts; the longest name wins."""

    def __init__(self, owners: dict[str, str | None]) -> None:
        self._ids = {name: owner for name, owner in owners.items() if owner and len(name) <= _LONGEST_NAME}
        self._ids |= dict.fromkeys(BOT_NAMES, BOT)
        lengths: dict[str, set[int]] = {}
        for name in self._ids:
            if name:
                lengths.setdefault(name[0], set()).add(len(name))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def read(self, text: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        start = 0
        for _ in range(_MENTIONS_READ):
            start = _next_at(text, start) + 1
            if start == 0:
                break
            owner = self._at(text, start)
            if owner:
                found[owner] = None
        return tuple(found)

    def _at(self, text: str, start: int) -> str | None:
        for length in self._lengths.get(text[start : start + 1], ()):
            name = text[start : start + length]
            if name not in self._ids:
                continue
            # A name of one character begins too many others: it counts only if it stands alone.
            after = text[start + length : start + length + 1]
            if length > 1 or not after.isalnum():
                return self._ids[name]
        return None


def _next_at(text: str, start: int) -> int:
    """Where the next @ or ＠ stands, or -1."""
    plain, wide = text.find("@", start), text.find("＠", start)
    return max(plain, wide) if min(plain, wide) < 0 else min(plain, wide)
