"""Of a policy pack: what differs in the life of emergencies and disputes, and how a matter ends."""

from pydantic import Field

from handlers.policy.part import Part
from models.codes import RecordField


class Emergency(Part):
    """Minutes until the next on the line is told."""

    acknowledge_minutes: float = Field(default=5, gt=0)


class Disputes(Part):
    """say_in_group: one neutral sentence when a dispute is heard in a group. methods: what 化解方式 may be.

    require: the fields of the record without which a dispute is not settled. quarrels: the categories of complaints
    that are nothing but the quarrel once people quarrel; what is broken elsewhere still has to be mended.
    """

    say_in_group: bool = False
    methods: tuple[str, ...] = Field(default=("人民调解", "行政调解", "司法调解", "劝和"), min_length=1)
    require: tuple[RecordField, ...] = ()
    quarrels: tuple[str, ...] = ("noise", "parking", "pets", "street_trade", "illegal_build")


class Evaluation(Part):
    silence_days: float = Field(gt=0)
    reopen_days: float = Field(gt=0)
