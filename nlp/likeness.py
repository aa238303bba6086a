"""Whether two messages are about one matter, and what one says as part of the other's."""

from collections.abc import Sequence
from dataclasses import replace

from nlp.placing import apart
from nlp.understanding import Band, Cue, Link, Relation, Understanding, Urgency, Utterance

SHORT = 4  # characters of a remark that does not end a topic


def elsewhere(said: Utterance, new: Utterance) -> Relation:
    """3栋也是: the same fault in another place is a matter of its own."""
    understood = replace(
        said.understood, place=new.understood.place, evidence=(new.text.strip(),), cues=new.understood.cues
    )
    return Relation(Link.NEW, None, understood)


def as_of(said: Utterance, new: Utterance) -> Understanding:
    """new, seen as part of said's matter: its own place and urgency, said's kind and category."""
    fresh = new.understood
    if loud(fresh) and fresh.category == said.understood.category:
        return fresh
    return replace(
        said.understood,
        place=fresh.place or new.pin or said.understood.place,
        urgency=fresh.urgency if fresh.urgency is not Urgency.NORMAL else said.understood.urgency,
        flags=said.understood.flags | fresh.flags,
        cues=fresh.cues,
    )


def still_topic(said: Utterance, between: Sequence[Utterance]) -> bool:
    """Whether nobody changed the subject since said."""
    return all(
        other.sender == said.sender
        or other.understood.cues & {Cue.JOIN, Cue.UPDATE, Cue.THANKS}
        or other.understood.category == said.understood.category
        or len(other.text.strip()) <= SHORT
        for other in between
    )


def fits(said: Utterance, new: Utterance) -> bool:
    """Whether news may be about said: no other place, no other category named aloud."""
    if apart(said.understood.place, new.understood.place):
        return False
    return not loud(new.understood) or new.understood.category == said.understood.category


def alike(said: Utterance, new: Utterance) -> bool:
    """Whether the deciding words of two messages share two characters in a row."""
    return bool(pairs(said.understood.evidence) & pairs(new.understood.evidence))


def pairs(pieces: Sequence[str]) -> set[str]:
    return {piece[i : i + 2] for piece in pieces for i in range(len(piece) - 1)}


def matters(said: Utterance) -> bool:
    return said.held or loud(said.understood)


def loud(understood: Understanding) -> bool:
    return understood.band is not Band.IGNORE
