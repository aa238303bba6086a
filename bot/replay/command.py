"""xiaoshao replay: from the file to what is printed."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Engine as Database
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from bot.app import App, build
from bot.operating import calendar_findings
from bot.replay import results
from bot.replay.chatfile import ChatFile, ChatFileError
from bot.replay.engine import ACCOUNT, Engine, Posted
from bot.replay.gather import to_utc
from bot.replay.parse import parse_chat
from bot.replay.report import write_report
from bot.replay.setup import village_of
from bot.replay.talk import Printer
from bot.transports.memory import MemoryTransport
from bot.usage import file_sentence
from bot.village import settle
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.engine import open_engine
from models.uow import UnitOfWork
from nlp.understander import Understander

MANY = 300
"""Messages from which on a progress bar is worth its place."""
FARTHEST = timedelta(days=3660)
"""How far after the last message --until may lie: every night and every digest on the way is run."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    path: Path
    as_json: bool = False
    shadow: bool = False
    report: Path | None = None
    clock: bool = False
    until: str | None = None
    database: str | None = None
    policy: str | None = None
    limits: bool = True
    day: date | None = None
    wording: Path | None = None


def replay(options: Options, out: TextIO, load: Callable[[], Understander] = Understander.load) -> None:
    """Run a chat file. Raises ChatFileError with one Chinese sentence; then nothing was printed."""
    started = time.monotonic()
    try:
        data = options.path.read_bytes()
    except OSError as error:
        raise ChatFileError(file_sentence(options.path.name, error)) from None
    chat = parse_chat(data, name=options.path.name, date=options.day)
    until = _moment(options.until, chat)
    report = _report_path(options)
    engine = _database(options.database)
    app = _app(options, chat, engine, load)
    transport = MemoryTransport(ACCOUNT)
    run = Engine(chat, app, transport)
    if chat.messages:
        with app.units() as uow:
            plan = village_of(chat, app.setting.words.say("name.replay_village"))
            settle(uow, plan, app.setting, app.outbound, chat.messages[0].at)
            uow.commit()
    notes = list(chat.notes)
    if chat.messages:
        years = sorted({message.at.astimezone(app.setting.policy.zone).year for message in chat.messages})
        findings = calendar_findings(app.setting.policy.working, years[-1], years[0])
        notes += [finding.text.rstrip("。") for finding in findings if finding.bad]
    for note in notes:
        print(f"注意：{note}", file=sys.stderr)
    posts: list[Posted] = []
    printer = None if options.as_json or options.shadow else Printer(chat, out)
    with _progress(len(chat.messages)) as advance:
        for step in run.run(until, advance):
            if isinstance(step, Posted):
                posts.append(step)
                if options.as_json and not options.shadow:
                    print(results.line(results.post_row(step, chat.zone)), file=out)
            if printer is not None:
                printer.show(step)
    _finish(options, report, chat, app, run, posts, started, out)
    engine.dispose()


def _finish(
    options: Options,
    report: Path | None,
    chat: ChatFile,
    app: App,
    run: Engine,
    posts: list[Posted],
    started: float,
    out: TextIO,
) -> None:
    with app.units() as uow:
        tickets, signals = results.ticket_rows(uow), results.signal_rows(uow)
        if options.shadow:
            run.totals.posts = 0
        summary = results.summary(run.totals, tickets, signals, time.monotonic() - started)
        if report is not None:
            write_report(report, chat, uow, app.setting, posts, summary)
            print(f"报告已写到 {report}", file=sys.stderr)
    for warning in run.totals.warnings:
        print(f"注意：{warning}", file=sys.stderr)
    if options.as_json:
        for row in (*tickets, *signals, summary):
            print(results.line(row), file=out)
    else:
        Printer(chat, out).summary(tickets, signals, summary, app.setting)


def _app(options: Options, chat: ChatFile, engine: Database, load: Callable[[], Understander]) -> App:
    return build(
        engine,
        accounts=(ACCOUNT,),
        policy=load_policy(options.policy or chat.policy or "default"),
        words=load_wording(options.wording),
        understander=load(),
        limits=options.limits,
        announce=options.clock,
        reaches_leaders=True,
    )


def _database(url: str | None) -> Database:
    """A database for the run: in memory, or an empty one that is kept."""
    engine = open_engine(url or "sqlite://")
    if url is None:
        schema.create(engine)
        return engine
    try:
        # Before anything is written, even a migration: it may be the database of a town.
        used = inspect(engine).has_table("account")
        accounts = _transports(engine) if used else []
        if any(transport != ACCOUNT for transport in accounts):
            raise ChatFileError("--db 指的是正式在用的数据库，回放不能写进去，请换一个新的。")
        if accounts:
            raise ChatFileError("--db 里已有一次回放的结果，请换一个新的数据库，以免混在一起。")
        schema.upgrade(engine)
    except SQLAlchemyError:
        raise ChatFileError("--db 的数据库打不开，请检查地址，例如 sqlite:///结果.db。") from None
    return engine


def _transports(engine: Database) -> list[str]:
    with UnitOfWork(engine, read_only=True) as uow:
        return [account.transport for account in uow.places.accounts()]


def _report_path(options: Options) -> Path | None:
    """Where the report goes, if there is to be one: beside the file. Refused now rather than after the run."""
    if not options.shadow and options.report is None:
        return None
    path = options.report or options.path.with_suffix(".html")
    if path.resolve() == options.path.resolve():
        path = options.path.with_name(f"{options.path.name}.html")
    try:
        with path.open("a", encoding="utf-8"):
            return path
    except OSError as error:
        raise ChatFileError(file_sentence(path.name, error)) from None


def _moment(text: str | None, chat: ChatFile) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ChatFileError(f"--until 的时间「{text}」看不懂，请写成 2026-05-01T18:00 这样。") from None
    utc = to_utc(moment, chat.zone)
    last = max((message.at for message in chat.messages), default=None)
    if utc is None or (last is not None and utc - last > FARTHEST):
        raise ChatFileError(f"--until 的时间「{text}」太远，最多到最后一条消息之后十年。")
    return utc


class _progress:  # noqa: N801  (used like a function: with _progress(n) as advance)
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int) -> None:
        console = Console(file=sys.stderr)
        self._total = total
        self._bar = Progress(
            TextColumn("回放"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal or total < MANY,
        )

    def __enter__(self) -> Callable[[int], None]:
        self._bar.start()
        task = self._bar.add_task("", total=self._total)
        return lambda done: self._bar.update(task, completed=done)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
