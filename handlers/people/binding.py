"""Binding a room to a node, and what a room is told once: what the bot hears, what it keeps, how to leave."""

from handlers.answering import reply
from handlers.clockwork.schedules import plan_housekeeping
from handlers.context import Context
from handlers.effects import Effect, Say, Tell
from handlers.people.vouching import answer, bound, spend
from handlers.refusals import Refusal
from handlers.registry import OPERATORS
from handlers.report.readers import plan_digest
from handlers.setting import Setting
from models.codes import STAFF, PostKind, Role, RoomMode, RoomPurpose, Topic
from models.onetime import plain_code
from models.tables import GridNode, Person, Room
from models.uow import UnitOfWork

STAFF_ROOM = frozenset({"工作群", "职工群"})
_SURE = frozenset({"确认", "确定"})
_SPEAKS = (RoomMode.ASK, RoomMode.ON)


def bind_room(ctx: Context) -> list[Effect]:
    """绑定 ‹网格编码›: this group is that node's from now on; 工作群 behind it: a group of its staff.

    A group that has a place already is asked about first, and 确认 behind the code moves it. By whoever answers for the
    node, or with a valid one-time code by its person, who must work there.
    """
    room = ctx.room
    if room is None:
        raise ctx.refuse("refuse.group_only")
    words = ctx.args.text.split()
    purpose = RoomPurpose.STAFF if STAFF_ROOM & set(words) else RoomPurpose.RESIDENTS
    sure = bool(_SURE & set(words))
    words = [word for word in words if word not in STAFF_ROOM | _SURE]
    effects: list[Effect] = []
    person: Person | None = ctx.known_me()
    code = plain_code(words[-1]) if len(words) > 1 else None
    if code is not None:
        spent = spend(ctx, code)
        if spent.person is None:
            return [answer(ctx, ctx.say(spent.problem)), *spent.told]
        person, words = spent.person, words[:-1]
        # He is bound whatever becomes of the room: the code is used up.
        effects = [*spent.told]
    node = _node(ctx, words)
    if isinstance(node, str):
        return _or_refuse(ctx, person, code, effects, node)
    may = OPERATORS if code is None else OPERATORS | STAFF
    places = [node] if ctx.node is None else [node, ctx.node]
    if ctx.roles_paused and code is None:
        raise ctx.refuse("refuse.roles_paused")
    if person is None or not all(_holds(ctx, person, place, may) for place in places):
        sentence = ctx.say("refuse.operators_only" if code is None else "refuse.works_elsewhere", place=node.name)
        return _or_refuse(ctx, person, code, effects, sentence)
    if code is not None:
        effects = [answer(ctx, bound(ctx, person)), *effects]
    elif not sure and ctx.node is not None and ctx.node.id != node.id:
        return [reply(ctx, _asked(ctx, room, ctx.node, node))]
    return [*effects, *_bind(ctx, room, node, purpose)]


def _asked(ctx: Context, room: Room, old: GridNode, node: GridNode) -> str:
    """A group that is another place's by now is bound anew only when that is said twice: all its people are moved."""
    assert room.id is not None
    count = ctx.uow.tickets.open_in_room(room.id, old)
    stays = ctx.say("bind.sure_open", count=count, old=old.name) if count else ""
    return ctx.say("bind.sure", old=old.name, place=node.name, code=node.code or "", open=stays)


def notice(uow: UnitOfWork, setting: Setting, room: Room) -> Effect:
    """What a room is told once for each version; noted in the commit that promises it."""
    assert room.id is not None
    assert room.node_id is not None
    say, node = setting.words.say, uow.places.node(room.node_id)
    leaders = uow.people.leaders(uow.places.line(node))
    bot = setting.policy.bot_names[0]
    name = "" if not leaders else leaders[0].name
    who = say("notice.who", name=name) if name else say("notice.nobody")
    if room.purpose is RoomPurpose.STAFF:
        lines = [say("notice.staff", bot=bot, place=node.name), who]
    else:
        days = f"{setting.policy.hearing.signal_days:g}"
        lines = [
            say("notice.hears", bot=bot, place=node.name),
            say("notice.keeps", days=days),
            say("notice.leave", bot=bot),
            who,
        ]
    room.notice_version = setting.policy.entry.notice_version
    return Say(room.id, PostKind.REPLY, "\n".join(lines), topic=Topic.ENTRY)


