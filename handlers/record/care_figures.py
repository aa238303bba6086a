"""帮扶 in a leader's digest: numbers alone."""

from collections.abc import Sequence
from datetime import datetime

from handlers.setting import Setting
from models.codes import RecordKind
from models.tables import GridNode
from models.uow import UnitOfWork


def day_line(uow: UnitOfWork, setting: Setting, nodes: Sequence[GridNode], now: datetime) -> list[str]:
    """How many households nobody has visited in time, or have nobody; nothing on other days, and never who they are."""
    if not setting.policy.care.on:
        return []
    counts = [uow.records.open_counts(node.path, RecordKind.CARE, now) for node in nodes]
    total, late, vacant = (sum(part) for part in zip(*counts, strict=True))
    if not late and not vacant:
        return []
    parts = [setting.words.say("care.late_count", count=late)] if late else []
    parts += [setting.words.say("care.vacant_count", count=vacant)] if vacant else []
    return [setting.words.say("care.day", total=total, parts="，".join(parts))]
