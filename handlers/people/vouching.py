"""One-time codes: 发码 gives one out, 绑定我 makes whoever says it the person with the roles."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from handlers.answering import reply
from handlers.context import Context
from handlers.effects import Effect, Say, Tell
from handlers.registry import OPERATORS
from models.codes import PostKind, Role, Topic
from models.identity_tables import RoleCode
from models.onetime import plain_code
from models.tables import GridNode, Identity, Person

_NAMED = re.compile(r"[^\s,，、;；@＠]+")


@dataclass(frozen=True, slots=True)
class Spent:
    """What became of a code: whose it was, or the key of the sentence that says why not. told: others hear of it."""

    person: Person | None = None
    problem: str = ""
    told: tuple[Effect, ...] = ()


def issue(ctx: Context) -> list[Effect]:
    """发码 ‹姓名›: a code for somebody below the speaker who holds a role, to be told to him by mouth."""
    person = _whom(ctx)
    hours = ctx.policy.identity.code_hours
    code = ctx.uow.identities.issue(person, by=ctx.me().id, at=ctx.now, expires_at=ctx.now + timedelta(hours=hours))
    text = ctx.say("code.issued", name=person.name, roles=roles_of(ctx, person), code=code, hours=f"{hours:g}")
    return [Tell(ctx.me().id, PostKind.REPLY, text, address=ctx.message.sender, secret=True)]


def bind_me(ctx: Context) -> list[Effect]:
    """绑定我 ‹码›: this id is the person's for whom the code was given out."""
    code = plain_code(ctx.args.text)
    if code is None:
        raise ctx.refuse("refuse.code_how")
    spent = spend(ctx, code)
    if spent.person is None:
        return [answer(ctx, ctx.say(spent.problem)), *spent.told]
    return [answer(ctx, bound(ctx, spent.person)), *spent.told]


def spend(ctx: Context, code: str) -> Spent:
    """Use a code up. A wrong one is counted; one that a group has read is worth nothing, whatever it did."""
    ids, message = ctx.uow.identities, ctx.message
    day = ctx.now.astimezone(ctx.policy.zone).date().isoformat()
    row = ids.code(code)
    live = row if row is not None and row.used_at is None and row.expires_at > ctx.now else None
    if ids.tries(message.account, message.sender, day) >= ctx.policy.identity.tries_per_day:
        if live is not None and ctx.room is not None:
            live.used_at = ctx.now
            return Spent(problem="code.spoiled")
        return Spent(problem="code.too_often")
    if live is None:
        ids.tried(message.account, message.sender, day)
        return Spent(problem="code.wrong" if row is None else "code.over")
    live.used_at, live.used_on = ctx.now, message.account
    person, place = ctx.uow.people.get(live.person_id), _where_from(ctx)
    if (former := _somebody_else(ctx, person)) is not None and (asked := _asked(ctx, live, person, former, place)):
        return Spent(problem="code.asked", told=asked)
    others = [one for one in ctx.uow.people.identities(person.id) if one.external_id != message.sender]
    ids.give(message.account, message.sender, message.sender_name, person, ctx.now)
    if ids.proven(message.account, message.sender, person, ctx.now):
        ctx.uow.places.account(message.account).roles_paused = False
    return Spent(person, told=(*_warned(ctx, person, others), *_issuer_told(ctx, live, person, place)))


def bound(ctx: Context, person: Person) -> str:
    """What is said to somebody who has just been bound; a group hears his name only."""
    if ctx.room is not None:
        return ctx.say("code.bound_here", name=ctx.called(person))
    return ctx.say("code.bound", name=person.name, roles=roles_of(ctx, person))


def answer(ctx: Context, text: str) -> Effect:
    """One line to the speaker where he spoke, also in a room that is off."""
    if ctx.room is not None and ctx.room.id is not None:
        return Say(ctx.room.id, PostKind.REPLY, text, person_id=ctx.me().id, topic=Topic.BINDING)
    return reply(ctx, text)


def roles_of(ctx: Context, person: Person) -> str:
    """「东坑村支部书记、一组党员」: what the person is besides a resident."""
    grants = [grant for grant in ctx.uow.people.grants(person.id) if grant.role is not Role.RESIDENT]
    named = [f"{ctx.uow.places.node(g.node_id).name}{ctx.setting.words.name('role', g.role.value)}" for g in grants]
    return "、".join(named[:3]) or ctx.setting.words.name("role", Role.RESIDENT.value)


