"""巡查: a round with a checklist. What is missing is asked for once, what is wrong becomes a ticket."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.context import Context
from handlers.effects import Effect, Remind, Tell
from handlers.people.stations import having, placed, require_role, stations
from handlers.policy.patrols import Item
from handlers.record.checklist import OK, PROBLEM, Round, is_report, read_round
from handlers.record.records import answer, looked_up, node_of
from handlers.record.rounds import ITEM, LISTED, begun, missing, plan, rounds
from handlers.setting import Setting
from handlers.talk.answers import to_record
from handlers.talk.matching import find_same
from handlers.talk.opening import Matter, join, open_ticket, understood
from models.codes import LEADERS, PostKind, RecordKind, RecordState, RoomPurpose, TicketKind
from models.masking import short
from models.record_tables import Record
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.understanding import Band, Kind

PATROL = "patrol"
"""The kind of schedule: the end of a question about one round."""
LONGEST = 500


def patrol(ctx: Context) -> list[Effect]:
    """巡查 ‹内容›: a round, or more of the one that is still open."""
    rule = ctx.policy.patrols
    require_role(ctx, rule.roles)
    if not ctx.args.text.strip():
        raise ctx.refuse("refuse.patrol_how", items=_named(rule.items))
    ctx, node, text = placed(ctx, lambda policy: policy.patrols, ctx.args.text.strip())
    rule = ctx.policy.patrols
    found = read_round(rule.items, text[:LONGEST])
    if not found.says_something and not _loose(ctx, found):
        raise ctx.refuse("refuse.patrol_how", items=_named(rule.items))
    record = _open_round(ctx)
    if record is None or record.node_id != node.id:
        scope = ctx.uow.places.scope(node, ctx.policy.number_scope)
        record = ctx.uow.records.open(
            RecordKind.PATROL, node, scope, title=ctx.say("record_kind.patrol"), at=ctx.now, person_id=ctx.me().id
        )
    return _noted(ctx, record, found)


def answered(ctx: Context) -> list[Effect] | None:
    """A private sentence that answers what was asked about an open round; None: it does not."""
    record = _open_round(ctx)
    if record is None:
        return None
    assert record.id is not None
    ctx = ctx.at(node_of(ctx, record))
    text, items = ctx.args.text[:LONGEST], ctx.policy.patrols.items
    if not is_report(items, text, asked=to_record(ctx, record.id)):
        return None
    found = read_round(items, text)
    return _noted(ctx, record, found) if found.says_something else None


def _open_round(ctx: Context) -> Record | None:
    """The speaker's round about which he was asked a short while ago."""
    person = ctx.known_me()
    minutes = [one.policy.patrols.answer_minutes for one in (ctx.setting, *ctx.packs) if one.policy.patrols.on]
    if person is None or not minutes:
        return None
    record = ctx.uow.records.last_of(RecordKind.PATROL, person.id, ctx.now - timedelta(minutes=max(minutes)))
    if record is None or record.state is not RecordState.OPEN:
        return None
    rule = ctx.at(node_of(ctx, record)).policy.patrols
    return record if rule.on and record.at >= ctx.now - timedelta(minutes=rule.answer_minutes) else None


def _noted(ctx: Context, record: Record, found: Round) -> list[Effect]:
    """Keep what was found; say what became of it and what is missing, in one line."""
    rule, me = ctx.policy.patrols, ctx.me()
    assert record.id is not None
    known = {entry.key for entry in ctx.uow.records.entries(record.id, ITEM)}
    for item in rule.items:
        value, _ = found.found.get(item.name, (OK if found.rest and item.name not in known else "", ""))
        if value == OK:
            ctx.uow.records.put(record, ITEM, item.name, at=ctx.now, value=OK, person_id=me.id)
    effects: list[Effect] = []
    lines: list[str] = []
    problems: list[tuple[Item | None, str]] = [
        (one, words) for one in rule.items for value, words in _of(found, one) if value == PROBLEM
    ]
    problems += [(None, words) for words in _loose(ctx, found)]
    for wrong_item, words in problems:
        ticket, told, new = _ticket(ctx, record, wrong_item, words)
        key = wrong_item.name if wrong_item is not None else f"other:{ticket.id}"
        ctx.uow.records.put(
            record, ITEM, key, at=ctx.now, value=PROBLEM, text=words, person_id=me.id, ticket_id=ticket.id
        )
        effects += told
        lines.append(ctx.say("patrol.ticket" if new else "patrol.known", label=ctx.label(ticket, group=False)))
    ctx.uow.flush()
    done = {entry.key: entry.value for entry in ctx.uow.records.entries(record.id, ITEM)}
    lacking = [item.name for item in rule.items if item.name not in done]
    wrong = sum(value == PROBLEM for value in done.values())
    place, fine = node_of(ctx, record).name, sum(value == OK for value in done.values())
    key = "patrol.wrong_only" if not fine else "patrol.noted" if wrong or lacking else "patrol.fine"
    said = ctx.say(key, number=record.number, place=place, fine=fine, wrong=wrong)
    said += "".join(lines)
    if lacking:
        said += ctx.say("patrol.missing", items="、".join(lacking), item=lacking[0])
        due = record.at + timedelta(minutes=rule.answer_minutes)
        effects.append(Remind(PATROL, str(record.id), "open", due))
    else:
        ctx.uow.records.end(record, ctx.now)
    scope = ctx.uow.places.scope(node_of(ctx, record), ctx.policy.number_scope)
    return [answer(ctx, said, record), *effects, *plan(ctx.setting, scope, ctx.now)]


