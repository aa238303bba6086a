"""Of a policy pack: working time, the deadlines of matters, and what happens around them."""

from datetime import date, time

from pydantic import Field

from handlers.policy.part import Part


class Calendar(Part):
    hours: tuple[tuple[time, time], ...] = Field(min_length=1)
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


class Deadline(Part):
    """Working hours until the first response, working days from word to word and until the solution."""

    respond_hours: float = Field(gt=0)
    solve_days: float = Field(gt=0)
    next_days: float = Field(default=2, gt=0)


class Deadlines(Part):
    wish: Deadline
    complaint: Deadline
    dispute: Deadline
    category: dict[str, Deadline] = Field(default_factory=dict)


class Reminders(Part):
    """Working hours before (临期) and after (督办) each of the three deadlines; gather in minutes on the clock."""

    before_hours: float = Field(gt=0)
    after_hours: float = Field(gt=0)
    respond_before_hours: float = Field(default=2, ge=0)
    respond_after_hours: float = Field(default=7, gt=0)
    next_before_hours: float = Field(default=2, ge=0)
    next_after_hours: float = Field(default=7, gt=0)
    gather_minutes: float = Field(default=60, ge=0)


class Waiting(Part):
    """Working days for which a matter may wait before a leader is asked.

    times: so often whoever handles it lets it wait himself at one level; after that whoever leads above says so.
    """

    limit_days: float = Field(default=5, gt=0)
    times: int = Field(default=2, ge=1)


class Extension(Part):
    """Working days by which a deadline may be put off, once; 0: never."""

    max_days: float = Field(default=5, ge=0)


class Escalation(Part):
    """Working hours after the deadline at which a matter goes up by itself; 0: never."""

    expired_hours: float = Field(default=14, ge=0)