def _whom(ctx: Context) -> Person:
    """The one person of that name whom the speaker may give a code to. Raises Refusal."""
    name, *place = _NAMED.findall(ctx.args.text) or [""]
    mine = [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(ctx.me().id)]
    nodes = {node.id: node for node in mine if ctx.roles(node) & OPERATORS}
    found = {person.id: person for node in nodes.values() for person in ctx.uow.identities.with_roles(node, name)}
    people = [person for person in found.values() if _is_below(ctx, person)]
    if place:
        people = [person for person in people if _works_at(ctx, person, place[0])]
    if not people:
        raise ctx.refuse("refuse.code_nobody", name=name)
    if len(people) > 1:
        raise ctx.refuse("refuse.code_several", name=name)
    return people[0]


def _is_below(ctx: Context, person: Person) -> bool:
    """Whether the speaker answers for every place at which the person is more than a resident."""
    grants = [grant for grant in ctx.uow.people.grants(person.id) if grant.role is not Role.RESIDENT]
    return person.id != ctx.me().id and all(_operates(ctx, ctx.uow.places.node(grant.node_id)) for grant in grants)


def _operates(ctx: Context, node: GridNode) -> bool:
    return bool(ctx.roles(node) & OPERATORS)


def _works_at(ctx: Context, person: Person, place: str) -> bool:
    nodes = [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id)]
    return any(place in (node.name, node.code) for node in nodes)


def _warned(ctx: Context, person: Person, others: Sequence[Identity]) -> list[Effect]:
    """Whoever was the person until now hears of it, so that a stolen code does not stay unnoticed."""
    here = [one for one in others if one.reachable and one.account == ctx.message.account]
    text = ctx.say("code.elsewhere")
    return [Tell(person.id, PostKind.NOTICE, text, address=one.external_id) for one in here]


def _where_from(ctx: Context) -> str:
    """「平安是福」（一组）: as whom the id is known, and in which groups; for whoever knows who should bear it."""
    known = ctx.known_me()
    nodes = [] if known is None else [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(known.id)]
    rooms = [room.name for node in nodes for room in ctx.uow.places.rooms_at(node.id or 0)]
    rooms = [ctx.room.name] if ctx.room is not None else list(dict.fromkeys(rooms))[:3]
    key = "code.seen_in" if rooms else "code.seen"
    return ctx.say(key, nick=ctx.message.sender_name or ctx.message.sender, rooms="、".join(rooms))


def _somebody_else(ctx: Context, person: Person) -> Person | None:
    """Who has that id, if he is not the person of the code and has anything of his own: a name, a role, a matter."""
    former = ctx.known_me()
    if former is None or former.id == person.id or person.name in (former.name, ctx.message.sender_name):
        return None
    own = ctx.uow.people.grants(former.id) or ctx.uow.tickets.of_person(former.id)
    return former if own else None


def _asked(ctx: Context, row: RoleCode, person: Person, former: Person, place: str) -> tuple[Effect, ...]:
    """The one who gave the code out is asked whether that is the person; empty when nobody can be asked."""
    issuer = None if row.issued_by is None else ctx.uow.people.get(row.issued_by)
    nodes = [ctx.uow.places.node(grant.node_id) for grant in ctx.uow.people.grants(person.id)]
    room = next((room for node in nodes for room in ctx.uow.places.rooms_below(node.path)), None)
    if issuer is None or issuer.erased_at is not None or not ctx.reachable(issuer) or room is None:
        return ()
    proposed = ctx.uow.identities.propose(
        ctx.message.account,
        room_id=room.id or 0,
        person=person,
        old_id=f"code-{row.id}",
        new_id=ctx.message.sender,
        display_name=ctx.message.sender_name or former.name,
        evidence=["code"],
        at=ctx.now,
    )
    if proposed is None:
        return ()
    text = ctx.say("code.is_it", name=person.name, place=place, former=ctx.called(former), number=proposed.number)
    return (Tell(issuer.id, PostKind.NOTICE, text),)


def _issuer_told(ctx: Context, row: RoleCode, person: Person, place: str) -> list[Effect]:
    """Whoever gave the code out hears that it was used, where he can be written to."""
    if row.issued_by is None:
        return []
    issuer = ctx.uow.people.get(row.issued_by)
    if issuer.erased_at is not None or not ctx.reachable(issuer):
        return []
    return [Tell(issuer.id, PostKind.NOTICE, ctx.say("code.used", name=person.name, place=place))]
