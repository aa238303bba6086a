"""How many weak signals (微弱信号) there were, by field of the policy: for digests, reports and the ledger."""

from collections.abc import Sequence
from datetime import datetime

from handlers.setting import Setting
from models.tables import GridNode
from models.ticket_tables import Signal
from models.uow import UnitOfWork
from models.weak_signals import Collected


def note(uow: UnitOfWork, setting: Setting, signal: Signal) -> None:
    """Enter a signal, or what it says by now, if the policy counts them."""
    rule = setting.policy.weak_signals
    if rule.fields:
        uow.weak_signals.note(signal, rule.of(signal.category, frozenset(signal.flags), signal.text))


def added(parts: Sequence[Collected]) -> Collected:
    """The sum."""
    whole = Collected(sum(part.all for part in parts))
    for part in parts:
        whole.fields.update(part.fields)
        whole.outcomes.update(part.outcomes)
    return whole


def by_field(setting: Setting, heard: Collected) -> str:
    """（劳动关系2、教育1）in the order of the policy; empty without any."""
    names = _fields(setting)
    return shown(setting, [(name, heard.fields[name]) for name in names if heard.fields[name]])


def _fields(setting: Setting) -> list[str]:
    """The fields of the own pack, then those that other places below have in theirs."""
    packs = (setting, *setting.everywhere)
    return list(dict.fromkeys(field.name for one in packs for field in one.policy.weak_signals.fields))


def shown(setting: Setting, rows: Sequence[tuple[str, int]], least: int = 1) -> str:
    """（劳动关系2、教育1）; what is less than the smallest count that may be told stands together at the end."""
    least = max(least, setting.policy.reports.least)
    rest = sum(count for _, count in rows if count < least)
    named = [(name, count) for name, count in rows if count >= least]
    named += [(setting.words.say("weak.others"), rest)] if rest else []
    text = "、".join(f"{name}{count}" for name, count in named)
    return setting.words.say("weak.fields", fields=text) if text else ""


def day_line(uow: UnitOfWork, setting: Setting, nodes: Sequence[GridNode], since: datetime, now: datetime) -> list[str]:
    """What a digest says of them; nothing on a day without any."""
    if not setting.policy.weak_signals.fields:
        return []
    heard = added([uow.weak_signals.heard(node.path, since, now) for node in nodes])
    decided = added([uow.weak_signals.decided(node.path, since, now) for node in nodes])
    if not heard.all and not decided.all:
        return []
    return [
        setting.words.say(
            "weak.day",
            count=heard.all,
            fields=by_field(setting, heard),
            registered=decided.became_tickets,
            dropped=decided.outcomes["dropped"],
        )
    ]


def figures(uow: UnitOfWork, setting: Setting, path: str, since: datetime, until: datetime) -> dict[str, object]:
    """What a report freezes of them; empty where the policy does not count them."""
    rule = setting.policy.weak_signals
    if not rule.fields:
        return {}
    local = since.astimezone(setting.policy.zone)
    year = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    heard = uow.weak_signals.heard(path, since, until)
    decided = uow.weak_signals.decided(path, since, until)
    return {
        "weak": {
            "count": heard.all,
            "fields": [[name, heard.fields[name]] for name in _fields(setting) if heard.fields[name]],
            "registered": decided.became_tickets,
            "dropped": decided.outcomes["dropped"],
            "year": uow.weak_signals.heard(path, year, until).all,
        }
    }
