"""Whether two messages are about one matter, and what one says as part of the other's."""

from collections.abc import Sequence
from dataclasses import replace

from nlp.matters import Known, loud
from nlp.understanding import Cue, Link, Relation, Understanding, Urgency, Utterance

SHORT = 4  # characters of a remark that does not end a topic


def elsewhere(known: Known, new: Utterance) -> Relation:
    """3栋也是: the same fault in another place is a matter of its own."""
    understood = replace(
        known.meaning, place=new.understood.place, evidence=(new.text.strip(),), cues=new.understood.cues
    )
    return Relation(Link.NEW, None, understood)


def as_of(known: Known, new: Utterance) -> Understanding:
    """new, seen as part of known: its own place and urgency, kind and category of known."""
    fresh = new.understood
    if loud(fresh) and fresh.category == known.meaning.category:
        return fresh
    return replace(
        known.meaning,
        place=fresh.place or new.pin or known.place,
        urgency=fresh.urgency if fresh.urgency is not Urgency.NORMAL else known.meaning.urgency,
        flags=known.meaning.flags | fresh.flags,
        cues=fresh.cues,
    )


def still_topic(known: Known, between: Sequence[Utterance]) -> bool:
    """Whether nobody changed the subject since something was last said of known."""
    return all(
        other.sender in known.senders
        or other.understood.cues & {Cue.JOIN, Cue.UPDATE, Cue.THANKS}
        or other.understood.category == known.meaning.category
        or len(other.text.strip()) <= SHORT
        for other in between
    )
