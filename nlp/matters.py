"""The live matters of a room: which of its recent messages belong together, and what is known of each matter."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nlp.placing import apart
from nlp.understanding import Band, Cue, Kind, Understanding, Utterance

_LOUDNESS = {Band.IGNORE: 0, Band.ASK: 1, Band.ACT: 2}


@dataclass(slots=True)
class Known:
    """What is known of a matter that a ticket or signal holds.

    to is the message that stands for it, opener its sender. last is when something was last said of it, and position
    the position of that message in the recent talk (None: that was longer ago).
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
    """The matters that the held messages of past make up, in the order in which they began."""
    found: list[Known] = []
    for position, said in enumerate(past):
        if not said.held:
            continue
        if Cue.RETRACT in said.understood.cues:
            _forget(found, said)
            continue
        known = _home(found, said)
        if known is None:
            known = Known(said.id, said.sender, said.understood, said.at)
            found.append(known)
        add(known, said, position)
    return found


def add(known: Known, said: Utterance, position: int) -> None:
    """said is a part of known from now on."""
    if _LOUDNESS[said.understood.band] > _LOUDNESS[known.meaning.band]:
        known.to, known.meaning = said.id, said.understood
    known.senders.add(said.sender)
    known.ids.add(said.id)
    known.last, known.position = said.at, position
    known.place = known.place or said.understood.place or said.pin
    if said.text:
        known.text += "\n" + said.text


def _home(found: Sequence[Known], said: Utterance) -> Known | None:
    """The matter that a held message most likely belongs to; None: it begins one."""
    heard = said.understood
    fitting = [known for known in reversed(found) if not apart(known.place, heard.place)]
    quoted = next((known for known in fitting if said.quotes in known.ids), None)
    if quoted is not None:
        return quoted
    own = next((known for known in fitting if said.sender in known.senders), None)
    if loud(heard):
        shared = heard.kind is not Kind.DISPUTE
        alike = (known for known in fitting if known.meaning.category == heard.category)
        same = next((known for known in alike if shared or said.sender in known.senders), None)
        return same or (own if heard.band is Band.ASK else None)
    return own or next((known for known in fitting if loud(known.meaning)), fitting[0] if fitting else None)


def _forget(found: list[Known], said: Utterance) -> None:
    """The sender took his last matter back."""
    own = [known for known in found if known.opener == said.sender]
    if own:
        found.remove(own[-1])


def loud(understood: Understanding) -> bool:
    """Whether the bot would do something about the message alone."""
    return understood.band is not Band.IGNORE
