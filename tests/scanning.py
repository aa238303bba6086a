"""Looks for what must not stand where it stands: in every table, every post and every log line of a played transcript.

What counts as a phone, an ID card, a flat or a word of a dispute is written here once more, apart from the program's
own masking, so that both must agree.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlmodel import SQLModel, col, select
from transcript import Stage

from models.codes import PostKind, TicketKind
from models.record_tables import Record, RecordEntry
from models.states import ENDED
from models.tables import Person
from models.ticket_tables import Claim

PHONE, CARD, FLAT, DISPUTE = "phone", "card", "flat", "dispute"
HEALTH, CHILD = "health", "child"
_EDGE, _END = r"(?<![0-9A-Za-z.])", r"(?![0-9A-Za-z])"
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    PHONE: re.compile(rf"{_EDGE}(?:1[3-9]\d{{9}}|0\d{{2,3}}-\d{{7,8}}){_END}"),
    CARD: re.compile(rf"{_EDGE}[1-9]\d{{16}}[\dXx]{_END}"),
    FLAT: re.compile(
        rf"(?:栋|幢|座|号楼|单元)[的，, ]?\d{{3,4}}(?![\d.块元年天度户])|{_EDGE}\d{{3,4}}室"
        rf"|{_EDGE}\d{{1,2}}-\d{{1,2}}-\d{{3,4}}{_END}"
    ),
    DISPUTE: re.compile(
        "打老婆|打人|打我|打他|打她|打孩子|打起来|打架|家暴|动手|拿刀|砍|捅|骂我|骂人|吵架|离婚|欠薪|欠我|拖欠|工资|上访|横幅|罢工|信访"
        "|自杀|轻生|不想活|跳楼|喝药|喝农药|遗书|割腕|性骚扰|猥亵"
    ),
}
_TENDER: Mapping[str, re.Pattern[str]] = {
    HEALTH: re.compile(
        "糖尿病|癌|肿瘤|白血病|化疗|放疗|透析|尿毒症|偏瘫|瘫痪|半身不遂|中风|脑梗|卧床|残疾|失智|痴呆|精神病|抑郁|自闭症"
        "|高血压|心脏病|乙肝|肺结核|怀孕|流产|低保户|得了病"
    ),
    CHILD: re.compile("孩子|小孩|孙子|孙女|上小学|上初[一二三]|上高[一二三]|小学生|初中生|未成年"),
}
"""What no group may read, whoever said it there, and what may not outlive its matter."""
ANY = frozenset(_PATTERNS)
NOTHING: frozenset[str] = frozenset()

MAY_HOLD: Mapping[str, frozenset[str]] = {
    "ticket.title": ANY,  # for the handler; groups and reports see it masked
    "ticket.place": frozenset({FLAT}),
    "ticket.waiting_for": ANY,  # in the words of whoever has it; gone with the words of the ticket
    "ticket.evidence": frozenset({DISPUTE}),
    "event_text.text": ANY,  # the words of the history, erasable
    "signal.text": frozenset({DISPUTE}),  # masked, gone after a week
    "signal.evidence": frozenset({DISPUTE}),
    "organisation.name": frozenset({DISPUTE}),  # an office may be called 信访中心
    "person.phone": frozenset({PHONE}),
    "person.household": frozenset({FLAT}),  # the village's own key; gone with 忘记我
    "record.title": NOTHING,  # see RECORD_MAY_HOLD
    "record.text": NOTHING,
    "record_entry.text": NOTHING,
    "outgoing.text": ANY,  # private lines; those to a group are looked at by themselves, as posts are
}
"""Which column may hold what. Every other one may hold nothing of the kind, a new one neither until it stands here."""

RECORD_MAY_HOLD: Mapping[tuple[str, str], frozenset[str]] = {
    ("record.title", "visit"): frozenset({FLAT}),  # which household it is, for the staff of that place
    ("record.title", "vote"): frozenset({DISPUTE}),
    ("record.text", "publication"): frozenset({DISPUTE}),  # everybody reads it
    ("record.text", "vote"): frozenset({DISPUTE}),
    ("record.text", "meeting"): ANY,  # those who met; erased after the policy's months
    ("record.text", "review"): ANY,
    ("record.text", "care"): ANY,
    ("record_entry.text", "visit"): ANY,  # a note, for the staff of that place
    ("record_entry.text", "patrol"): ANY,  # as the ticket that it became; goes with its words
    ("record_entry.text", "publication"): frozenset({DISPUTE}),  # what was corrected
    ("record_entry.text", "meeting"): ANY,
    ("record_entry.text", "review"): ANY,
    ("record_entry.text", "care"): ANY,
}
"""What the words of records may hold, by their kind: what becomes of one says who reads it."""

STAFF = ("微网格长", "网格长", "支部书记", "治理员", "管理员", "村社区", "镇街", "区直", "领导")
"""Roles whose work it is to read what residents said; whether it is theirs to read is tested where it is decided."""
_TOOK = frozenset({"accepted", "processed"})
_CONTACT = "联系方式："


def sensitive(text: str) -> Iterator[tuple[str, str]]:
    """(kind, piece) of everything in the text that not everybody may read."""
    for kind, pattern in _PATTERNS.items():
        for found in pattern.finditer(text):
            yield kind, found[0]


def tender(text: str) -> Iterator[tuple[str, str]]:
    """(kind, piece) of everything in the text that is of somebody's health or of a child."""
    for kind, pattern in _TENDER.items():
        for found in pattern.finditer(text):
            yield kind, found[0]


