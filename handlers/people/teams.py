"""三色队伍: a matter calls several teams at once (召集), and each who is called may answer that he comes (应召)."""

import re

from handlers.answering import in_group, reply, tell
from handlers.context import Context
from handlers.discreet.discretion import is_delicate
from handlers.discreet.seemly import unseemly
from handlers.discreet.wordless import wordless
from handlers.effects import Effect, Tell
from handlers.people.team_thanks import CALLED, CAME
from handlers.policy.teams import TeamRule
from handlers.ticket.handling import require_unfinished
from models.codes import PostKind
from models.masking import mask, short
from models.states import ALIVE
from models.tables import Person
from models.ticket_tables import Ticket

_PARTS = re.compile(r"[\s、，,和]+")


def call(ctx: Context) -> list[Effect]:
    """召集 N ‹队伍 …› ‹原因›: one private line to each of these teams; who comes answers."""
    ticket, me = ctx.find(), ctx.me()
    require_unfinished(ctx, ticket)
    if ticket.private or wordless(ticket):
        raise ctx.refuse("refuse.team_private", number=ticket.number)
    teams, reason = _teams(ctx, ctx.args.text)
    if is_delicate(ctx, reason) or unseemly(ctx, reason) is not None:
        raise ctx.refuse("refuse.team_reason", number=ticket.number)
    has = ctx.handler(ticket)
    known = {
        me.id,
        "" if has is None else has.id,
        *(row.person_id for row in ctx.uow.tickets.requesters(ticket.id)),
        *_called(ctx, ticket),
    }
    effects: list[Effect] = []
    called: dict[str, str] = {}
    counts = []
    for team in teams:
        people = [one for one in _people(ctx, ticket, team) if one.id not in known | set(called)]
        people = people[: ctx.policy.teams.most]
        called |= {one.id: team.team.value for one in people}
        key = "team.count" if people else "team.nobody"
        counts.append(ctx.say(key, team=team.name, count=len(people)))
        effects += [_line(ctx, ticket, team, one, reason) for one in people]
    if called:
        data: dict[str, object] = {"teams": [team.team.value for team in teams], "people": called}
        ctx.uow.tickets.record(ticket, CALLED, at=ctx.now, actor_id=me.id, words=reason, data=data)
    label = ctx.label(ticket, group=in_group(ctx))
    key = "team.called" if called else "team.called_none"
    return [reply(ctx, ctx.say(key, label=label, counts="，".join(counts)), ticket), *effects]


def come(ctx: Context) -> list[Effect]:
    """应召 N: whoever was called says that he comes; whoever called hears it, once."""
    ticket, me = ctx.find(), ctx.me()
    require_unfinished(ctx, ticket)
    colour = _called(ctx, ticket).get(me.id)
    if colour is None:
        raise ctx.refuse("refuse.not_called", number=ticket.number)
    events = ctx.uow.tickets.events(ticket.id)
    if any(event.kind == CAME and event.actor_id == me.id for event in events):
        raise ctx.refuse("refuse.came_already", number=ticket.number)
    rule = next((one for one in ctx.policy.teams.named if one.team.value == colour), None)
    team = ctx.say("name.team", team=rule.name) if rule is not None else ""
    ctx.uow.tickets.record(ticket, CAME, at=ctx.now, actor_id=me.id, words=ctx.args.text, data={"team": colour})
    by = next(e.actor_id for e in reversed(events) if e.kind == CALLED and me.id in e.data["people"])
    handler = ctx.handler(ticket)
    to = handler if by is None else ctx.uow.people.get(by)
    note = ctx.say("name.note", note=short(ctx.args.text, 60)) if ctx.args.text else ""
    label = ctx.label(ticket, group=True)
    text = ctx.say("team.came", name=ctx.my_name, team=team, label=label, note=note)
    told: list[Effect] = [] if to is None or to.id == me.id else [tell(to, PostKind.NOTICE, text, ticket)]
    with_whom = "" if to is None else ctx.called(to)
    return [reply(ctx, ctx.say("team.thanks", number=ticket.number, name=with_whom), ticket), *told]


def _teams(ctx: Context, text: str) -> tuple[list[TeamRule], str]:
    """The teams that the words begin with, and the reason behind them. Raises Refusal when they name none."""
    rule, teams, left = ctx.policy.teams, list[TeamRule](), text.strip()
    while left:
        word = _PARTS.split(left, maxsplit=1)[0]
        team = rule.meant(word)
        if team is None:
            break
        teams += [team] if team not in teams else []
        left = _PARTS.sub("", left[len(word) :], count=1) if left[len(word) :] else ""
    if not teams:
        names = "、".join(one.name for one in rule.named)
        raise ctx.refuse("refuse.which_team", names=names, team=(rule.named[0].words or (rule.named[0].name,))[0])
    return teams, left


def _people(ctx: Context, ticket: Ticket, team: TeamRule) -> list[Person]:
    """Who belongs to the team where the matter is and above it, up to the 村社区, the nearest first."""
    node = ctx.node_of(ticket)
    line = ctx.uow.places.line(node)
    scope = ctx.uow.places.scope(node, ctx.policy.number_scope)
    near = line[: next(place for place, one in enumerate(line) if one.id == scope.id) + 1]
    return ctx.uow.people.of_team(near, team.team, team.roles)


def _called(ctx: Context, ticket: Ticket) -> dict[str, str]:
    """Who has been called to the matter, with his team's colour."""
    found: dict[str, str] = {}
    for event in ctx.uow.tickets.events(ticket.id):
        if event.kind == CALLED:
            found |= event.data["people"]
    return found


def _line(ctx: Context, ticket: Ticket, team: TeamRule, person: Person, reason: str) -> Tell:
    text = ctx.say(
        "team.call",
        name=ctx.my_name,
        team=team.name,
        label=ctx.label(ticket, group=True),
        place=mask(ticket.place) if ticket.place else ctx.say("name.no_place"),
        note=ctx.say("name.note", note=short(mask(reason), 60)) if reason else "",
        number=ticket.number,
    )
    return Tell(person.id, PostKind.NOTICE, text, (ticket.id,), room_id=ticket.room_id, valid_in=ALIVE)
