"""Why a post has not left, in words for whoever operates the bot."""

from collections import Counter
from collections.abc import Iterable

from handlers.wording import Wording
from models.masking import short
from models.outbox import CANNOT, NOBODY, NOT_HERE

_OURS = {NOBODY: "fault.nobody", NOT_HERE: "fault.not_here", CANNOT: "fault.cannot", "unknown room": "fault.group"}
LONGEST = 60
"""Characters of a reason that a channel gives in its own words."""


def reason(words: Wording, error: str | None, code: int | None) -> str:
    """One clause: what is known of that code, else of that reason of ours, else as the channel gave it."""
    if code is not None:
        known = words.get(f"fault_code.{code}")
        return words.say("fault.coded", reason=known or short(error or words.say("fault.unknown"), LONGEST), code=code)
    if error in _OURS:
        return words.say(_OURS[error])
    return words.say("fault.given", reason=short(error, LONGEST) if error else words.say("fault.unknown"))


def counted(words: Wording, faults: Iterable[tuple[str | None, int | None, int]]) -> list[tuple[str, int]]:
    """(reason, how many posts) of (error, code, how many), the most first."""
    found: Counter[str] = Counter()
    for error, code, count in faults:
        found[reason(words, error, code)] += count
    return found.most_common()