def in_tables(stage: Stage) -> Iterator[str]:
    """What stands in a column that may not hold it."""
    tables = SQLModel.metadata
    with stage.engine.connect() as connection:
        records = tables.tables["record"]
        kinds = {row.id: str(row.kind) for row in connection.execute(records.select())}
        for table in tables.sorted_tables:
            for row in connection.execute(table.select()).mappings():
                kind = kinds.get(row["id"] if table.name == "record" else row.get("record_id"), "")
                for column, value in row.items():
                    yield from _in_cell(f"{table.name}.{column}", value, row, kind)


def _in_cell(place: str, value: object, row: Mapping[Any, Any], record: str) -> Iterator[str]:
    allowed = MAY_HOLD.get(place, NOTHING) | RECORD_MAY_HOLD.get((place, record), NOTHING)
    if place == "outgoing.text" and row["room_id"] is not None:
        allowed = NOTHING
    for kind, piece in sensitive(str(value)):
        if kind not in allowed:
            yield f"{place} holds a {kind}: {piece} in {value}"


def in_posts(stage: Stage) -> Iterator[str]:
    """What was sent to somebody who may not read it: a group, or a person who is no staff and did not say it."""
    roles = {line.split()[0]: line.split()[1] for line in stage.head.people}
    roles |= {name: role for name, role, _ in stage.head.offices if role in STAFF}
    helpers = set(_helpers(stage))
    own: dict[str, str] = {}
    for _, speaker, text, _ in stage.said:
        own[speaker] = own.get(speaker, "") + "\n" + text
    for _, post in stage.transport.sent:
        if post.to is not None and roles.get(post.to, "居民") in STAFF:
            continue
        if post.leader_of is not None:
            continue
        helps = roles.get(post.to or "") == "物业" or post.to in helpers
        if post.room is not None and post.kind is not PostKind.PUBLICITY:
            yield from (
                f"the group {post.room} reads of {kind}: {piece} in {post.text}" for kind, piece in tender(post.text)
            )
        for kind, piece in sensitive(post.text):
            if helps and kind in (FLAT, PHONE):
                continue  # whoever does it has to find it
            if post.room is not None:
                yield f"the group {post.room} reads a {kind}: {piece} in {post.text}"
            elif not _known(kind, piece, own.get(post.to or "", "")) and not (kind == PHONE and _CONTACT in post.text):
                yield f"{post.to} reads somebody else's {kind}: {piece} in {post.text}"


