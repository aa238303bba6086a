"""What a shard remembers of its rooms, and for how long."""

from dataclasses import replace
from datetime import datetime, timedelta

from worlds import NOW

from bot.memory import KEPT, KEPT_MESSAGES, KEPT_PICTURES, Memory
from models.message import Attachment, AttachmentKind, Message, Quote
from nlp.understanding import Band, Kind, Understanding

CHAT = Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0)


def message(
    number: int, *, sender: str = "p", room: str | None = "r", at: datetime = NOW, picture: bytes = b""
) -> Message:
    attached = (Attachment(AttachmentKind.IMAGE, picture),) if picture else ()
    return Message(f"m{number}", "a", room, sender, f"第{number}句", at, attachments=attached)


def hear(memory: Memory, one: Message) -> bool:
    if not memory.heard(one, one.at):
        return False
    memory.remember(one, CHAT, pictures=len(one.attachments))
    return True


def ids(memory: Memory, now: datetime = NOW) -> list[str]:
    return [utterance.id for utterance in memory.recent("r", now)]


def test_what_was_said_is_kept_for_minutes_and_for_so_many_messages() -> None:
    memory = Memory()
    assert hear(memory, message(0))
    assert not hear(memory, message(0))
    assert ids(memory, NOW + KEPT) == ["m0"]
    assert ids(memory, NOW + KEPT + timedelta(seconds=1)) == []
    assert hear(memory, message(0))  # whether it had an effect is asked of the database
    for number in range(1, KEPT_MESSAGES + 5):
        hear(memory, message(number))
    assert len(ids(memory)) == KEPT_MESSAGES
    assert ids(memory)[0] == "m5"


def test_only_the_newest_pictures_keep_their_bytes() -> None:
    memory = Memory()
    for number in range(KEPT_PICTURES + 3):
        hear(memory, message(number, picture=b"jpeg"))
    kept = [memory.recall("r", f"m{number}") for number in range(KEPT_PICTURES + 3)]
    sizes = [len(one.message.attachments[0].data or b"") for one in kept if one is not None]
    assert sizes == [0, 0, 0, 4, 4, 4, 4]
    assert all(one is not None and one.utterance.pictures == 1 for one in kept)


def test_what_a_ticket_holds_is_marked_and_rooms_are_apart() -> None:
    memory = Memory()
    hear(memory, message(1))
    hear(memory, message(2))
    memory.hold({"m2": "ticket", "elsewhere": "other"})
    assert [utterance.held for utterance in memory.recent("r", NOW)] == [None, "ticket"]
    assert memory.recall("other", "m1") is None
    assert memory.recall(None, "m1") is None


def test_what_somebody_dropped_was_nothing() -> None:
    memory = Memory()
    hear(memory, message(1))
    hear(memory, message(2))
    memory.hold({"m1": "signal:1", "m2": "ticket"})
    memory.reread(message(1), Understanding(Kind.COMPLAINT, "lift", Band.ASK, 0.3))
    memory.release({"signal:1"})
    dropped, kept = memory.recent("r", NOW)
    assert (dropped.held, dropped.text, dropped.understood.band) == (None, "", Band.IGNORE)
    assert (kept.held, kept.text) == ("ticket", "第2句")


def test_a_person_who_asks_is_forgotten_in_all_rooms() -> None:
    memory = Memory()
    hear(memory, message(1))
    hear(memory, message(2, sender="q"))
    hear(memory, message(3, room="s"))
    memory.purge({"p"})
    assert ids(memory) == ["m2"]
    assert not memory.recent("s", NOW)
    assert hear(memory, message(1))


def test_what_others_quoted_of_him_is_forgotten_too() -> None:
    memory = Memory()
    quoting = replace(message(2, sender="q"), quote=Quote("m1", "第1句", "p"))
    hear(memory, quoting)
    hear(memory, replace(message(3, sender="q"), quote=Quote("m2", "第2句", "q")))
    memory.purge({"p", "p-on-his-other-phone"})
    quotes = [found.message.quote for name in ("m2", "m3") if (found := memory.recall("r", name)) is not None]
    assert quotes == [Quote("m1", "", "p"), Quote("m2", "第2句", "q")]


def test_a_message_whose_effect_failed_may_come_again() -> None:
    memory = Memory()
    hear(memory, message(1))
    memory.unhear(message(1))
    memory.unhear(message(7, room=None))
    assert ids(memory) == []
    assert hear(memory, message(1))


def test_a_batch_tells_watermarks_and_voices_once() -> None:
    memory = Memory()
    hear(memory, message(1, at=NOW + timedelta(minutes=1)))
    hear(memory, message(2))
    memory.room("r").voices += 2
    assert memory.take_batch() == (NOW + timedelta(minutes=1), {"r": (NOW + timedelta(minutes=1), 2)})
    assert memory.take_batch()[1] == {"r": (NOW + timedelta(minutes=1), 0)}
