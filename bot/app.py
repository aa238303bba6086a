"""The composition root: builds everything from its parts, on one screen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from bot.addressing import Addressing
from bot.clock import Ticker
from bot.directory import Directory
from bot.dispatcher import Dispatcher
from bot.entrance import Entrance
from bot.media import Media
from bot.memory import Memory
from bot.outgoing import Outbound
from bot.relay import Relay
from bot.shard import Shard
from bot.watch import Watch
from handlers.commands import COMMANDS, commands_of
from handlers.keys import filing
from handlers.parsing import Parser, order_words
from handlers.policy.pack import Policy
from handlers.setting import Setting
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
    words: Wording,
    understander: Understander,
    media_dir: Path | None = None,
    limits: bool = True,
    announce: bool = True,
    reaches_leaders: bool = False,
    new_id: Callable[[], str] = random_id,
    new_code: Callable[[], str] = random_code,
) -> App:
    """Wire the program over a database. limits: budgets and quiet hours; announce: reminders and digests."""

    units = Units(engine, new_id, filing(words), new_code)
    setting = Setting(
        policy, words, Taxonomy.load(), understander.understand, understander.features, understander.model_id
    )
    media = Media(media_dir)
    outbound = Outbound(policy, media, setting, limits)
    commands = commands_of(policy)
    spellings = order_words([word for command in commands for word in command.spellings()])
    elsewhere = [command for command in COMMANDS if command not in commands]
    addressing = Addressing(Parser(spellings, policy.bot_names, understander.fold), commands, elsewhere)

    def shard(account: str) -> Shard:
        memory, directory = Memory(), Directory(account, units, policy.entry.notice_version)
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
        return Shard(account, units, dispatcher, memory, relay, watch)

    return App(
        units=units,
        setting=setting,
        outbound=outbound,
        media=media,
        ticker=Ticker(units=units, setting=setting, outbound=outbound, announce=announce),
        shards={account: shard(account) for account in accounts},
    )
