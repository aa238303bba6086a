"""Relate a message to the recent talk of its room: bursts, pictures, joins, updates, retractions.

Pure: the caller hands in the recent messages (oldest first) and the function that understands a text. Which matter a
message belongs to is learned (nlp/pairing.py); what it does to that matter follows from its words and its sender.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

from nlp.burst import gathered, idle
from nlp.likeness import as_of, elsewhere, still_topic
from nlp.matters import RETRACTABLE, Known, live, loud
from nlp.pairing import NEW, NOTHING, Pairing
from nlp.placing import apart
from nlp.understanding import Band, Cue, Flag, Kind, Link, Relation, Understand, Understanding, Urgency, Utterance

FRESH = timedelta(minutes=10)
"""我家也是 and +1 reach this far back; other ties reach as far as the recent messages go."""
LATER = timedelta(minutes=2)
"""Thanks after less than this are for an answer, not for the mending."""

_BRIEF = 30  # characters up to which 来了 is news of the own matter
_AGREE_ONLY = 6  # characters up to which 同上 may be about anything that was said last
_DONE = re.compile(
    r"(?<![没未冇不要等])(?:返嚟|[来到]了|[换修好开整通搞]咗|[换修清拆扫]了|通了|掂|拉走|挪走|移走|搬走|开走|拖走|亮了|好返)"
    r"(?!一半|又|[吗么没?？])"
)
_MORE = re.compile(r"又|还(?!好|不错|行|可以|是算)|仲|继续|依旧|照样|没人[管来理修]|冇人")

MOST_READ = 8
"""Messages of a matter that are read together with a new one."""
ATTACH = 0.4
"""Chance from which a quiet message belongs to a matter; what would be a matter alone goes wherever it fits better."""
QUIET = 0.5
"""Chance from which what somebody says beside his own matter is taken for a remark, though it would be one alone."""
SURE = 0.9
"""The same beside the matters of others."""
PLAIN = 0.5
"""Score from which words that are no part of a matter are one of their own, whatever the talk around them."""
PLAIN_BOTH, PLAIN_OTHER = 0.9, 0.5
"""Score that a matter and words of another category must both have to be two matters, from its opener and from others.

