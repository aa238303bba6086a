"""户号: of which household somebody is, for what counts once a household."""

import re
import unicodedata

from handlers.context import Context
from handlers.effects import Effect, Tell
from handlers.naming import scope_of
from handlers.numbers import number_of
from handlers.people.stations import stations
from handlers.policy.votes import Unnamed, Voter, Votes
from handlers.record.lasting import rule_of
from handlers.record.voting import count, require_open
from handlers.refusals import Refusal
from models.codes import LEADERS, PostKind, RecordKind, RecordState, Role
from models.records import UNCOUNTED, VOTED
from models.tables import Person

_MARKS = re.compile(r"[\s,，、.。:：;；()（）【】#号室]+")
_PARTS = re.compile(r"(?:栋|幢|座|号楼|楼|单元|-)+")
_COUNTED = re.compile(r"[一二三四五六七八九十百]+(?=[组队社栋幢座号楼单户排巷])")
LONGEST = 20


def name(ctx: Context) -> list[Effect]:
    """户号 ‹门牌›: the speaker's own, once; 户号 ‹人› ‹门牌› by staff, also to change it."""
    words = ctx.args.text.strip()
    who, _, rest = words.partition(" ")
    if rest.strip() and (person := _of_staff(ctx, who)) is not None:
        household = _read(ctx, rest.strip())
        moved = person.household not in (None, household)
        person.household = household
        said = ctx.say("household.entered", name=ctx.called(person), household=rest.strip())
        counted = _counted(ctx, person, VOTED if moved else UNCOUNTED)
        answer = _reply(ctx, said + ("" if counted is None else ctx.say("household.counted_too")))
        if counted is None or person.id == ctx.me().id or not ctx.reachable(person):
            return [answer]
        verified = ctx.say("household.verified", household=rest.strip(), counted=counted)
        return [answer, Tell(person.id, PostKind.NOTICE, verified)]
    me = ctx.me()
    household = _read(ctx, words)
    if me.household is not None:
        raise ctx.refuse("refuse.household_known" if me.household != household else "refuse.household_same")
    unnamed, staff = _rule(ctx).unnamed, bool(stations(ctx, _rule(ctx).roles))
    if unnamed is Unnamed.REFUSE and not staff:
        raise ctx.refuse("refuse.household_by_staff")
    scope = scope_of(ctx, lambda policy: policy.votes.on)
    if unnamed is Unnamed.VERIFY and not staff and not ctx.uow.people.knows_household(scope.path, household):
        return _to_be_verified(ctx, me, words)
    me.household = household
    counted = _counted(ctx, me, UNCOUNTED)
    return [_reply(ctx, ctx.say("household.named", household=words) + (counted or ""))]


def _rule(ctx: Context) -> Votes:
    """The rule of the place; where it has votes no more, that of the one that still runs there."""
    rule = ctx.policy.votes
    if rule.on:
        return rule
    scopes = [ctx.uow.places.node(one) for one in ctx.my_scopes()]
    kinds, since = (RecordKind.VOTE,), ctx.now
    running = [one for node in scopes for one in ctx.uow.records.running(kinds, meetings_since=since, path=node.path)]
    return rule_of(running[0], rule) if running else rule


def _to_be_verified(ctx: Context, me: Person, words: str) -> list[Effect]:
    """A home that nobody knows: whoever leads nearest is asked; until he has confirmed it nothing is counted."""
    homes = (ctx.uow.places.node(one.node_id) for one in ctx.uow.people.grants(me.id))
    leaders = [
        person
        for node in sorted(homes, key=lambda one: one.path, reverse=True)
        for place in ctx.uow.places.line(node)
        for person in ctx.uow.people.holders(place, LEADERS)
        if person.id != me.id
    ]
    told = next((one for one in leaders if ctx.reachable(one)), None)
    if told is None:
        name = ctx.called(leaders[0]) if leaders else ctx.setting.words.name("role", Role.MICRO_LEADER.value)
        raise ctx.refuse("refuse.household_unknown", household=words, name=name, me=ctx.called(me))
    asked = ctx.say("household.verify", name=ctx.called(me), household=words)
    said = ctx.say("household.verifying", name=ctx.called(told), household=words)
    return [_reply(ctx, said), Tell(told.id, PostKind.NOTICE, asked)]


def _of_staff(ctx: Context, who: str) -> Person | None:
    """The person whose household staff enter; None where the first word names nobody, or the speaker is no staff."""
    if not stations(ctx, _rule(ctx).roles):
        return None
    found = ctx.uow.people.named(scope_of(ctx), who.lstrip("@＠"))
    if len(found) > 1:
        raise ctx.refuse("refuse.several", name=who)
    if not found and not any(char.isdigit() for char in who):
        raise ctx.refuse("refuse.nobody", name=who)
    return found[0] if found else None


def _read(ctx: Context, words: str) -> str:
    """The household in one spelling: 3-2-501 for 3栋2单元501室. Raises Refusal."""
    digits = _COUNTED.sub(lambda found: str(number_of(found[0]) or found[0]), unicodedata.normalize("NFKC", words))
    plain = _PARTS.sub("-", _MARKS.sub("", digits)).strip("-").lower()
    if not 2 <= len(plain) <= LONGEST or not any(char.isalnum() for char in plain):
        raise ctx.refuse("refuse.household_how")
    return plain


def _counted(ctx: Context, person: Person, kind: str) -> str | None:
    """What becomes of the votes that waited for his household, or stood under another one; None: there are none."""
    said: str | None = None
    for entry in ctx.uow.records.entries_of(person.id, kind):
        record, option = ctx.uow.records.get(entry.record_id), entry.value
        ctx.uow.records.hold(record)
        if record.state is not RecordState.OPEN or option is None or record.data["by"] != Voter.HOUSEHOLD:
            continue
        ctx.uow.records.drop(entry)
        try:
            require_open(ctx, record)
            count(ctx, record, person, option)
            said = ctx.say("household.counted", number=record.number, option=option)
        except Refusal as refusal:
            said = str(refusal)
    return said


def _reply(ctx: Context, text: str) -> Effect:
    return Tell(ctx.me().id, PostKind.REPLY, text, address=ctx.message.sender)
