"""Policy packs: what towns differ in, as data."""

import tomllib
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from handlers.merging import Merging
from handlers.periods import Sending, Span, sending
from handlers.routes import Routing
from models.calendar import WorkingCalendar
from models.codes import NodeLevel, RecordField, RoomMode, TicketKind
from nlp.taxonomy import Taxonomy
from nlp.understanding import Kind

PACKS = Path(__file__).parent / "policies"


class PolicyError(Exception):
    """The pack cannot be used. str() is a Chinese sentence that names the place and the remedy."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _weekly(text: str) -> str:
    try:
        sending(text, Span.WEEK)
    except ValueError:
        raise ValueError('请写成 "Mon 08:30" 这样（Mon 到 Sun）') from None
    return text


def _monthly(text: str) -> str:
    try:
        sending(text, Span.MONTH)
    except ValueError:
        raise ValueError('请写成 "1 08:30" 这样（1 到 28 号）') from None
    return text


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
    """Working hours until the first response, working days from word to word and until the solution."""

    respond_hours: float = Field(gt=0)
    solve_days: float = Field(gt=0)
    next_days: float = Field(default=2, gt=0)


class Deadlines(_Part):
    wish: Deadline
    complaint: Deadline
    dispute: Deadline
    category: dict[str, Deadline] = {}


class Reminders(_Part):
    """Working hours before (临期) and after (督办) each of the three deadlines; gather in minutes on the clock."""

    before_hours: float = Field(gt=0)
    after_hours: float = Field(gt=0)
    respond_before_hours: float = Field(default=2, ge=0)
    respond_after_hours: float = Field(default=7, gt=0)
    next_before_hours: float = Field(default=2, ge=0)
    next_after_hours: float = Field(default=7, gt=0)
    gather_minutes: float = Field(default=60, ge=0)


class Waiting(_Part):
    """Working days for which a matter may wait before a leader is asked."""

    limit_days: float = Field(default=5, gt=0)


class Extension(_Part):
    """Working days by which a deadline may be put off, once; 0: never."""

    max_days: float = Field(default=5, ge=0)


class Escalation(_Part):
    """Working hours after the deadline at which a matter goes up by itself; 0: never."""

    expired_hours: float = Field(default=14, ge=0)


class Deputies(_Part):
    """Days on the calendar for which somebody may stand in for another."""

    max_days: int = Field(default=60, gt=0)


class Claims(_Part):
    remind_days: float = Field(gt=0)
    expire_days: float = Field(gt=0)


class Evaluation(_Part):
    silence_days: float = Field(gt=0)
    reopen_days: float = Field(gt=0)


class DigestTime(_Part):
    """When digests and reports leave, and to whom by themselves: the leaders of nodes of these levels.

    empty: whether a day on which nothing is to be told gets one too.
    """

    at: time
    empty: bool = False
    levels: tuple[NodeLevel, ...] = tuple(level for level in NodeLevel if level is not NodeLevel.DISTRICT)
    weekly: Annotated[str, AfterValidator(_weekly)] = "Mon 08:30"
    weekly_levels: tuple[NodeLevel, ...] = (NodeLevel.DISTRICT, NodeLevel.TOWN)
    monthly: Annotated[str, AfterValidator(_monthly)] = "1 08:30"
    monthly_levels: tuple[NodeLevel, ...] = (NodeLevel.DISTRICT,)

    def sending(self, span: Span) -> Sending:
        """When reports of that kind leave."""
        return sending(self.weekly if span is Span.WEEK else self.monthly, span)


class Reporting(_Part):
    """What counts as unusual in a weekly report.

    A burst: at least burst_at_least matters of a category on one day, far above the same weekday of the
    baseline_weeks before. A sign: matters in at least sign_nodes micro-grids.
    """

    baseline_weeks: int = Field(default=8, ge=1, le=52)
    burst_at_least: int = Field(default=4, ge=2)
    sign_nodes: int = Field(default=3, ge=2)


class Emergency(_Part):
    """Minutes until the next on the line is told."""

    acknowledge_minutes: float = Field(default=5, gt=0)


class Disputes(_Part):
    """say_in_group: one neutral sentence when a dispute is heard in a group. methods: what 化解方式 may be.

    require: the fields of the record without which a dispute is not settled. quarrels: the categories of complaints
    that are nothing but the quarrel once people quarrel; what is broken elsewhere still has to be mended.
    """

    say_in_group: bool = False
    methods: tuple[str, ...] = Field(default=("人民调解", "行政调解", "司法调解", "劝和"), min_length=1)
    require: tuple[RecordField, ...] = ()
    quarrels: tuple[str, ...] = ("noise", "parking", "pets", "street_trade", "illegal_build")


class Entry(_Part):
    """What happens to a room that somebody binds. A notice of a higher version is posted once more in each room."""

    notice_version: int = Field(default=1, ge=1)
    mode: RoomMode = RoomMode.ON


class IdentityRule(_Part):
    """How long a code is valid, how often a wrong one may be given, and when so many strangers are suspicious.

    unknown_share: more than this part of at_least or more senders within within_minutes of a login. list_minutes: so
    long is collected before leaders get their lists.
    """

    code_hours: float = Field(default=72, gt=0)
    tries_per_day: int = Field(default=5, gt=0)
    unknown_share: float = Field(default=0.2, gt=0, lt=1)
    at_least: int = Field(default=10, gt=0)
    within_minutes: float = Field(default=60, gt=0)
    list_minutes: float = Field(default=15, gt=0)


class Feedback(_Part):
    """keep_text: masked words stand beside what leaders corrected, for as long as those of a signal."""

    keep_text: bool = False


class Privacy(_Part):
    """keep_closed_months: what ended longer ago has no words, pictures and names of those who asked any more."""

    keep_closed_months: int = Field(default=12, ge=1, le=120)


class CategoryWishes(_Part):
    """What differs for one category of wishes; what is left out is as for all."""

    approval: bool | None = None
    nameless: bool | None = None
    helpers: int | None = Field(default=None, ge=1)


class Wishes(_Part):
    """How a town offers wishes. Hours are working hours.

    approval: a leader agrees first; he is reminded after approval_hours, then a level up is asked. What nobody has
    claimed after offer_hours is offered again, at most offers times, and then the branch is asked to give it to
    somebody. nameless: no group reads who wished. most_helpers: so many may be asked for.
    """

    approval: bool = False
    approval_hours: float = Field(default=7, gt=0)
    nameless: bool = False
    helpers: int = Field(default=1, ge=1)
    most_helpers: int = Field(default=20, ge=1)
    offer_hours: float = Field(default=14, gt=0)
    offers: int = Field(default=2, ge=0)
    category: dict[str, CategoryWishes] = {}

    def needs_approval(self, category: str) -> bool:
        own = self._own(category).approval
        return self.approval if own is None else own

    def is_nameless(self, category: str) -> bool:
        own = self._own(category).nameless
        return self.nameless if own is None else own

    def helpers_for(self, category: str) -> int:
        return min(self._own(category).helpers or self.helpers, self.most_helpers)

    def _own(self, category: str) -> CategoryWishes:
        return self.category.get(category, CategoryWishes())


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
    reports: Reporting = Reporting()
    emergency: Emergency = Emergency()
    disputes: Disputes = Disputes()
    wishes: Wishes = Wishes()
    feedback: Feedback = Feedback()
    privacy: Privacy = Privacy()
    entry: Entry = Entry()
    identity: IdentityRule = IdentityRule()
    waiting: Waiting = Waiting()
    extension: Extension = Extension()
    escalation: Escalation = Escalation()
    deputies: Deputies = Deputies()
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


def months_before(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The same day and time of the zone so many months earlier; the last day of a month that is too short."""
    local = moment.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(moment.tzinfo)


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
    if policy.evaluation.reopen_days > policy.privacy.keep_closed_months * 28:
        remedy = "要能重开，原话就得还在：请把它改大，或把 evaluation.reopen_days 改小。"
        raise PolicyError(f"规则包 {path.name} 的 privacy.keep_closed_months 太短，{remedy}")
    return policy


def _require_categories(policy: Policy, pack: str) -> None:
    """Raises PolicyError when the pack names a category that no matter can have."""
    known = set(Taxonomy.load().codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE))
    for code in policy.disputes.quarrels:
        if code not in known:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 的 code 一列。"
            raise PolicyError(f"规则包 {pack} 的 disputes.quarrels 里的 {code} 不是类别，{remedy}")
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
    wishes = set(Taxonomy.load().codes(Kind.WISH))
    for code in policy.wishes.category:
        if code not in wishes:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 wish 的 code。"
            raise PolicyError(f"规则包 {pack} 的 wishes.category.{code} 不是心愿的类别，{remedy}")
