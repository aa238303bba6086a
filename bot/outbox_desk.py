"""What an operator sees of the outbox and does with it by hand: list, send again, drop."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.operating import NotReadyError, current_database
from bot.settings import Settings
from handlers.operator.reasons import reason
from handlers.policy import load_policy
from handlers.wording import Wording, load_wording
from models.codes import OutgoingState
from models.masking import short
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork

TO_SHOW = (
    OutgoingState.PENDING,
    OutgoingState.SENDING,
    OutgoingState.MAYBE,
    OutgoingState.REFUSED,
    OutgoingState.STUCK,
    OutgoingState.EXPIRED,
)
"""What is listed unless a state is asked for: all that has not come to a good end."""
AGAIN = frozenset({OutgoingState.MAYBE, OutgoingState.REFUSED, OutgoingState.STUCK, OutgoingState.EXPIRED})
"""What may be sent again by hand."""
DROPPABLE = AGAIN | {OutgoingState.PENDING}
BY_HAND = "dropped by hand"
_AGO = re.compile(r"(\d{1,4})([dh天时小])")
_TITLES = ("编号", "状态", "类别", "账号", "发到", "写入", "下次", "次数", "原因")


@dataclass(frozen=True, slots=True)
class Filters:
    """What to list. states: none is TO_SHOW; room: the name or external id of a group; since: a day, or 3d, 12h."""

    states: Sequence[str] = ()
    account: str | None = None
    room: str | None = None
    since: str | None = None
    limit: int = 100
    text: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What to tell the operator. failed: some of what he named could not be done."""

    lines: Sequence[str]
    failed: bool = False


def listed(settings: Settings, filters: Filters, now: datetime) -> list[str]:
    """The table. Raises NotReadyError with a sentence about a filter that means nothing."""
    words, zone = load_wording(settings.wording_file), load_policy(settings.policy).zone
    states = [_state(words, name) for name in filters.states] or list(TO_SHOW)
    since = None if filters.since is None else _since(filters.since, now, zone)
    with UnitOfWork(current_database(settings), read_only=True) as uow:
        if filters.account is not None and filters.account not in {one.name for one in uow.places.accounts()}:
            raise NotReadyError(f"没有账号 {filters.account}，账号的名字见 xiaoshao doctor。")
        rooms = None if filters.room is None else _rooms(uow, filters.room)
        found = uow.outbox.listed(states, account=filters.account, room_ids=rooms, since=since, limit=filters.limit + 1)
        rows = [_cells(uow, words, row, zone, filters) for row in found[: filters.limit]]
        counts = uow.outbox.counts()
    summary = "，".join(
        f"{words.name('outgoing', state.value)} {counts[state]}" for state in TO_SHOW if state in counts
    )
    if not rows:
        return [f"没有这样的消息。全部：{summary}。" if summary else "没有要看的消息，都发出去了。"]
    titles = (*_TITLES, "内容") if filters.text else _TITLES
    more = [f"……还有更早的，可以加 --limit {filters.limit * 10} 或 --since。"] if len(found) > filters.limit else []
    return [*_table([titles, *rows]), *more, f"全部：{summary}。" if summary else "全部都已发出。"]


def retry(settings: Settings, ids: Iterable[int], states: Sequence[str], now: datetime) -> Done:
    """Queue these posts, or all in these states, once more. What may have arrived is marked as doubled."""
    words = load_wording(settings.wording_file)
    wanted = [_state(words, name) for name in states]
    if wrong := [state for state in wanted if state not in AGAIN]:
        raise NotReadyError(f"「{words.name('outgoing', wrong[0].value)}」的不用重发。")
    lines, count, failed = [], 0, False
    with UnitOfWork(current_database(settings)) as uow:
        for row_id in _named(uow, ids, wanted):
            fault = _again(uow, words, row_id, now)
            count += fault is None
            if fault is not None:
                lines.append(fault)
                failed = True
        uow.commit()
    return Done([*lines, f"{count} 条已重新排队，一分钟内开始发。" if count else "没有要重发的。"], failed)


def drop(settings: Settings, ids: Iterable[int]) -> Done:
    """Give up these posts: they are kept without being sent, and shown no more."""
    words = load_wording(settings.wording_file)
    lines, count, failed = [], 0, False
    with UnitOfWork(current_database(settings)) as uow:
        for row_id in _named(uow, ids, ()):
            row = uow.outbox.find(row_id)
            if row is None or row.state not in DROPPABLE:
                lines.append(_not_so(words, row_id, row, "不能丢掉"))
                failed = True
                continue
            row.state, row.error, row.code, row.echo = OutgoingState.DROPPED, BY_HAND, None, None
            count += 1
        uow.commit()
    return Done([*lines, f"{count} 条不发了。"], failed)


