"""The ledger of weak signals (微弱信号): what waits for a leader, and how many there were by field of the policy."""

from collections.abc import Sequence

from handlers.context import Context
from handlers.effects import Effect, Tell
from handlers.report.digest import Reader, is_above, outermost
from handlers.talk.confirming import leader_nodes, waiting_for
from handlers.talk.weak_figures import added, by_field
from models.codes import PostKind
from models.masking import short
from models.tables import GridNode
from models.ticket_tables import Signal

LENGTH = 20
"""Signals that one message names."""


def ledger(ctx: Context) -> list[Effect]:
    """线索: what waits for the speaker, by field, and this year's counts where the policy has fields."""
    nodes = outermost(leader_nodes(ctx))
    if not nodes:
        raise ctx.refuse("refuse.leader_only")
    person = ctx.me()
    waiting = waiting_for(ctx.uow, person, nodes)
    parts = [_year(ctx, nodes)] if ctx.policy.weak_signals.fields else []
    shown = waiting[:LENGTH]
    if waiting:
        more = ctx.say("weak.more", count=len(waiting) - LENGTH) if len(waiting) > LENGTH else ""
        above = is_above(ctx.setting, Reader(person, nodes))
        parts.append(ctx.say("weak.waiting", lines="\n".join(_by_field(ctx, shown, above=above)) + more))
    else:
        parts.append(ctx.say("weak.none"))
    ids = tuple(signal.id for signal in shown if signal.id is not None)
    return [Tell(person.id, PostKind.REPLY, "\n".join(parts), signals=ids, address=ctx.message.sender)]


def _year(ctx: Context, nodes: Sequence[GridNode]) -> str:
    local = ctx.now.astimezone(ctx.policy.zone)
    since = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    heard = added([ctx.uow.weak_signals.heard(node.path, since, ctx.now) for node in nodes])
    places = "、".join(node.name for node in nodes[:3]) + ("…" if len(nodes) > 3 else "")
    return ctx.say(
        "weak.year",
        place=places,
        year=local.year,
        count=heard.all,
        fields=by_field(ctx.setting, heard),
        registered=heard.became_tickets,
        dropped=heard.outcomes["dropped"],
        expired=heard.outcomes["expired"],
        waiting=heard.outcomes[""],
    )


def _by_field(ctx: Context, signals: Sequence[Signal], *, above: bool) -> list[str]:
    """The lines of signals, those of one field together; each once."""
    rule, lines, left = ctx.policy.weak_signals, list[str](), list(signals)
    for field in rule.fields:
        mine = [one for one in left if field.is_met(one.category, frozenset(one.flags), one.text)]
        if mine:
            lines += [ctx.say("weak.field", field=field.name), *(_line(ctx, one, above=above) for one in mine)]
            left = [one for one in left if one not in mine]
    if left and lines:
        lines.append(ctx.say("weak.field", field=ctx.say("weak.other")))
    return lines + [_line(ctx, one, above=above) for one in left]


def _line(ctx: Context, signal: Signal, *, above: bool) -> str:
    """One of them; whoever leads above the 村社区 reads no word of it, as in his digest."""
    category = ctx.category(signal.category)
    if above:
        return ctx.say("weak.line", number=signal.number, category=category)
    return ctx.say("digest.signal", number=signal.number, category=category, text=short(signal.text, 30))