Everything less plain is for the weights to decide: as hard rules, lower scores cost four joins in a hundred.
"""
TOGETHER = frozenset(("activity",))
"""Categories of wishes that people have together."""
COLLECTIVE = frozenset(("labour", "consumer", "property_fee"))
"""Categories of disputes that many have with one employer, shop or company; in any other a person is alone."""
_HIDDEN = frozenset((Flag.VIOLENCE, Flag.SUICIDE, Flag.PETITION))
_NEWS = frozenset((Cue.UPDATE, Cue.SETTLED))
_TELLING = _NEWS | {Cue.JOIN, Cue.THANKS}


def relate(recent: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation:
    """How new relates to recent (same room, oldest first), and the understanding to act on."""
    past = recent
    if recent and (recent[-1].at > new.at or recent[-1].id == new.id):
        past = [said for said in recent if said.at <= new.at and said.id != new.id]
    knowns = live(past)
    if knowns:
        if Cue.RETRACT in new.understood.cues:
            return _taken_back(knowns, new)
        if not _alarms(new.understood) and (told := _by_its_words(knowns, past, new)) is not None:
            return told
        if idle(new):
            return Relation(Link.NEW, None, new.understood)
    whole, parts = gathered(past, new, understand)
    known, meaning = _choose(knowns, past, new, whole)
    if known is None:
        return Relation(Link.NEW, None, meaning, parts if loud(meaning) else ())
    told = _attached(known, new, whole, parts)
    together = _together(known, new, understand)
    if together is not None and together.band is Band.ACT and known.meaning.band is Band.ASK:
        heard = told.understood
        place, cues, flags = heard.place or together.place, heard.cues, heard.flags | together.flags
        told = replace(told, understood=replace(together, place=place, cues=cues, flags=flags))
    return replace(told, whole=together)


def _by_its_words(knowns: Sequence[Known], past: Sequence[Utterance], new: Utterance) -> Relation | None:
    """我家也是, 还没修, 修好了, 谢谢 say themselves what they do; the likeliest matter that they fit is meant."""
    heard, cues = new.understood, new.understood.cues
    quoted = [known for known in knowns if new.quotes in known.ids]
    fitting = quoted or [known for known in knowns if not apart(known.place, heard.place)]
    if Cue.JOIN in cues and not cues & _NEWS:
        others = [known for known in fitting if known.opener != new.sender and _open_to(known, past, new)]
        if quoted or others:
            return _linked(Link.JOIN, quoted or others, past, new)
        return _elsewhere(knowns, new) or (None if loud(heard) else Relation(Link.NEW, None, heard))
    own = [known for known in fitting if new.sender in known.senders]
    if not loud(heard) and own and not cues and _is_done(new.text):
        return _linked(Link.SETTLED, own, past, new)
    if loud(heard) or not cues & _TELLING:
        return None
    if cues & _NEWS:
        link = Link.UPDATE if Cue.UPDATE in cues else Link.SETTLED
        return _linked(link, own or quoted or [known for known in fitting if not _is_personal(known)], past, new)
    return _linked(Link.SETTLED, quoted or [known for known in own if new.at - known.last > LATER], past, new)


def _linked(link: Link, knowns: Sequence[Known], past: Sequence[Utterance], new: Utterance) -> Relation:
    """new is linked to the likeliest of knowns; to none where there is none."""
    if not knowns:
        return Relation(Link.NEW, None, new.understood)
    chances = _pairing().chances(new, new.understood, knowns, past)
    known = knowns[max(range(len(knowns)), key=lambda index: (chances[index], index))]
    if link is Link.JOIN and new.sender in known.senders:
        link = Link.BURST
    return Relation(link, known.to, new.understood if link is Link.SETTLED else as_of(known, new))


def _open_to(known: Known, past: Sequence[Utterance], new: Utterance) -> bool:
    """Whether 我家也是 may speak of known: said a short while ago, and a bare +1 only while it is the topic."""
    heard = new.understood
    if new.at - known.last > FRESH or known.position is None or _is_personal(known):
        return False
    if loud(heard) and heard.kind is not known.meaning.kind:
        return False
    return len(new.text.strip()) > _AGREE_ONLY or still_topic(known, past[known.position + 1 :])


def _choose(
    knowns: Sequence[Known], past: Sequence[Utterance], new: Utterance, whole: Understanding
) -> tuple[Known | None, Understanding]:
    """The matter that new most likely belongs to, if any, and the understanding to act on."""
    chances = _pairing().chances(new, whole, knowns, past)
    free = [index for index, known in enumerate(knowns) if _may_hold(known, new, whole)]
    best = max(free, key=chances.__getitem__, default=NOTHING)
    chosen = best >= 0 and _is_chosen(chances, best)
    if chosen:
        return knowns[best], whole
    doubtful = loud(whole) and whole.score < PLAIN and whole.urgency is Urgency.NORMAL
    if not doubtful or not (chosen or chances[NOTHING] >= QUIET):
        return None, whole
    if not whole.flags and _is_remark(knowns, new, whole, chances[NOTHING]):
        return None, replace(whole, kind=Kind.NONE, category="chat", band=Band.IGNORE)
    return None, replace(whole, band=Band.ASK)  # the talk speaks against it: somebody looks before the group hears


def _is_remark(knowns: Sequence[Known], new: Utterance, whole: Understanding, chance: float) -> bool:
    """Whether what would be a doubtful matter alone is only a remark on one that is live. chance: that it is nothing.

    A newcomer's line stands behind talk that has nothing to do with it more often than not: it keeps its own meaning,
    unless it sounds like the matter too.
    """
    if any(new.sender in known.senders for known in knowns):
        return chance >= QUIET
    return chance >= SURE and any(known.meaning.category in whole.leanings for known in knowns)


def again(new: Utterance, knowns: Sequence[Known]) -> int | None:
    """Which of the matters that were spoken of long ago new speaks of again, by index."""
    chances = _pairing().chances(new, new.understood, knowns, ())
    best = max(range(len(knowns)), key=chances.__getitem__)
    known = knowns[best]
    return best if _is_chosen(chances, best) and _may_hold(known, new, new.understood) else None


def _is_chosen(chances: Mapping[int, float], best: int) -> bool:
    """Whether to attach: surely for a remark; what would be a matter alone goes wherever it fits better."""
    return chances[best] >= (max(chances[NEW], chances[NOTHING]) if NEW in chances else ATTACH)


def _may_hold(known: Known, new: Utterance, whole: Understanding) -> bool:
    """The same fault in another place is another matter, and a bare picture belongs to what was just said."""
    if not new.text.strip() and new.at - known.last > LATER:
        return False
    if _alarms(whole) and (whole.urgency is not known.meaning.urgency or whole.flags - known.meaning.flags):
        return False
    own = new.sender in known.senders
    if not own and _is_personal(known):
        return False
    if loud(whole) and _is_another(known, whole, PLAIN_BOTH if new.sender == known.opener else PLAIN_OTHER):
        return False
    return not apart(known.place, whole.place or new.pin) or (own and not loud(whole))


def _is_another(known: Known, whole: Understanding, plain: float) -> bool:
    """Whether a matter and what is said beside it are two beyond doubt, however near they were said."""
    return min(whole.score, known.meaning.score) >= plain and known.meaning.category not in whole.leanings


def _alarms(heard: Understanding) -> bool:
    """What cannot wait, and what must not be said aloud, is never hidden in another matter."""
    return heard.urgency is Urgency.EMERGENCY or bool(heard.flags & _HIDDEN)


def _is_personal(known: Known) -> bool:
    """Two who lack the same thing have two wishes; each quarrel is one's own, and what must not be said aloud."""
    meaning = known.meaning
    if meaning.flags & _HIDDEN:
        return True
    if meaning.kind is Kind.DISPUTE:
        return meaning.category not in COLLECTIVE
    return meaning.kind is Kind.WISH and meaning.category not in TOGETHER


