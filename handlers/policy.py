"""Policy packs: what towns differ in, as data."""

import tomllib
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handlers.merging import Merging
from handlers.routes import Routing
from models.calendar import WorkingCalendar
from models.codes import NodeLevel, TicketKind
from nlp.taxonomy import Taxonomy
from nlp.understanding import Kind

PACKS = Path(__file__).parent / "policies"


class PolicyError(Exception):
    """The pack cannot be used. str() is a Chinese sentence that names the place and the remedy."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Hearing(_Part):
    act_within_hours: float = Field(gt=0)
    retract_minutes: float = Field(ge=0)
    signal_days: float = Field(gt=0, le=7)


class Budget(_Part):
    room_per_hour: int = Field(gt=0)
    account_per_minute: int = Field(gt=0)
    account_per_day: int = Field(gt=0)
    notice_expires_hours: float = Field(gt=0)


class Quiet(_Part):
    start: time = Field(alias="from")
    until: time


class Calendar(_Part):
    hours: tuple[tuple[time, time], ...] = Field(min_length=1)
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


class Deadline(_Part):
    """Working hours until the first response, working days until the solution."""

    respond_hours: float = Field(gt=0)
    solve_days: float = Field(gt=0)


class Deadlines(_Part):
    wish: Deadline
    complaint: Deadline
    dispute: Deadline
    category: dict[str, Deadline] = {}


class Reminders(_Part):
    before_hours: float = Field(gt=0)
    after_hours: float = Field(gt=0)


class Claims(_Part):
    remind_days: float = Field(gt=0)
    expire_days: float = Field(gt=0)


class Evaluation(_Part):
    silence_days: float = Field(gt=0)
    reopen_days: float = Field(gt=0)


class DigestTime(_Part):
    at: time


class Emergency(_Part):
    """Minutes until the next on the line is told."""

    acknowledge_minutes: float = Field(default=5, gt=0)


class Feedback(_Part):
    """keep_text: masked words stand beside what leaders corrected, for as long as those of a signal."""

    keep_text: bool = False


class Policy(_Part):
    """One pack, checked. Durations are in the unit that the field's name says."""

    name: str
    zone_name: str = Field(alias="zone")
    number_scope: NodeLevel
    bot_names: tuple[str, ...] = Field(min_length=1)
    hearing: Hearing
    merging: Merging
    budget: Budget
    quiet: Quiet
    calendar: Calendar
    deadlines: Deadlines
    reminders: Reminders
    claims: Claims
    evaluation: Evaluation
    digest: DigestTime
    emergency: Emergency = Emergency()
    feedback: Feedback = Feedback()
    routing: Routing = Routing()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    @cached_property
    def working(self) -> WorkingCalendar:
        exceptions = dict.fromkeys(self.calendar.holidays, False) | dict.fromkeys(self.calendar.workdays, True)
        return WorkingCalendar(self.zone, self.calendar.hours, exceptions)

    def deadline(self, kind: TicketKind, category: str) -> Deadline:
        """The deadline of a category, else that of its kind."""
        general: Deadline = getattr(self.deadlines, kind.value)
        return self.deadlines.category.get(category, general)

    def due(
        self, start: datetime, kind: TicketKind, category: str, level: NodeLevel | None = None
    ) -> tuple[datetime, datetime]:
        """(respond by, solve by) of a matter that was opened at start; level: that of the step which it has reached."""
        deadline, step = self.deadline(kind, category), self.routing.step(level)
        hours = deadline.respond_hours if step is None or step.respond_hours is None else step.respond_hours
        days = deadline.solve_days if step is None or step.solve_days is None else step.solve_days
        return self.working.add(start, timedelta(hours=hours)), self.working.add(start, self.working.days(days))

    def return_by(self, given_at: datetime) -> datetime:
        """Until when whoever was given a matter may say that it is not his."""
        return self.working.add(given_at, self.working.days(self.routing.return_days))

    def is_quiet(self, moment: datetime) -> bool:
        """Whether the moment lies in the quiet hours."""
        clock = moment.astimezone(self.zone).time()
        start, until = self.quiet.start, self.quiet.until
        if start == until:
            return False
        return start <= clock < until if start < until else clock >= start or clock < until

    def quiet_end(self, moment: datetime) -> datetime:
        """When the quiet hours in which moment lies are over; moment itself outside of them."""
        if not self.is_quiet(moment):
            return moment
        return next_time(moment, self.quiet.until, self.zone)


def next_time(moment: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """The first time after moment at which the clock of the zone shows that time."""
    local = moment.astimezone(zone)
    target = datetime.combine(local.date(), clock, zone)
    if target <= local:
        target = datetime.combine(local.date() + timedelta(days=1), clock, zone)
    return target.astimezone(moment.tzinfo)


def load_policy(name: str = "default") -> Policy:
    """The pack of that name, or the TOML file at that path. Raises PolicyError."""
    path = PACKS / f"{name}.toml" if not name.endswith(".toml") else Path(name)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = "、".join(sorted(pack.stem for pack in PACKS.glob("*.toml")))
        raise PolicyError(f"没有名为「{name}」的规则包，可用的有：{known}。") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"规则包 {path.name} 读不了：{error}。请检查文件格式。") from None
    try:
        policy = Policy.model_validate(raw)
        _ = policy.zone
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"规则包 {path.name} 的 {place} 不对：{first['msg']}。") from None
    except (KeyError, ValueError):
        raise PolicyError(f"规则包 {path.name} 的 zone 不是有效的时区，请写 Asia/Shanghai 这样的名字。") from None
    try:
        _ = policy.working
    except ValueError:
        raise PolicyError(f"规则包 {path.name} 的 calendar.hours 不对，请按先后写成 08:30 到 12:00 这样。") from None
    _require_categories(policy, path.name)
    return policy


def _require_categories(policy: Policy, pack: str) -> None:
    """Raises PolicyError when the pack names a category that no matter can have."""
    known = set(Taxonomy.load().codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE))
    parts = (
        ("merging", policy.merging.category),
        ("deadlines", policy.deadlines.category),
        ("routing", policy.routing.category),
    )
    for part, named in parts:
        for code in named:
            if code not in known:
                remedy = "可用的见 nlp/lexicons/taxonomy.tsv 的 code 一列。"
                raise PolicyError(f"规则包 {pack} 的 {part}.category.{code} 不是心愿、诉求或纠纷的类别，{remedy}")
