"""What a shard keeps in memory and nowhere else: the last minutes of its rooms."""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from handlers.context import Remembered
from models.message import Message
from nlp.understanding import Band, Kind, Understanding, Utterance

KEPT = timedelta(minutes=30)
JUST_NOW = timedelta(minutes=3)
"""So long before a command what its speaker sent may belong to it."""
KEPT_MESSAGES = 80
KEPT_PICTURES = 4
"""Messages of a room whose pictures' bytes stay in memory; older ones keep only that there was one."""

PICTURE_KEPT = timedelta(minutes=5)
KEPT_PRIVATE = 40
"""Pictures sent to the bot alone that wait so long for a command, of all senders together."""


@dataclass(slots=True)
class RoomMemory:
    """One room's recent talk, its watermark (before: at the last login), and what the next batch has to write."""

    recent: deque[Remembered] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))
    ids: set[str] = field(default_factory=set)
    watermark: datetime | None = None
    before: datetime | None = None
    voices: int = 0


class Memory:
    """The recent talk of one account's rooms. Nothing here is ever written to disk as text."""

    def __init__(self) -> None:
        self._rooms: dict[str, RoomMemory] = {}
        self.heard_until: datetime | None = None
        self.live = False  # messages come as they are said; from a file they may come in any order
        self._pictures: deque[Message] = deque(maxlen=KEPT_PRIVATE)

    def room(self, external_id: str) -> RoomMemory:
        return self._rooms.setdefault(external_id, RoomMemory())

    def heard(self, message: Message, now: datetime) -> bool:
        """Note that a message was read; False when it was read a moment ago already."""
        self.heard_until = now if self.heard_until is None else max(self.heard_until, now)
        if message.room is None:
            return True
        memory = self.room(message.room)
        # A channel whose clock is ahead must not make everything that follows look old.
        at = min(message.at, now)
        memory.watermark = at if memory.watermark is None else max(memory.watermark, at)
        return message.id not in memory.ids

    def logged_in(self) -> None:
        """Ids may be others from now on: what was heard before is known by its time."""
        for memory in self._rooms.values():
            memory.before = memory.watermark

    def begin(self, external_id: str, watermark: datetime | None) -> RoomMemory:
        """The room's memory; a room of which nothing was heard since the start was heard up to that watermark."""
        memory = self.room(external_id)
        if memory.watermark is None and watermark is not None:
            memory.watermark = memory.before = watermark
        return memory

    def recent(self, external_id: str, now: datetime) -> Sequence[Utterance]:
        """What was said in the last minutes, oldest first."""
        memory = self.room(external_id)
        while memory.recent and now - memory.recent[0].utterance.at > KEPT:
            memory.ids.discard(memory.recent.popleft().utterance.id)
        return [remembered.utterance for remembered in memory.recent]

    def remember(self, message: Message, understood: Understanding, *, pictures: int) -> None:
        """Keep a message of a group for the messages that follow it."""
        assert message.room is not None
        memory = self.room(message.room)
        utterance = Utterance(
            id=message.id,
            sender=message.sender,
            at=message.at,
            text=message.text[:2000],
            understood=understood,
            pictures=pictures,
            pin=message.place,
            quotes=None if message.quote is None else message.quote.id,
        )
        if len(memory.recent) == KEPT_MESSAGES:
            memory.ids.discard(memory.recent[0].utterance.id)
        memory.recent.append(Remembered(message, utterance))
        memory.ids.add(message.id)
        self._drop_old_pictures(memory)

    def keep_picture(self, message: Message, now: datetime) -> None:
        """Keep pictures that somebody sent to the bot alone: a command in the next minutes may say whose they are."""
        self._pictures.append(message)
        self._drop_pictures(now)

    def pictures_of(self, sender: str, now: datetime) -> tuple[Message, ...]:
        """The pictures that he sent to the bot alone a moment ago, and that no ticket holds yet, oldest first."""
        self._drop_pictures(now)
        return tuple(message for message in self._pictures if message.sender == sender)

    def _drop_pictures(self, now: datetime) -> None:
        fresh = [message for message in self._pictures if now - message.at <= PICTURE_KEPT]
        self._pictures = deque(fresh, maxlen=KEPT_PRIVATE)

    def unhear(self, message: Message) -> None:
        """Take a message back whose effect failed."""
        if message.room is None:
            return
        memory = self.room(message.room)
        kept = [one for one in memory.recent if one.utterance.id != message.id]
        memory.recent.clear()
        memory.recent.extend(kept)
        memory.ids.discard(message.id)

    def take_back(self, external_id: str | None, message_id: str) -> None:
        """Forget a message that its sender took back, also as others quoted it; it is not read again either."""
        self._pictures = deque((one for one in self._pictures if one.id != message_id), maxlen=KEPT_PRIVATE)
        if external_id is None:
            return
        memory = self.room(external_id)
        kept = [_without_quote(one, message_id) for one in memory.recent if one.utterance.id != message_id]
        memory.recent.clear()
        memory.recent.extend(kept)
        memory.ids.add(message_id)

    def hold(self, holds: Mapping[str, str]) -> None:
        """Note which ticket or signal holds a message, by id; messages that are not remembered are passed over."""
        if not holds:
            return
        self._pictures = deque((one for one in self._pictures if one.id not in holds), maxlen=KEPT_PRIVATE)
        for memory in self._rooms.values():
            if not memory.ids.isdisjoint(holds):
                _change(memory, lambda one: replace(one, held=holds.get(one.id, one.held)))

    def release(self, subjects: Collection[str]) -> None:
        """Forget what these tickets or signals held: they are gone, and what was said of them was nothing."""
        if not subjects:
            return
        for memory in self._rooms.values():
            if any(one.utterance.held in subjects for one in memory.recent):
                _change(memory, lambda one: _released(one) if one.held in subjects else one)

    def reread(self, message: Message, meaning: Understanding) -> None:
        """Note what a held message was taken for, which may be more than its own words say."""
        if message.room is not None:
            _change(
                self.room(message.room), lambda one: replace(one, understood=meaning) if one.id == message.id else one
            )

    def recall(self, external_id: str | None, message_id: str) -> Remembered | None:
        """The recent message with that id."""
        if external_id is None:
            return None
        found = (one for one in self.room(external_id).recent if one.utterance.id == message_id)
        return next(found, None)

    def said_by(self, external_id: str | None, sender: str, now: datetime) -> Sequence[Remembered]:
        """What somebody said in a room just now, oldest first."""
        if external_id is None:
            return ()
        recent = self.room(external_id).recent
        return [one for one in recent if one.message.sender == sender and now - one.message.at <= JUST_NOW]

    def purge(self, senders: Collection[str]) -> None:
        """Forget what a person of these names said, in all rooms, also as others quoted it (忘记我, 别听我)."""
        self._pictures = deque((one for one in self._pictures if one.sender not in senders), maxlen=KEPT_PRIVATE)
        for memory in self._rooms.values():
            kept = [_unquoted(one, senders) for one in memory.recent if one.utterance.sender not in senders]
            memory.recent.clear()
            memory.recent.extend(kept)
            memory.ids = {one.utterance.id for one in kept}

    def take_batch(self) -> tuple[datetime | None, dict[str, tuple[datetime | None, int]]]:
        """(heard until, room → (watermark, new voice messages)) since the last batch."""
        rooms = {name: (memory.watermark, memory.voices) for name, memory in self._rooms.items()}
        for memory in self._rooms.values():
            memory.voices = 0
        return self.heard_until, rooms

    @staticmethod
    def _drop_old_pictures(memory: RoomMemory) -> None:
        carrying = [place for place, one in enumerate(memory.recent) if any(a.data for a in one.message.attachments)]
        for place in carrying[:-KEPT_PICTURES]:
            one = memory.recent[place]
            bare = tuple(replace(attachment, data=None) for attachment in one.message.attachments)
            memory.recent[place] = replace(one, message=replace(one.message, attachments=bare))


def _change(memory: RoomMemory, change: Callable[[Utterance], Utterance]) -> None:
    for place, one in enumerate(memory.recent):
        if (changed := change(one.utterance)) is not one.utterance:
            memory.recent[place] = replace(one, utterance=changed)


def _released(said: Utterance) -> Utterance:
    nothing = Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0)
    return replace(said, held=None, understood=nothing, text="", pictures=0, pin=None)


def _without_quote(one: Remembered, message_id: str) -> Remembered:
    quote = one.message.quote
    if quote is None or quote.id != message_id:
        return one
    return replace(one, message=replace(one.message, quote=replace(quote, text="")))


def _unquoted(one: Remembered, senders: Collection[str]) -> Remembered:
    """The message without the words of one of these people that it quotes."""
    quote = one.message.quote
    if quote is None or quote.sender not in senders:
        return one
    return replace(one, message=replace(one.message, quote=replace(quote, text="")))
