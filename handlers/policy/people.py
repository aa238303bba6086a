"""Of a policy pack: who somebody is, who stands in for him, and what is kept of what people say."""

from pydantic import Field

from handlers.policy.part import Part


class IdentityRule(Part):
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


class Deputies(Part):
    """Days on the calendar for which somebody may stand in for another."""

    max_days: int = Field(default=60, gt=0)


class Privacy(Part):
    """keep_closed_months: what ended longer ago has no words, pictures and names of those who asked any more."""

    keep_closed_months: int = Field(default=12, ge=1, le=120)


class Feedback(Part):
    """keep_text: masked words stand beside what leaders corrected, for as long as those of a signal."""

    keep_text: bool = False
