"""The clock: asks the schedules in the database what is due, and runs it once."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import structlog

from bot.outgoing import Origin, Outbound
from handlers.alarm.aftermath import with_news
from handlers.clockwork.schedules import KINDS, Tick, place_of
from handlers.operator.operators import NOTICE_BOARD
from handlers.score.awarding import settle
from handlers.setting import Setting
from models.codes import ScheduleState
from models.uow import Conflict, Units

AT_ONCE = 100
"""How many schedules are read at once."""


def now() -> datetime:
    """The present moment, aware, in UTC. The only place besides cli.py that asks the machine."""
    return datetime.now(UTC)


class Ticker:
    """Runs due schedules. Synchronous; time is handed in."""

    def __init__(self, *, units: Units, setting: Setting, outbound: Outbound, announce: bool = True) -> None:
        self._units = units
        self._setting = setting
        self._outbound = outbound
        self._kinds = tuple(name for name, kind in KINDS.items() if announce or not kind.announces)
        self._log = structlog.get_logger("clock")

    def next_due(self, after: datetime | None = None) -> datetime | None:
        """When something is due next; None when nothing is planned.

        With after, the next due time later than that: what failed at its time stands before it.
        """
        with self._units.read() as uow:
            return uow.once.next_due(self._kinds, after)

    def run_due(self, moment: datetime) -> int:
        """Run everything that is due at that moment; returns how many schedules ran.

        What fails is tried again at the next tick; it never stands in the way of what comes after it.
        """
        ran = 0
        failed: set[int] = set()
        while True:
            with self._units.read() as uow:
                rows = uow.once.due(moment, self._kinds, limit=AT_ONCE + len(failed))
            due = [row.id for row in rows if row.id is not None and row.id not in failed]
            if not due:
                return ran
            for schedule_id in due:
                if self._run(schedule_id, moment):
                    ran += 1
                else:
                    failed.add(schedule_id)

    def _run(self, schedule_id: int, moment: datetime) -> bool:
        try:
            with self._units() as uow:
                schedule = uow.once.get(schedule_id)
                if schedule is None or schedule.state is not ScheduleState.WAITING:
                    return True
                schedule.state, schedule.done_at = ScheduleState.DONE, moment
                setting = self._setting
                if len(setting.packs) > 1:
                    setting = setting.at(uow, place_of(uow, schedule))
                done = KINDS[schedule.kind].run(Tick(schedule, uow, setting, moment))
                effects = with_news(uow, self._setting, done, moment)
                settle(uow, self._setting, moment)
                accounts: Sequence[str] = [
                    account.name for account in uow.places.accounts() if account.transport != NOTICE_BOARD
                ]
                self._outbound.write(uow, effects, Origin(_first(accounts), schedule=schedule.kind), moment)
                uow.commit()
        except Conflict:
            self._log.info("conflict", schedule=schedule_id)
            return False
        except Exception as error:
            self._log.error("schedule_failed", schedule=schedule_id, error=type(error).__name__)
            self._log.debug("schedule_trace", exc_info=error)
            return False
        return True


def _first(names: Iterable[str]) -> str:
    """The account that carries what belongs to no room."""
    return next(iter(names), "")