def _attached(known: Known, new: Utterance, whole: Understanding, parts: tuple[str, ...]) -> Relation:
    """new belongs to known: as more of it, as news, or as another person's share."""
    meaning = as_of(known, replace(new, understood=whole))
    if new.sender not in known.senders:
        return Relation(Link.JOIN, known.to, meaning, parts)
    late = new.at - known.last > LATER
    more = Cue.UPDATE in whole.cues or _MORE.search(new.text) is not None
    return Relation(Link.UPDATE if more and late else Link.BURST, known.to, meaning, parts)


def _together(known: Known, new: Utterance, understand: Understand) -> Understanding | None:
    """What the messages of a matter say as one text; None where that needs nothing."""
    pieces = [*known.text.split("\n")[-MOST_READ:], new.text.strip()]
    read = understand("，".join(filter(None, pieces)))
    return read if loud(read) else None


def _is_done(text: str) -> bool:
    """师傅来了, 拖走了: said briefly by whoever reported it."""
    return len(text) <= _BRIEF and _DONE.search(text) is not None and _MORE.search(text) is None


def _taken_back(knowns: Sequence[Known], new: Utterance) -> Relation:
    """发错群了 takes back the own matter, the quoted one first."""
    own = [known for known in knowns if known.opener == new.sender and new.at - known.last <= RETRACTABLE]
    if not own:
        return Relation(Link.NEW, None, new.understood)
    known = next((known for known in own if new.quotes in known.ids), own[-1])
    return Relation(Link.RETRACT, known.to, new.understood)


def _elsewhere(knowns: Sequence[Known], new: Utterance) -> Relation | None:
    """我们5栋也是: the same fault in another place."""
    for known in reversed(knowns):
        other = new.sender not in known.senders and new.at - known.last <= FRESH
        if other and not loud(new.understood) and apart(known.place, new.understood.place):
            return elsewhere(known, new)
    return None


@cache
def _pairing() -> Pairing:
    return Pairing.load()