def _again(uow: UnitOfWork, words: Wording, row_id: int, now: datetime) -> str | None:
    """Queue one post again; the sentence why not, where that cannot be."""
    row = uow.outbox.find(row_id)
    if row is None or row.state not in AGAIN:
        return _not_so(words, row_id, row, "不能重发")
    if not row.text and row.picture is None:
        return f"{row_id}：内容已按规定删掉，不能重发。"
    if row.room_id is None and row.person_id is not None and row.address is None:
        identity = uow.people.identity_on(row.person_id, row.account)
        if identity is None:
            return f"{row_id}：{words.say('fault.not_here')}，不能重发。"
        row.address = identity.external_id
    row.doubled = row.doubled or row.state is OutgoingState.MAYBE
    if row.expires_at is not None and row.expires_at <= now:
        row.expires_at = None  # somebody wants it to go all the same
    row.state, row.not_before, row.attempts = OutgoingState.PENDING, now, 0
    row.error = row.code = None
    return None


def _named(uow: UnitOfWork, ids: Iterable[int], states: Sequence[OutgoingState]) -> list[int]:
    found = list(ids)
    for state in states:
        found += [row.id for row in uow.outbox.in_state(state) if row.id is not None]
    return list(dict.fromkeys(found))


def _not_so(words: Wording, row_id: int, row: Outgoing | None, what: str) -> str:
    if row is None:
        return f"{row_id}：没有这一条。"
    return f"{row_id}：{words.name('outgoing', row.state.value)}，{what}。"


def _state(words: Wording, name: str) -> OutgoingState:
    """By its code or its Chinese name."""
    known = {one.value: one for one in OutgoingState}
    known |= {words.name("outgoing", one.value): one for one in OutgoingState}
    if name not in known:
        names = "、".join(f"{words.name('outgoing', one.value)}（{one.value}）" for one in OutgoingState)
        raise NotReadyError(f"没有「{name}」这种状态。可以写：{names}。")
    return known[name]


def _since(said: str, now: datetime, zone: tzinfo) -> datetime:
    if (ago := _AGO.match(said)) is not None:
        number = int(ago.group(1))
        return now - (timedelta(days=number) if ago.group(2) in "d天" else timedelta(hours=number))
    try:
        return datetime.fromisoformat(said).replace(tzinfo=zone)
    except ValueError:
        raise NotReadyError(
            f"看不懂 --since {said}。请写日期 2026-05-06，或 3d（三天内）、12h（十二小时内）。"
        ) from None


def _rooms(uow: UnitOfWork, said: str) -> list[int]:
    found = [room.id for room in uow.places.rooms() if said in (room.name, room.external_id) and room.id is not None]
    if not found:
        raise NotReadyError(f"没有叫「{said}」的群。")
    return found


def _cells(uow: UnitOfWork, words: Wording, row: Outgoing, zone: tzinfo, filters: Filters) -> tuple[str, ...]:
    def at(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%m-%d %H:%M}"

    fault = row.state not in (OutgoingState.SENT, OutgoingState.MERGED) and (row.error or row.code is not None)
    why = reason(words, row.error, row.code) if fault else ""
    cells = (
        str(row.id),
        words.name("outgoing", row.state.value) + ("（第二遍）" if row.doubled else ""),
        words.name("post_kind", row.kind.value),
        row.account,
        _to(uow, words, row),
        at(row.created_at),
        at(row.not_before) if row.state is OutgoingState.PENDING else "",
        str(row.attempts),
        why,
    )
    if not filters.text:
        return cells
    return (*cells, " ".join(row.text.split()) or ("（图片）" if row.picture else "（已删）"))


def _to(uow: UnitOfWork, words: Wording, row: Outgoing) -> str:
    if row.room_id is not None:
        return short(uow.places.room_by_id(row.room_id).name, 20)
    if row.person_id is not None:
        return f"私聊 {uow.people.get(row.person_id).name or words.say('name.somebody')}"
    if row.leader_of is not None:
        return f"{short(uow.places.room_by_id(row.leader_of).name, 16)}的负责人"
    return ""


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns as wide as what stands in them; a Chinese sign is as wide as two letters."""
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
