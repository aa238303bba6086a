"""Which record (公开, 走访, 巡查, 议事 …) a command or a quote means, and who may speak of it where."""

from collections.abc import Collection, Sequence

from handlers.context import SCOPES_NAMED, Context
from handlers.discreet.accused import tells_ill_of
from handlers.effects import Effect, Say, Tell
from handlers.numbers import scoped_number
from handlers.refusals import Refusal
from models.codes import OPEN_TO_ALL, STAFF, PostKind, RecordKind, RoomPurpose
from models.record_tables import Record, RecordEntry
from models.tables import GridNode


def find_record(ctx: Context, kinds: Collection[RecordKind]) -> Record:
    """The record of one of these kinds that the command's number, or the quoted post, means. Raises Refusal."""
    if ctx.args.number is None:
        quoted = [ctx.uow.records.get(record_id) for record_id in ctx.quoted_records]
        quoted = [record for record in quoted if record.kind in kinds and visible(ctx, record)]
        if len(quoted) == 1:
            return quoted[0]
        raise ctx.refuse("refuse.which_number")
    found = matching_records(ctx, ctx.args.number, ctx.args.scope)
    if not found:
        raise ctx.refuse("refuse.no_ticket", number=ctx.args.number)
    if len(found) > 1:
        own = [one for one in found if one.kind in kinds and one.scope_id in _wide_scopes(ctx)]
        found = own if len(own) == 1 else found  # whoever speaks for a whole city means what went to all of it
    if len(found) > 1:
        raise which_scope(ctx, ctx.args.number, found)
    if found[0].kind not in kinds:
        raise ctx.refuse("refuse.other_record", number=ctx.args.number, kind=called(ctx, found[0].kind))
    return found[0]


def matching_records(ctx: Context, number: int, scope: str | None = None) -> list[Record]:
    """The records with that number that may be spoken of here, at most one a scope."""
    scopes = ctx.scopes(scope)
    if ctx.room is None:
        scopes += [one for one in _wide_scopes(ctx, scope) if one not in scopes]
    found = [ctx.uow.records.by_number(scope_id, number) for scope_id in scopes]
    return [record for record in found if record is not None and visible(ctx, record)]


def looked_up(ctx: Context, text: str, kind: RecordKind) -> list[Record] | None:
    """The records of that kind with the number that the words are (「12」, 「北坡-12」); None: they are no number.

    Raises Refusal when it is one in several villages.
    """
    said = scoped_number(text)
    if said is None:
        return None
    records = [one for one in matching_records(ctx, *said) if one.kind is kind]
    if len(records) > 1:
        raise which_scope(ctx, said[0], records)
    return records


def which_scope(ctx: Context, number: int, records: Sequence[Record]) -> Refusal:
    """The question of which village a number is."""
    names = "、".join(f"{ctx.uow.places.node(one.scope_id).name}-{one.number}" for one in records[:SCOPES_NAMED])
    left = len(records) - SCOPES_NAMED
    more = ctx.say("name.more_scopes", count=left) if left > 0 else ""
    return ctx.refuse("refuse.which_scope", number=number, names=names, more=more)


def _wide_scopes(ctx: Context, name: str | None = None) -> list[int]:
    """Where the numbers count of what the speaker keeps for more than one 村社区: the root of his places."""
    person = ctx.known_me()
    if person is None:
        return []
    level, places = ctx.policy.number_scope, ctx.uow.places
    tops = [places.scope(places.node(grant.node_id), level) for grant in ctx.uow.people.grants(person.id)]
    wide = {top.id: top.name for top in tops if top.level != level and top.id is not None}
    return [node_id for node_id, called_so in wide.items() if name in (None, called_so)]


def visible(ctx: Context, record: Record) -> bool:
    """Whether the record may be spoken of here, to this speaker."""
    node = node_of(ctx, record)
    if record.kind is RecordKind.VISIT:
        return ctx.room is None and reads_visits(ctx, record)
    if record.kind is RecordKind.CARE:
        return ctx.room is None and reads_care(ctx, record)
    if ctx.room is not None:
        here = ctx.node
        if here is None:
            return False
        if record.kind in OPEN_TO_ALL:
            return node.path.startswith(here.path) or here.path.startswith(node.path)
        return ctx.room.purpose is RoomPurpose.STAFF and node.path.startswith(here.path)
    if record.kind in OPEN_TO_ALL:
        return record.scope_id in ctx.my_scopes() or bool(ctx.roles(node) & STAFF)
    person = ctx.known_me()
    return (person is not None and record.person_id == person.id) or bool(ctx.roles(node) & STAFF)


def reads_visits(ctx: Context, record: Record, note: RecordEntry | None = None) -> bool:
    """Whether the speaker may read a file of visits (or that note of it): it is his work there, or he wrote it."""
    person = ctx.known_me()
    if person is None or ctx.roles_paused:
        return False
    node = node_of(ctx, record)
    if note is not None and tells_ill_of(ctx.uow, node, note.text, note.person_id, person.id):
        return False  # whom a household speaks of is not told what it said
    if ctx.roles(node) & STAFF & set(ctx.at(node).policy.visits.roles):
        return True
    if note is not None:
        return note.person_id == person.id
    assert record.id is not None
    mine = (one.person_id == person.id for one in ctx.uow.records.entries(record.id, "visit"))
    return record.person_id == person.id or any(mine)


def reads_care(ctx: Context, record: Record) -> bool:
    """Whether the speaker keeps the list of 帮扶 there, or looks after that household and works there."""
    person = ctx.known_me()
    if person is None or ctx.roles_paused:
        return False
    rule, node = ctx.policy.care, node_of(ctx, record)
    if ctx.roles(node) & set(rule.keepers):
        return True
    return record.person_id == person.id and bool(ctx.uow.people.roles_at(person.id, node) & set(rule.contacts))


def node_of(ctx: Context, record: Record) -> GridNode:
    return ctx.uow.places.node(record.node_id)


def called(ctx: Context, kind: RecordKind) -> str:
    """公开, 走访 …"""
    return ctx.setting.words.name("record_kind", kind.value)


def answer(ctx: Context, text: str, *records: Record, alone: bool = False) -> Effect:
    """One line to the speaker that speaks of these records: where he spoke, or (alone) to him, if that can be."""
    ids = tuple(record.id for record in records if record.id is not None)
    me = ctx.me()
    if ctx.room is not None and ctx.room.id is not None and not (alone and ctx.reachable(me)):
        return Say(ctx.room.id, PostKind.REPLY, text, person_id=me.id, records=ids)
    return Tell(me.id, PostKind.REPLY, text, address=ctx.message.sender, records=ids)
