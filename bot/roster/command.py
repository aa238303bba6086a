"""xiaoshao template and xiaoshao import: from the file to what is printed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from bot.roster.changes import Changes
from bot.roster.columns import NODES, ORGANISATIONS, PEOPLE, Titles
from bot.roster.filling import Filler
from bot.roster.keeping import Keeper
from bot.roster.problems import Problems, RosterError
from bot.roster.template import write_template
from bot.roster.workbook import Advance, Reader, Rows
from handlers.clockwork.schedules import HOUSEKEEPING, NIGHT
from handlers.moments import next_time
from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.pack import Policy
from handlers.report.readers import DIGEST
from handlers.wording import Wording
from models.codes import NodeLevel
from models.roster import Roster
from models.uow import Conflict, UnitOfWork, Units
from nlp.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for."""

    path: Path
    dry_run: bool = False
    remove_missing: bool = False


def make_template(path: Path, words: Wording) -> str:
    """Write the empty spreadsheet; returns what to tell the operator. Raises RosterError."""
    write_template(path, words, Titles(words, Taxonomy.load()))
    return words.say("import.made", file=path.name)


class Importer:
    """Imports one spreadsheet into a database. Nothing changes if anything is wrong."""

    def __init__(self, engine: Engine, policy: Policy, words: Wording, advance: Advance = lambda *_: None) -> None:
        self._units = Units(engine)
        self._policy = policy
        self._packs: dict[str, Policy] = {}
        self._words = words
        self._titles = Titles(words, Taxonomy.load())
        self._advance = advance

    def run(self, options: Options, now: datetime) -> list[str]:
        """The lines to print. Raises RosterError with everything that is to be mended."""
        problems = Problems(self._words, self._titles)
        rows = Reader(self._words, self._titles, problems, self._advance).read(options.path)
        try:
            changes = self._compare(rows, options, problems, now)
        except Conflict:
            raise RosterError(self._words.say("import.busy")) from None
        notes = [self._words.say("import.note", text=note) for note in problems.notes]
        if not changes:
            return [self._words.say("import.same"), *notes]
        if options.dry_run:
            return [self._words.say("import.tried"), *changes.lines(), *changes.counts(), *notes]
        return [self._words.say("import.done"), *changes.counts(), *notes]

    def _compare(self, rows: Rows, options: Options, problems: Problems, now: datetime) -> Changes:
        """Read, compare and, unless it is only tried, write and commit."""
        with self._units.read() if options.dry_run else self._units() as uow:
            if not options.dry_run:
                uow.lock("roster")
            self._advance(self._words.say("import.doing_check"), 0, None)
            stored = uow.rosters.read()
            filler = Filler(stored, self._policy, self._words, self._titles, problems, uow.tickets.new_id)
            filled = filler.fill(rows, remove_missing=options.remove_missing)
            if problems.sound(NODES, PEOPLE, ORGANISATIONS):
                scope = self._policy.number_scope
                keeper = Keeper(uow.rosters, stored, filled, scope, self._words, self._titles, problems)
                keeper.check(freeze=not options.dry_run)
            problems.stop()
            changes = Changes(stored, filled.roster, self._words, self._titles)
            if not options.dry_run:
                self._advance(self._words.say("import.doing_write"), 0, None)
                ids = uow.rosters.write(stored, filled.roster) if changes else dict(stored.node_ids)
                self._plan(uow, filled.roster, ids, now)
                uow.commit()
        return changes

    def _plan(self, uow: UnitOfWork, roster: Roster, ids: dict[str, int], now: datetime) -> None:
        """Each 村社区 has its digest, and the night its housekeeping, from now on."""
        by_time: dict[time, list[str]] = {}
        for code in digest_scopes(roster, self._policy.number_scope):
            by_time.setdefault(self._digest_at(roster, code), []).append(str(ids[code]))
        plans = [(DIGEST, at, scopes) for at, scopes in by_time.items()]
        for kind, at, subjects in [*plans, (HOUSEKEEPING, NIGHT, ["all"])]:
            due = next_time(now, at, self._policy.zone)
            uow.rosters.plan(kind, due.astimezone(self._policy.zone).date().isoformat(), due, subjects)

    def _digest_at(self, roster: Roster, code: str) -> time:
        """When the digests of a place leave, by the nearest pack that can be used."""
        for above in roster.line(code):
            name = roster.nodes[above].policy
            if name is None:
                continue
            if name not in self._packs:
                try:
                    self._packs[name] = load_policy(name)
                except PolicyError:
                    self._packs[name] = self._policy  # named before; doctor speaks of it
            return self._packs[name].digest.at
        return self._policy.digest.at


def digest_scopes(roster: Roster, level: NodeLevel) -> list[str]:
    """The uppermost nodes of that level, and the roots of trees that have none."""
    scopes, without = [], {code for code, node in roster.nodes.items() if node.parent is None}
    for code, node in roster.nodes.items():
        line = list(roster.line(code))
        if node.level is level:
            without.discard(line[-1])
            if not any(roster.nodes[above].level is level for above in line[1:]):
                scopes.append(code)
    return [*scopes, *sorted(without)]


@contextmanager
def progress_bar() -> Iterator[Advance]:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def advance(what: str, done: int, total: int | None) -> None:
            for name, task in tasks.items():
                if name != what:
                    progress.update(task, visible=False)
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield advance
