"""The values that understanding a message yields: the final interface between nlp/ and handlers/."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a message is about: 微心愿, 投诉/诉求/隐患, 矛盾纠纷, or nothing for the bot."""

    WISH = "wish"
    COMPLAINT = "complaint"
    DISPUTE = "dispute"
    NONE = "none"


class Band(StrEnum):
    """What the score allows: open a ticket aloud, ask the leader in private, or leave the message alone."""

    ACT = "act"
    ASK = "ask"
    IGNORE = "ignore"


class Urgency(StrEnum):
    EMERGENCY = "emergency"
    HIGH = "high"
    NORMAL = "normal"


class Flag(StrEnum):
    """Properties of a matter that decide who may be told; they never lift a message out of *ignore*."""

    VIOLENCE = "violence"  # abuse, beating: nothing in the group
    SUICIDE = "suicide"  # nothing in the group
    MINOR = "minor"  # a child is concerned
    HEALTH = "health"  # illness, disability, 低保: for the handler only
    FORMER = (
        "former"  # somebody is named by what he was (released, drugs, correction, petitioner): no words in the group
    )
    PETITION = "petition"  # calls to petition or strike: never more than ask, nobody counted


class Cue(StrEnum):
    """What a message does to a matter that was already spoken of."""

    JOIN = "join"  # 我家也是, +1, 同上
    UPDATE = "update"  # 还没修
    SETTLED = "settled"  # 修好了
    THANKS = "thanks"
    RETRACT = "retract"  # 发错群了, 当我没说
    FRAGMENT = "fragment"  # carries no matter alone, may continue one: 三楼那个


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message, understood without its context.

    score is the calibrated probability (0–1) that the message is a wish, complaint or dispute.
    category is a code of lexicons/taxonomy.tsv that belongs to kind. place is normalised
    ("3栋2单元") and unmasked, None when none is named. evidence holds pieces of the original
    text, the most telling first. kind NONE implies band IGNORE. leanings are the likeliest
    categories of a need, the best first, whatever the band; empty where nothing was weighed.
    """

    kind: Kind
    category: str
    band: Band
    score: float
    place: str | None = None
    urgency: Urgency = Urgency.NORMAL
    evidence: tuple[str, ...] = ()
    flags: frozenset[Flag] = frozenset()
    cues: frozenset[Cue] = frozenset()
    leanings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """A recent message of a room, as the shard remembers it for minutes, in memory only."""

    id: str
    sender: str
    at: datetime
    text: str
    understood: Understanding
    pictures: int = 0
    pin: str | None = None  # a shared location's label
    quotes: str | None = None  # id of the message that it quotes
    held: str | None = None  # the ticket or signal that holds it


class Link(StrEnum):
    """How a message relates to the recent talk of its room."""

    NEW = "new"  # stands alone
    BURST = "burst"  # the same sender goes on with his own matter
    JOIN = "join"  # another person has the same matter
    UPDATE = "update"  # news of a matter: 还没修
    SETTLED = "settled"  # 修好了 / thanks after a matter
    RETRACT = "retract"  # takes the own matter back


@dataclass(frozen=True, slots=True)
class Relation:
    """The outcome of threading one message.

    to is the id of the earlier message that link points at (None for NEW). understood is the
    understanding to act on: of the message alone, or of the burst read as one. parts are the
    ids of earlier, not yet held messages of the sender (text, picture or place) that belong to
    the same matter, oldest first; they become part of whatever is opened. whole is what the recent
    messages of the matter that link points at say together with this one, if that matters.
    """

    link: Link
    to: str | None
    understood: Understanding
    parts: tuple[str, ...] = field(default=())
    whole: Understanding | None = None


Understand = Callable[[str], Understanding]
