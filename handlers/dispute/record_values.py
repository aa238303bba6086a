"""What people write into the record of a dispute, and what it means: dates, numbers, methods, yes and no."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from handlers.context import Context
from handlers.numbers import number_of
from models.codes import RecordField
from models.ticket_tables import Ticket

F = RecordField

LONGEST: Mapping[RecordField, int] = MappingProxyType({F.BRIEF: 2000, F.COURSE: 2000, F.REVIEW: 500, F.NAME: 100})
"""Characters that a field may have; others at most USUAL."""
USUAL = 60
MOST_PEOPLE = 100_000

_DATES = (F.HAPPENED_ON, F.DEADLINE, F.REVIEWED_ON)
_FULL_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_SHORT_DATE = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")


def field_name(ctx: Context, field: RecordField) -> str:
    """事件名称, 发生日期, …"""
    return ctx.setting.words.name("record_field", field.value).split()[0]


def fields_of(ctx: Context, text: str) -> list[tuple[RecordField, str]]:
    """「化解方式 人民调解」, several of them on lines of their own; a line without a name goes on with the one before.

    Empty when the text does not begin with a name.
    """
    spelled = {
        spelling: field for field in F for spelling in ctx.setting.words.name("record_field", field.value).split()
    }
    names = "|".join(sorted(map(re.escape, spelled), key=len, reverse=True))
    head = re.compile(rf"\s*({names})(?:\s*[:：=]\s*|\s+|$)")
    found: list[tuple[RecordField, list[str]]] = []
    for line in text.splitlines():
        match = head.match(line)
        if match is not None:
            found.append((spelled[match[1]], [line[match.end() :].strip()]))
        elif found:
            found[-1][1].append(line.strip())
        elif line.strip():
            return []
    return [(field, _joined(part for part in parts if part)) for field, parts in found]


def _joined(lines: Iterable[str]) -> str:
    """The lines as one: two that no mark parts get a comma between them."""
    return re.sub(r"(?<=\w)\n", "，", "\n".join(lines)).replace("\n", "")


def value_of(ctx: Context, ticket: Ticket, field: RecordField, said: str) -> str | int | bool:
    """The value as it is kept: dates as 2026-05-06, the rest as said. Raises Refusal that says how it is written."""
    plain = unicodedata.normalize("NFKC", said).strip()
    if field in _DATES:
        return _date(ctx, field, plain)
    if field is F.PEOPLE:
        number = number_of(re.sub(r"[人个名位]+$", "", plain))
        if not number or number > MOST_PEOPLE:
            raise ctx.refuse("refuse.record_people", number=ticket.number)
        return number
    if field is F.SUCCEEDED:
        outcome = success_of(ctx, plain)
        if outcome is None:
            raise ctx.refuse("refuse.record_success")
        return outcome
    if field is F.METHOD:
        if plain not in ctx.policy.disputes.methods:
            raise ctx.refuse("refuse.record_method", methods="、".join(ctx.policy.disputes.methods))
        return plain
    limit = LONGEST.get(field, USUAL)
    if len(said) > limit:
        name = field_name(ctx, field)
        raise ctx.refuse("refuse.record_long", field=name, limit=limit, length=len(said))
    return said


def success_of(ctx: Context, said: str) -> bool | None:
    """是 and 成功, 否 and 没调成; None for anything else."""
    if said in ctx.say("cue.yes").split():
        return True
    return False if said in ctx.say("cue.no").split() else None


def shown_value(ctx: Context, value: str | int | bool) -> str:
    if isinstance(value, bool):
        return ctx.say("record.yes") if value else ctx.say("record.no")
    return str(value)


def _date(ctx: Context, field: RecordField, said: str) -> str:
    """A day without its year is the last one (a deadline: the next one) of that name."""
    today = ctx.now.astimezone(ctx.policy.zone).date()
    day = _day(ctx, said, today, ahead=field is F.DEADLINE)
    if day is None:
        raise ctx.refuse("refuse.record_date", field=field_name(ctx, field))
    if day > today and field is not F.DEADLINE:
        raise ctx.refuse("refuse.record_future", field=field_name(ctx, field))
    return day.isoformat()


def _day(ctx: Context, said: str, today: date, *, ahead: bool) -> date | None:
    ago = {word: days for days, word in enumerate(ctx.say("cue.today").split())}
    if said in ago:
        return today - timedelta(days=ago[said])
    full, short = _FULL_DATE.fullmatch(said), _SHORT_DATE.fullmatch(said)
    try:
        if full is not None:
            return date(int(full[1]), int(full[2]), int(full[3]))
        if short is None:
            return None
        day = date(today.year, int(short[1]), int(short[2]))
        if ahead and day < today:
            return day.replace(year=today.year + 1)
        return day.replace(year=today.year - 1) if day > today and not ahead else day
    except ValueError:
        return None
