"""The keys under which a matter is filed while it is open, and those under which the same matter is looked for.

They stand for what handlers.talk.matching compares: the place at several distances, and pairs of characters of the
words that decided. A key only brings a matter to the comparison; it never decides.
"""

import re
from collections.abc import Iterable, Sequence

from handlers.alarm.alarms import is_alarming
from handlers.talk.opening import Matter
from handlers.talk.signals import PETITION, is_petition
from handlers.wording import Wording
from models.codes import TicketKind
from models.matters import KeysOf
from models.ticket_tables import Signal, Ticket
from nlp import distance
from nlp.distance import Distance
from nlp.understanding import Urgency

MOST_WORDS = 10
"""Pairs of characters that stand for what a matter says."""
FEW_WORDS = 3
"""Those asked for where the place says more."""
NOWHERE = "-"
"""Begins the keys of matters that name no place."""
_URGENT = "!"
"""Begins the keys that emergencies have besides: an emergency is no remark on a matter that is none."""


def filing(words: Wording) -> KeysOf:
    """What writes the index of open matters: keys by these words."""
    common = words.say("cue.common").split()

    def keys_of(row: Ticket | Signal) -> Iterable[str]:
        if isinstance(row, Signal) and is_petition(row):
            return [PETITION]  # nobody's other words become a part of it
        if isinstance(row, Signal) and (row.kind is TicketKind.DISPUTE or is_alarming(row)):
            return []  # what is private is nobody else's, so no piece of it stands in the index
        said = row.text if isinstance(row, Signal) else row.title
        telling = _telling(row.evidence, said, common)
        if row.place:
            keys = [*distance.keys(row.place), *(f"w{pair}" for pair in telling)]
        else:
            keys = [NOWHERE, *(f"w{pair}" for pair in telling), *(f"{NOWHERE}{pair}" for pair in telling)]
        return keys if row.urgency != Urgency.EMERGENCY else [*keys, *among_emergencies(keys)]

    return keys_of


def asked(matter: Matter, reach: Distance, common: Sequence[str]) -> list[str]:
    """The keys under which the same matter may be filed, the most telling first."""
    telling = _telling(matter.evidence, matter.text, common)
    wide = telling if reach is Distance.GRID or not matter.place else telling[:FEW_WORDS]
    keys = distance.questions(matter.place) if matter.place else [NOWHERE]
    keys += [f"{NOWHERE}{pair}" for pair in telling]
    return keys + [f"w{pair}" for pair in wide]


def among_emergencies(keys: Sequence[str]) -> list[str]:
    """The same keys, of emergencies only."""
    return [_URGENT + key for key in keys]


def alike(matter: Matter, evidence: Iterable[str], text: str, common: Sequence[str]) -> bool:
    """Whether both name the same thing: in what decided, or in most of what was said.

    没人修 is said of whatever is broken, so such words are left out.
    """
    if set(_pairs(matter.evidence, common)) & set(_pairs(evidence, common)):
        return True
    one, other = set(_pairs((matter.text,), common)), set(_pairs((text,), common))
    return len(one & other) * 2 >= min(len(one), len(other)) > 0


def in_common(one: str, other: str, common: Sequence[str]) -> int:
    """How many pairs of characters that say something both texts have."""
    return len(set(_pairs((one,), common)) & set(_pairs((other,), common)))


def _telling(evidence: Iterable[str], text: str, common: Sequence[str]) -> list[str]:
    """The pairs that stand for a matter: of what decided, then of what was said; no pieces of numbers."""
    pairs = dict.fromkeys([*_pairs(evidence, common), *_pairs((text,), common)])
    return [pair for pair in pairs if not pair.isdigit()][:MOST_WORDS]


def _pairs(pieces: Iterable[str], common: Iterable[str]) -> list[str]:
    """Every two characters in a row, except across a word that says nothing or across a pause."""
    told = "\n".join(pieces)
    for word in common:
        told = told.replace(word, "\n")
    runs = re.split(r"\W+", told)
    return list(dict.fromkeys(run[i : i + 2] for run in runs for i in range(len(run) - 1)))
