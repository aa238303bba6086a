"""The live matters of a room: what its recent messages say of each ticket and signal that holds some of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nlp.understanding import Band, Cue, Understanding, Utterance

RETRACTABLE = timedelta(minutes=10)
"""发错群了 reaches this far back."""

_LOUDNESS = {Band.IGNORE: 0, Band.ASK: 1, Band.ACT: 2}


@dataclass(slots=True)
class Known:
    """What is known of a matter that a ticket or signal holds.

    to is the message that stands for it, opener its sender. last is when something was last said of it, and position
    the position of that message in the recent talk (None: that was longer ago). text holds a line for each message.
    """

    to: str
    opener: str
    meaning: Understanding
    last: datetime
    place: str | None = None
    senders: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    text: str = ""
    position: int | None = None


def live(past: Sequence[Utterance]) -> list[Known]:
    """What past tells of each ticket and signal that holds some of it, in the order in which they began."""
    found: dict[str, Known] = {}
    for position, said in enumerate(past):
        if Cue.RETRACT in said.understood.cues:
            _forget(found, said)
        elif said.held is not None:
            if said.held not in found:
                found[said.held] = Known(said.id, said.sender, said.understood, said.at)
            add(found[said.held], said, position)
    return list(found.values())


def add(known: Known, said: Utterance, position: int) -> None:
    """said is a part of known from now on."""
    if _LOUDNESS[said.understood.band] > _LOUDNESS[known.meaning.band]:
        known.to, known.meaning = said.id, said.understood
    known.senders.add(said.sender)
    known.ids.add(said.id)
    known.last, known.position = said.at, position
    known.place = known.place or said.understood.place or said.pin
    if said.text:
        known.text += "\n" + one_line(said.text)


def one_line(text: str) -> str:
    """What one message says, so that a line of what a matter says is a message."""
    return "，".join(filter(None, map(str.strip, text.splitlines())))


def _forget(found: dict[str, Known], said: Utterance) -> None:
    """The sender took his last matter back."""
    own = [key for key, known in found.items() if known.opener == said.sender and said.at - known.last <= RETRACTABLE]
    if own:
        del found[own[-1]]


def loud(understood: Understanding) -> bool:
    """Whether the bot would do something about the message alone."""
    return understood.band is not Band.IGNORE
