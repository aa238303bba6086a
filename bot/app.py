"""The composition root: builds everything from its parts, on one screen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from bot.addressings import Addressings
from bot.clock import Ticker
from bot.directory import Directory
from bot.dispatcher import Dispatcher
from bot.entrance import Entrance
from bot.events import FRIENDS_PER_DAY, Events, Hearing
from bot.lease import Leasing
from bot.media import Media
from bot.memory import Memory
from bot.outgoing import Outbound
from bot.relay import Relay
from bot.shard import Shard
from bot.watch import Watch
from handlers.packs import lay_out
from handlers.policy.pack import Policy
from handlers.setting import Setting
from handlers.talk.keys import filing
from handlers.wording import Wording
from models.onetime import random_code
from models.uow import Units, random_id
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs, for whoever drives it: a live process, a replay, a test."""

    units: Units
    setting: Setting
    outbound: Outbound
    media: Media
    ticker: Ticker
    shards: Mapping[str, Shard]


def build(
    engine: Engine,
    *,
    accounts: Iterable[str],
    policy: Policy,
    packs: Mapping[str, Policy] | None = None,
    words: Wording,
    understander: Understander,
    media_dir: Path | None = None,
    limits: bool = True,
    announce: bool = True,
    reaches_leaders: bool = False,
    new_id: Callable[[], str] = random_id,
    new_code: Callable[[], str] = random_code,
    leasing: Leasing | None = None,
    alarm: str | None = None,
    friends_per_day: Mapping[str, int] | None = None,
) -> App:
    """Wire the program over a database. limits: budgets and quiet hours; announce: reminders and digests.

    policy: the pack of places that name none; packs: those that others name. leasing: each account belongs to one
    process at a time, and its commits are guarded; None: nobody else can have the database open. alarm: the account by
    which operators hear of another one that is logged out.
    """

    everybody = Units(engine, new_id, filing(words), new_code, understander.delicate)
    home = Setting(
        policy,
        words,
        Taxonomy.load(),
        understander.understand,
        understander.features,
        understander.model_id,
        understander.delicate,
    )
    setting = lay_out(home, packs or {})
    media = Media(media_dir)
    outbound = Outbound(media, setting, limits)
    addressing = Addressings(setting, understander.fold)

    def shard(account: str) -> Shard:
        lease = None if leasing is None else leasing(account)
        units = everybody if lease is None else everybody.guarded(lease.guard)
        memory, directory = Memory(), Directory(account, units, setting)
        watch = Watch(account, units, policy.identity)
        entrance = Entrance(account, units=units, setting=setting, outbound=outbound, directory=directory, watch=watch)
        dispatcher = Dispatcher(
            account,
            units=units,
            setting=setting,
            addressing=addressing,
            outbound=outbound,
            memory=memory,
            directory=directory,
            entrance=entrance,
        )
        relay = Relay(
            account, units=units, setting=setting, media=media, limits=limits, reaches_leaders=reaches_leaders
        )
        hearing = Hearing(units, setting, outbound, memory, directory, dispatcher, entrance, watch)
        friends = (friends_per_day or {}).get(account, FRIENDS_PER_DAY)
        events = Events(account, hearing, alarm=alarm, friends_per_day=friends)
        return Shard(account, units, dispatcher, memory, relay, watch, events, lease)

    return App(
        units=everybody,
        setting=setting,
        outbound=outbound,
        media=media,
        ticker=Ticker(units=everybody, setting=setting, outbound=outbound, announce=announce),
        shards={account: shard(account) for account in accounts},
    )
