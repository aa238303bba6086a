"""Several policy packs in one deployment: each place goes by its own (grid_node.policy).

What belongs to an account or to the whole database is the same for all of them: the deployment's own pack says it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from handlers.context import Context
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy
from handlers.record.lasting import keeps
from handlers.record.records import matching_records
from handlers.registry import Command
from handlers.setting import Setting
from handlers.wording import Wording

COMMON = ("zone", "number_scope", "bot_names", "hearing", "identity", "privacy", "feedback", "deputies")
"""Parts of a pack that cannot differ from village to village."""
_COMMON_KEYS = {"budget": ("account_per_minute", "account_per_hour", "account_per_day"), "visits": ("keep_months",)}


def lay_out(home: Setting, packs: Mapping[str, Policy]) -> Setting:
    """The setting of places that name no pack, which leads to those of the packs that others name."""
    known: dict[str, Setting] = {}
    if not packs:
        return replace(home, words=worded(home.words, home.policy))
    for name, policy in {"": home.policy, **packs}.items():
        own = beside(policy, home.policy) if name else policy
        known[name] = replace(home, policy=own, words=worded(home.words, own), packs=known)
    return known[""]


def worded(words: Wording, policy: Policy) -> Wording:
    """The sentences with those of the pack laid over them."""
    return words.with_own(policy.sentences) if policy.words else words


def beside(policy: Policy, home: Policy) -> Policy:
    """The pack as it is used beside the deployment's own: what is common is as it stands there."""
    ours, theirs = home.model_dump(by_alias=True), policy.model_dump(by_alias=True)
    common = {key: ours[key] for key in COMMON}
    common |= {part: {key: ours[part][key] for key in keys} for part, keys in _COMMON_KEYS.items()}
    return Policy.model_validate(laid_over(theirs, common))


def differing(policy: Policy, home: Policy) -> list[str]:
    """What the pack says otherwise than the deployment's own though it is common, so that it has no effect."""
    ours, theirs = home.model_dump(by_alias=True), policy.model_dump(by_alias=True)
    found = [key for key in COMMON if ours[key] != theirs[key]]
    return found + [
        f"{part}.{key}" for part, keys in _COMMON_KEYS.items() for key in keys if ours[part][key] != theirs[part][key]
    ]


def packs_of_speaker(ctx: Context) -> tuple[Setting, ...]:
    """Those of the places to which somebody who writes privately belongs: by his roles, then by his tickets."""
    uow, home = ctx.uow, ctx.setting
    person = ctx.known_me()
    if person is None or len(home.packs) < 2:
        return (home,)
    people = [person.id, *uow.deputies.principals(person.id, ctx.now)]
    nodes = [uow.places.node(grant.node_id) for one in people for grant in uow.people.grants(one)]
    nodes += [uow.places.node(one.node_id) for one in uow.organisations.of_person(person.id)]
    found = [home.at(uow, node) for node in nodes]
    found += [home.at(uow, below) for node in nodes for below in uow.places.with_packs(node.path)]
    found += [home.at(uow, uow.places.node(scope)) for scope in uow.tickets.scopes_of(person.id)]
    return _once(found) or (home,)


def seated(ctx: Context, command: Command) -> Context:
    """The same message by the pack of the place that the command is about: its ticket's or record's, else the first of
    the speaker's that has the command. What is wrong with the number the command says itself.

    Raises Refusal when there is no such command at that place.
    """
    if len(ctx.setting.packs) < 2:
        return ctx
    node_ids = _spoken_of(ctx, command)
    if len(node_ids) == 1:
        node = ctx.uow.places.node(node_ids.pop())
        there = ctx.at(node)
        if not command.offered(there.policy) and not keeps(ctx.uow, command, node, ctx.now):
            raise ctx.refuse("refuse.not_here", place=ctx.uow.places.scope(node, ctx.policy.number_scope).name)
        return there
    own = next((one for one in ctx.packs if command.offered(one.policy)), ctx.setting)
    return replace(ctx, setting=own)


def _spoken_of(ctx: Context, command: Command) -> set[int]:
    """The places of what a command names by number or in a quote."""
    args, uow = ctx.args, ctx.uow
    if command.listed is not None:  # it names what is on a list
        return set()
    if args.number is None:
        found = {uow.tickets.get(one).node_id for one in ctx.quoted}
        return found | {uow.records.get(one).node_id for one in ctx.quoted_records}
    if not command.records:
        found = {ticket.node_id for ticket in ctx.matching(args.number, args.scope)}
        if found or not command.also:
            return found
    return {record.node_id for record in matching_records(ctx, args.number, args.scope)}


def _once(settings: Iterable[Setting]) -> tuple[Setting, ...]:
    return tuple({id(one): one for one in settings}.values())
