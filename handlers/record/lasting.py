"""What was begun under one pack and runs under another: it keeps its commands and its rules until it ends."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from handlers.policy.part import Part
from handlers.registry import Command
from handlers.setting import Setting
from models.codes import RecordKind
from models.record_tables import Record
from models.tables import GridNode
from models.uow import UnitOfWork

LASTING = (RecordKind.VOTE, RecordKind.REVIEW, RecordKind.MEETING)
"""Kinds of records whose commands stay with them."""
NEVER_ENDS = timedelta(days=31)
"""A meeting ends with the next one, which may never come under the other pack."""
RULE = "rule"
"""Where a record keeps the part of the pack under which it was begun."""

Rule = TypeVar("Rule", bound=Part)


class Kept(NamedTuple):
    """A record that runs, of a kind that the pack of its place has not any more."""

    kind: RecordKind
    path: str
    scope_id: int


def kept(uow: UnitOfWork, setting: Setting, now: datetime) -> tuple[Kept, ...]:
    """What runs anywhere though the pack there has no more of its kind. One statement, as a rule without a row."""
    kinds = [kind for kind in LASTING if not all(_has(one, kind) for one in setting.everywhere)]
    found = []
    for record in uow.records.running(kinds, meetings_since=now - NEVER_ENDS):
        node = uow.places.node(record.node_id)
        if not _has(setting.at(uow, node), record.kind):
            found.append(Kept(record.kind, node.path, record.scope_id))
    return tuple(dict.fromkeys(found))


def _has(setting: Setting, kind: RecordKind) -> bool:
    policy = setting.policy
    match kind:
        case RecordKind.VOTE:
            return policy.votes.on
        case RecordKind.REVIEW:
            return policy.panels.on
        case _:
            return policy.meetings.on


def kinds_at(running: Iterable[Kept], path: str) -> frozenset[RecordKind]:
    """Those that concern the place of that path: at it, above it or below it."""
    return frozenset(one.kind for one in running if path.startswith(one.path) or one.path.startswith(path))


def keeps(uow: UnitOfWork, command: Command, node: GridNode, now: datetime) -> bool:
    """Whether a command that the pack of the place has not (any more) stays there for what runs."""
    if not command.lasting:
        return False
    running = uow.records.running(sorted(command.lasting), meetings_since=now - NEVER_ENDS, path=node.path)
    return bool(running)


def rule_of(record: Record, rule: Rule) -> Rule:
    """The rule under which the record was begun; rule: that of the pack, for records that did not keep theirs."""
    written = record.data.get(RULE)
    return rule if written is None else type(rule).model_validate(written)


def written(rule: Part) -> dict[str, object]:
    """The rule as a record keeps it in its data."""
    return {RULE: rule.model_dump(mode="json", by_alias=True)}
