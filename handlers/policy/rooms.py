"""Of a policy pack: how the bot hears and speaks in rooms."""

from datetime import time

from pydantic import Field

from handlers.policy.part import Part
from models.codes import RoomMode


class Hearing(Part):
    act_within_hours: float = Field(gt=0)
    retract_minutes: float = Field(ge=0)
    signal_days: float = Field(gt=0, le=7)


class Budget(Part):
    """publicity_share: so much of each budget may be used up when 公开 goes to many groups; the rest is for answers.

    What is not set is limited by the channel alone (models/limits.py). unasked: all but answers and emergencies.
    """

    room_per_hour: int = Field(gt=0)
    room_per_minute: int | None = Field(default=None, gt=0)
    room_unasked_per_hour: int | None = Field(default=None, gt=0)
    account_per_minute: int = Field(gt=0)
    account_per_hour: int | None = Field(default=None, gt=0)
    account_per_day: int = Field(gt=0)
    notice_expires_hours: float = Field(gt=0)
    publicity_share: float = Field(default=0.5, gt=0, le=1)


class Quiet(Part):
    start: time = Field(alias="from")
    until: time


class Entry(Part):
    """What happens to a room that somebody binds. A notice of a higher version is posted once more in each room."""

    notice_version: int = Field(default=1, ge=1)
    mode: RoomMode = RoomMode.ON