def _helpers(stage: Stage) -> Iterator[str]:
    """Names of those who had something in hand: were given it, or the contact of whoever wished it."""
    with stage.app.units() as uow:
        ids = set(uow.session.exec(select(Claim.person_id).where(Claim.contact == "given")).all())
        for ticket in (one for one in uow.tickets.all() if one.kind is not TicketKind.WISH):
            ids |= {ticket.handler_id} if ticket.handler_id else set()
            ids |= {event.actor_id for event in uow.tickets.events(ticket.id) if event.kind in _TOOK and event.actor_id}
            ids |= {to for event in uow.tickets.events(ticket.id) if isinstance(to := event.data.get("to"), str)}
        for person_id in ids:
            with suppress(LookupError):
                yield uow.people.get(person_id).name


def _known(kind: str, piece: str, said: str) -> bool:
    """Whether somebody reads only what he said himself; a flat by its number: 3栋2单元501 and 501室 are one."""
    return all(number in said for number in re.findall(r"\d{3,}", piece)) if kind == FLAT else piece in said


def in_logs(stage: Stage, entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What anybody said, or anything of the kind, in a log line at INFO or above."""
    for entry in entries:
        if entry.get("log_level") == "debug":
            continue
        shown = str({key: value for key, value in entry.items() if key not in ("exc_info",)})
        said = [text for _, _, text, _ in stage.said if len(text) >= 4 and text in shown]
        yield from (f"the log repeats: {text}" for text in said)
        yield from (f"the log holds a {kind}: {piece}" for kind, piece in sensitive(shown))


def not_erased(stage: Stage) -> Iterator[str]:
    """Words of health, of children, of what nobody understood and, in a public matter, of a quarrel that outlived it;
    also in the records out of which it was made or that are about it. And records that name whoever is forgotten.

    Whoever wrote them, at whatever step; the words themselves are looked at, whatever the ticket is flagged with.
    """
    with stage.app.units() as uow:
        entries = uow.session.exec(select(RecordEntry)).all()
        for ticket in uow.tickets.all():
            # What was merged has ended with what it was merged into.
            if uow.unions.end_of(ticket).status not in ENDED and ticket.anonymised_at is None:
                continue
            flags = set(ticket.flags)
            flagged = bool({"health", "minor", "unread"} & flags) or ticket.anonymised_at is not None
            if "later" in flags and not {"aside", "unread"} & flags and ticket.anonymised_at is None:
                flagged = False  # only a later step speaks of it: the others may stay
            kept = [word.text for word in uow.tickets.texts(ticket.id).values()]
            kept += [entry.text for entry in entries if entry.ticket_id == ticket.id and entry.text]
            about = uow.session.exec(select(Record).where(Record.ticket_id == ticket.id)).all()
            kept += [record.text for record in about if record.text]
            kept += [entry.text for entry in entries if entry.record_id in {one.id for one in about} and entry.text]
            for text in (*kept, ticket.title, ticket.place or "", ticket.waiting_for or "", *ticket.evidence):
                found = [piece for _, piece in tender(text)]
                if not ticket.private:
                    found += [piece for kind, piece in sensitive(text) if kind == DISPUTE]
                if found or (flagged and text in kept):
                    yield f"#{ticket.number} has ended and keeps: {text}"
        gone = set(uow.session.exec(select(Person.id).where(col(Person.erased_at).is_not(None))).all())
        written: list[Record | RecordEntry] = [*entries, *uow.session.exec(select(Record)).all()]
        yield from (
            f"a record names somebody forgotten: {one.id} {one.text}" for one in written if one.person_id in gone
        )


def everything(stage: Stage, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """All that stands in a wrong place, each as a line."""
    return [*in_tables(stage), *in_posts(stage), *in_logs(stage, entries), *not_erased(stage)]
