"""A policy pack as a whole, and the questions that the code asks of it."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from handlers.moments import next_time
from handlers.policy.care import Care
from handlers.policy.dossier import Dossier
from handlers.policy.items import Items
from handlers.policy.matters import Disputes, Emergency, Evaluation
from handlers.policy.meetings import Meetings
from handlers.policy.panels import Panels
from handlers.policy.part import Part
from handlers.policy.patrols import Patrols
from handlers.policy.people import Deputies, Feedback, IdentityRule, Privacy
from handlers.policy.points import Boards, Hazards, Points
from handlers.policy.publications import Publications
from handlers.policy.reports import DigestTime, Reporting
from handlers.policy.rooms import Budget, Entry, Hearing, Quiet
from handlers.policy.routing import Routing, Step
from handlers.policy.services import Services
from handlers.policy.snapshots import Snapshots
from handlers.policy.teams import Teams
from handlers.policy.telling import Telling, WeakSignals
from handlers.policy.terms import Calendar, Deadline, Deadlines, Escalation, Extension, Reminders, Waiting
from handlers.policy.visits import Visits
from handlers.policy.votes import Votes
from handlers.policy.wishes import Claims, Wishes
from handlers.talk.merging import Merging
from handlers.wording.checking import flatten
from models.calendar import WorkingCalendar
from models.codes import NodeLevel, TicketKind


class Policy(Part):
    """One pack, checked. Durations are in the unit that the field's name says. words: as in a wording file."""

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
    items: Items = Items()
    telling: Telling = Telling()
    weak_signals: WeakSignals = WeakSignals()
    points: Points = Points()
    boards: Boards = Boards()
    hazards: Hazards = Hazards()
    meetings: Meetings = Meetings()
    services: Services = Services()
    publications: Publications = Publications()
    visits: Visits = Visits()
    patrols: Patrols = Patrols()
    snapshots: Snapshots = Snapshots()
    teams: Teams = Teams()
    words: dict[str, Any] = Field(default_factory=dict)
    votes: Votes = Votes()
    dossier: Dossier = Dossier()
    care: Care = Care()
    panels: Panels = Panels()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    @cached_property
    def working(self) -> WorkingCalendar:
        exceptions = dict.fromkeys(self.calendar.holidays, False) | dict.fromkeys(self.calendar.workdays, True)
        return WorkingCalendar(self.zone, self.calendar.hours, exceptions)

    @cached_property
    def sentences(self) -> dict[str, str]:
        """The town's own sentences by key, as in a wording file."""
        return {key: str(value) for key, value in flatten(self.words).items()}

    def deadline(self, kind: TicketKind, category: str) -> Deadline:
        """The deadline of a category, else that of its kind."""
        general: Deadline = getattr(self.deadlines, kind.value)
        return self.deadlines.category.get(category, general)

    def due(
        self, start: datetime, kind: TicketKind, category: str, at: NodeLevel | Step | None = None
    ) -> tuple[datetime, datetime]:
        """(respond by, solve by) of a matter opened at start; at: the step which it has reached, or its level."""
        deadline, step = self.deadline(kind, category), at if isinstance(at, Step) else self.routing.step(at)
        if kind is TicketKind.WISH:
            step = None  # a wish is granted by neighbours: no step of the routes hurries them
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
