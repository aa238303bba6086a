"""收到: somebody on the line has an emergency."""

from collections.abc import Sequence

from handlers.alarm.alarms import Perilous, is_hidden, matter_of, parties, shown, subject_of
from handlers.answering import in_group, reply, reply_in_private
from handlers.context import SCOPES_NAMED, Context
from handlers.discreet.accused import is_accused
from handlers.effects import Effect, Tell
from handlers.parsing import Args
from handlers.talk.confirming import named_signals
from models.alarm_tables import Alarm
from models.alarms import ACKNOWLEDGED
from models.codes import LEADERS, STAFF, PostKind
from models.masking import short
from models.ticket_tables import Signal, Ticket


def acknowledge(ctx: Context) -> list[Effect]:
    """收到 N, or 收到 alone by whoever waits for one answer of his."""
    if ctx.args.number is not None:
        return _answer(ctx, ctx.find())
    if ctx.quoted:
        asked = [ticket for ticket in ctx.quoted_tickets() if _alarm(ctx, ticket) is not None]
        if len(asked) != 1 or not ctx.visible(asked[0]):
            raise ctx.refuse("refuse.no_alarm")
        return _answer(ctx, asked[0])
    mine = _waiting_for_me(ctx)
    if not mine:
        return [reply(ctx, ctx.say("help.hint"))]  # 收到 is what people say
    if len(mine) > 1:
        raise ctx.refuse("refuse.which_alarm", names="、".join(f"收到 {shown(matter)}" for matter in mine))
    return _answer(ctx, mine[0])


def acknowledge_signals(ctx: Context) -> list[Effect]:
    """收到 S3, or 收到 in a quote of the line that told of it."""
    signals = [signal for signal_id in ctx.quoted_signals if (signal := ctx.uow.signals.get(signal_id)) is not None]
    if ctx.args != Args():
        return _numbered(ctx)
    asked = [signal for signal in signals if _may_take(ctx, signal)]
    if not asked:
        raise ctx.refuse("refuse.no_alarm")
    return [effect for signal in asked for effect in _answer(ctx, signal)]


def _numbered(ctx: Context) -> list[Effect]:
    """Each of the signals that the command names. Raises Refusal where one has that number in several villages."""
    effects: list[Effect] = []
    for number, scope in named_signals(ctx.args):
        scopes = ctx.scopes(scope) if scope else ctx.my_scopes()
        numbered = [ctx.uow.signals.by_number(one, number) for one in scopes]
        asked = [signal for signal in numbered if signal is not None and _may_take(ctx, signal)]
        if len(asked) > 1:
            names = "、".join(f"{ctx.uow.places.node(one.scope_id).name}-S{number}" for one in asked[:SCOPES_NAMED])
            raise ctx.refuse("refuse.which_scope_signal", number=number, names=names)
        effects += [effect for signal in asked for effect in _answer(ctx, signal)]
    if not effects:
        raise ctx.refuse("refuse.no_alarm")
    return effects


def _answer(ctx: Context, matter: Perilous) -> list[Effect]:
    """The matter is the speaker's; the others hear of it as of any other step (handlers/alarm/aftermath.py)."""
    alarm, me = _alarm(ctx, matter), ctx.me()
    if alarm is None:
        raise ctx.refuse("refuse.no_alarm")
    if isinstance(matter, Ticket) and ctx.ended(matter):
        raise ctx.refuse("refuse.over", number=matter.number, status=ctx.status(matter))
    if alarm.acknowledged_by is not None:
        key = "refuse.alarm_yours" if alarm.acknowledged_by == me.id else "refuse.alarm_taken"
        has = ctx.called(ctx.uow.people.get(alarm.acknowledged_by))
        raise ctx.refuse(key, shown=shown(matter), name=has)
    if alarm.ended_at is not None:
        raise ctx.refuse("refuse.no_alarm")
    if is_hidden(matter) and me.id in parties(ctx.uow, matter):
        raise ctx.refuse("refuse.own_alarm", shown=shown(matter))
    if isinstance(matter, Ticket):
        ctx.uow.tickets.record(matter, ACKNOWLEDGED, at=ctx.now, actor_id=me.id)
    else:
        ctx.uow.alarms.follow(matter, ACKNOWLEDGED, at=ctx.now, by=me.id, to=None)
    return [_reply(ctx, matter)]


def _reply(ctx: Context, matter: Perilous) -> Effect:
    """Who has it learns what to do next; of a signal also what was heard, in private."""
    if isinstance(matter, Signal):
        leads = bool(ctx.roles(ctx.uow.places.node(matter.node_id)) & set(LEADERS))
        text = ctx.say(
            "alarm.yours_signal",
            number=matter.number,
            category=ctx.category(matter.category),
            room="" if matter.room_id is None else ctx.uow.places.room_by_id(matter.room_id).name,
            text=short(matter.text, 60),
            next=ctx.say("alarm.next_signal", number=matter.number) if leads else "",
        )
        return Tell(ctx.me().id, PostKind.REPLY, text, signals=(matter.id or 0,), address=ctx.message.sender)
    if in_group(ctx):
        return reply(ctx, ctx.say("alarm.yours_here", name=ctx.my_name, label=ctx.label(matter, group=True)), matter)
    text = ctx.say("alarm.yours", number=matter.number, finish=ctx.setting.finish(matter))
    return reply_in_private(ctx, text, matter)


def _waiting_for_me(ctx: Context) -> Sequence[Perilous]:
    """What the speaker was told of and nobody has said 收到 to."""
    person = ctx.known_me()
    if person is None:
        return []
    found: list[Perilous] = []
    for alarm in ctx.uow.alarms.waiting():
        if person.id not in alarm.told:
            continue
        matter = matter_of(ctx.uow, alarm.subject)
        # In a group nobody hears that there is a signal.
        shows = ctx.visible(matter) if isinstance(matter, Ticket) else ctx.room is None
        if matter is not None and shows:
            found.append(matter)
    return found


def _alarm(ctx: Context, matter: Perilous) -> Alarm | None:
    return ctx.uow.alarms.get(subject_of(matter))


def _may_take(ctx: Context, signal: Signal) -> bool:
    """Whoever was told of it, and the leaders there; not everybody who works there may read what was said."""
    if _alarm(ctx, signal) is None or is_accused(ctx.uow, signal, ctx.me().id):
        return False
    roles, told = ctx.roles(ctx.uow.places.node(signal.node_id)), ctx.uow.alarms.told(subject_of(signal))
    return bool(roles & set(LEADERS)) or (bool(roles & STAFF) and ctx.me().id in told)
