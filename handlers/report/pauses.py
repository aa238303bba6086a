"""Pauses in the listening that are too short for a line of their own: named together."""

from collections.abc import Iterable
from datetime import timedelta

from handlers.setting import Setting
from models.tables import Gap

SHORTEST_GAP = timedelta(minutes=1)
"""From here on a pause has a line of its own."""


def is_short(gap: Gap) -> bool:
    """Whether it is only counted."""
    return gap.until - gap.since < SHORTEST_GAP


def short_pauses(setting: Setting, gaps: Iterable[Gap]) -> list[str]:
    """One line on how many there were and how long they were together; none where there were none."""
    lengths = [gap.until - gap.since for gap in gaps if gap.until > gap.since and is_short(gap)]
    if not lengths:
        return []
    seconds = max(1, round(sum(lengths, timedelta()).total_seconds()))
    say = setting.words.say
    long = say("digest.seconds", count=seconds) if seconds < 120 else say("digest.minutes", count=round(seconds / 60))
    return [say("digest.short_gaps", count=len(lengths), length=long)]