def introduce(uow: UnitOfWork, setting: Setting, room_id: int) -> list[Effect]:
    """The notice for a room that speaks and was not told this version yet."""
    room = uow.places.room_by_id(room_id)
    told = room.notice_version >= setting.policy.entry.notice_version
    if told or room.node_id is None or room.mode not in _SPEAKS or room.muted:
        return []
    return [notice(uow, setting, room)]


def at_door(ctx: Context, text: str) -> list[Effect]:
    """Answer somebody in a room that is off: privately, in the room only if he works somewhere; else not at all."""
    person = ctx.known_me()
    if person is None or ctx.room is None or ctx.room.id is None:
        return []
    if ctx.reachable(person):
        return [Tell(person.id, PostKind.REPLY, text, address=ctx.message.sender)]
    grants = ctx.uow.people.grants(person.id)
    if any(grant.role in STAFF for grant in grants):
        return [Say(ctx.room.id, PostKind.REPLY, text, topic=Topic.BINDING)]
    return []


def _bind(ctx: Context, room: Room, node: GridNode, purpose: RoomPurpose) -> list[Effect]:
    old, again = ctx.node, room.node_id is not None
    ctx = ctx.at(node)
    if again and room.node_id == node.id and room.purpose is purpose and room.mode is not RoomMode.OFF:
        return [reply(ctx, ctx.say("bind.already", place=node.name))]
    moved = old is not None and old.id != node.id
    if room.purpose is not purpose:
        room.notice_version = 0  # what is heard there is something else
    room.node_id, room.purpose = node.id, purpose
    if room.mode is RoomMode.OFF:
        room.mode = ctx.policy.entry.mode
    if room.name == room.external_id:
        room.name = node.name
    effects: list[Effect] = []
    if moved and old is not None:
        effects.append(reply(ctx, _moved(ctx, room, old, node)))
        effects += _former_leader_told(ctx, old, node)
    told = room.notice_version >= ctx.policy.entry.notice_version
    if room.mode in _SPEAKS and not room.muted and not told:
        effects.append(notice(ctx.uow, ctx.setting, room))
    elif not moved:
        key = "bind.quiet" if room.mode not in _SPEAKS or room.muted else "bind.back"
        effects.append(reply(ctx, ctx.say(key, place=node.name)))
    scope = ctx.uow.places.scope(node, ctx.policy.number_scope)
    return [*effects, plan_digest(scope, ctx.setting, ctx.now), plan_housekeeping(ctx.setting, ctx.now)]


def _former_leader_told(ctx: Context, old: GridNode, node: GridNode) -> list[Effect]:
    """Whoever led the group until now hears where it went, and what stays his; not whoever has done it himself."""
    now = {person.id for person in ctx.uow.people.leaders(ctx.uow.places.line(node))}
    text = ctx.say("bind.moved_away", place=node.name, old=old.name, name=ctx.my_name)
    former = [one for one in ctx.uow.people.leaders([old]) if one.id not in now and one.id != ctx.me().id]
    return [Tell(one.id, PostKind.NOTICE, text) for one in former]


def _moved(ctx: Context, room: Room, old: GridNode, node: GridNode) -> str:
    """What happens to what was open: it keeps its node, its number and its people."""
    assert room.id is not None
    count = ctx.uow.tickets.open_in_room(room.id, old)
    if not count:
        return ctx.say("bind.moved", place=node.name)
    return ctx.say("bind.moved_open", place=node.name, old=old.name, count=count)


def _node(ctx: Context, words: list[str]) -> GridNode | str:
    """The node of that code, or the sentence that says what is wrong."""
    if len(words) != 1:
        return ctx.say("refuse.bind_how")
    code = words[0]
    found = ctx.uow.places.node_by_code(code) or ctx.uow.places.node_by_code(code.upper())
    return found or ctx.say("refuse.no_node", code=code[:20])


def _holds(ctx: Context, person: Person, node: GridNode, roles: frozenset[Role]) -> bool:
    return bool(ctx.uow.people.roles_at(person.id, node) & roles)


def _or_refuse(
    ctx: Context, person: Person | None, code: str | None, effects: list[Effect], sentence: str
) -> list[Effect]:
    """A refusal; but what a used code did stays, and so both are said."""
    if code is None or person is None:
        raise Refusal(sentence)
    return [answer(ctx, bound(ctx, person) + sentence), *effects]