def _of(found: Round, item: Item) -> list[tuple[str, str]]:
    return [found.found[item.name]] if item.name in found.found else []


def _loose(ctx: Context, found: Round) -> list[str]:
    """Words that name no item of the list but speak of something that is wrong."""
    heard = [(words, ctx.setting.understand(words)) for words in found.loose]
    return [words for words, meaning in heard if meaning.kind is not Kind.NONE and meaning.band is not Band.IGNORE]


def _ticket(ctx: Context, record: Record, item: Item | None, words: str) -> tuple[Ticket, list[Effect], bool]:
    """The ticket of a problem, or the one that somebody has reported already; whether it is new."""
    meaning = ctx.setting.understand(words)
    kind, category = TicketKind.COMPLAINT, "complaint_other"
    if item is not None and item.category is not None:
        kind, category = TicketKind(ctx.setting.taxonomy.kind(item.category).value), item.category
        if meaning.kind.value == kind.value and category.endswith("_other"):
            category = meaning.category
    elif meaning.kind is not Kind.NONE:
        kind, category = TicketKind(meaning.kind.value), meaning.category
    node = node_of(ctx, record)
    assert node.id is not None
    private = item is not None and item.private
    room = next(iter(ctx.uow.places.rooms_at(node.id, RoomPurpose.RESIDENTS)), None)
    matter = understood(
        Matter(
            kind=kind,
            category=category,
            text=words,
            node=node,
            room=None if private else room,
            requester=ctx.me(),
            band="command",
            messages=(ctx.message,),
            hidden=private,
        ),
        meaning,
    )
    ctx.uow.lock("matter", node.id, category)
    same = None if matter.private else find_same(ctx, matter)
    if same is not None:
        # He saw it on his round; who asked for it, and will be asked how it went, are those who reported it.
        _, effects = join(ctx, same, replace(matter, requester=None))
        return same, effects, False
    ticket, effects = open_ticket(ctx, matter)
    # Whoever went on the round reads what became of it in the answer.
    return ticket, [one for one in effects if not _is_notice_to(one, ctx.me().id)], True


def _is_notice_to(effect: Effect, person_id: str) -> bool:
    return isinstance(effect, Tell) and effect.kind is PostKind.NOTICE and effect.person_id == person_id


def _named(items: Sequence[Item]) -> str:
    return "、".join(item.name for item in items[:3]) or "卫生"


def give_up(uow: UnitOfWork, setting: Setting, record_id: int, now: datetime) -> list[Effect]:
    """Nobody answered the question about a round: it stands as it is."""
    record = uow.records.get(record_id)
    if record.state is RecordState.OPEN:
        record.data = {**record.data, "missing": missing(uow, setting, record)}
        uow.records.end(record, now)
    return []


# -- looking it up -------------------------------------------------------------------------------


def look_up(ctx: Context) -> list[Effect]:
    """查巡查: which places had their round and what was wrong there; 查巡查 N: the items of one."""
    text = ctx.args.text.strip()
    if (records := looked_up(ctx, text, RecordKind.PATROL)) is not None:
        if len(records) != 1:
            raise ctx.refuse("refuse.patrol_none", number=text.lstrip("#"))
        return [answer(ctx, _shown(ctx, records[0]), records[0])]
    places = stations(ctx, LEADERS)
    if not places:
        raise ctx.refuse("refuse.leader_only")
    lines = []
    for here, place in having(ctx, lambda policy: policy.patrols.on, places)[:LISTED]:
        owed = rounds(ctx.uow, here.setting, place, ctx.now)
        left = [ctx.uow.places.node(node_id).name for node_id, done in owed.items() if not done]
        gone = ctx.uow.records.below(place.path, RecordKind.PATROL, since=begun(here.setting, ctx.now))
        entries = [entry for one in gone if one.id is not None for entry in ctx.uow.records.entries(one.id, ITEM)]
        found = {entry.ticket_id for entry in entries if entry.ticket_id is not None}
        tickets = sorted((ctx.uow.tickets.get(one) for one in found), key=lambda one: (one.scope_id, one.number))
        wrong = "、".join(f"#{ticket.number}" for ticket in tickets[:LISTED])
        line = ctx.say("patrol.share", place=place.name, due=len(owed), done=len(owed) - len(left))
        line += ctx.say("patrol.wrong", count=len(tickets), numbers=wrong) if tickets else ""
        line += ctx.say("patrol.left", names="、".join(left[:LISTED])) if left else ""
        lines.append(line)
    return [answer(ctx, "\n".join(lines))]


def _shown(ctx: Context, record: Record) -> str:
    assert record.id is not None
    lines = []
    for entry in ctx.uow.records.entries(record.id, ITEM):
        name = entry.key if not entry.key.startswith("other:") else ctx.say("patrol.other")
        ticket = None if entry.ticket_id is None else ctx.uow.tickets.get(entry.ticket_id)
        words = "" if ticket is None else f"#{ticket.number} {short(entry.text, 40)}".rstrip()
        lines.append(ctx.say(f"patrol_item.{entry.value}", name=name, words=words))
    lacking = record.data.get("missing", ())
    lines += [ctx.say("patrol.not_said", items="、".join(lacking))] if lacking else []
    at = ctx.setting.moment(record.at)
    return ctx.say("patrol.one", number=record.number, place=node_of(ctx, record).name, at=at, lines="\n".join(lines))
