"""Once a day a line for whoever operates the bot: what could not be sent and why, what was not heard. Never a text."""

from datetime import datetime, time, timedelta

from handlers.effects import Effect, Remind, Tell
from handlers.moments import next_time
from handlers.operator.reasons import counted
from handlers.report.pauses import is_short, short_pauses
from handlers.setting import Setting
from models.codes import OutgoingState, PostKind, Role
from models.outbox import CANNOT, NOBODY
from models.places import FAILED, RESTART
from models.tables import Schedule
from models.uow import UnitOfWork

OPERATOR = "operator"
"""The kind of schedule: planned by each night's housekeeping for the same morning."""
MORNING = time(8, 10)
_USUAL = frozenset({CANNOT, NOBODY})
"""What is shown where there is more, but is no reason to write: it waits for people, not for the operator."""


def plan_operator(setting: Setting, now: datetime) -> Remind:
    """The next line."""
    due = next_time(now, MORNING, setting.policy.zone)
    return Remind(OPERATOR, "all", due.astimezone(setting.policy.zone).date().isoformat(), due)


def send_operator(uow: UnitOfWork, setting: Setting, schedule: Schedule, now: datetime) -> list[Effect]:
    """To all who are ADMIN anywhere; to nobody when nothing is wrong."""
    since = uow.once.done_before(schedule) or now - timedelta(days=1)
    lines = _lines(uow, setting, since, now)
    if not lines:
        return []
    say = setting.words.say
    text = "\n".join([say("morning.head"), *lines, say("morning.end")])
    return [Tell(person.id, PostKind.DIGEST, text) for person in uow.people.all_with(Role.ADMIN)]


def _lines(uow: UnitOfWork, setting: Setting, since: datetime, now: datetime) -> list[str]:
    say, found, serious = setting.words.say, [], False
    for state, key in ((OutgoingState.STUCK, "morning.stuck"), (OutgoingState.REFUSED, "morning.refused")):
        faults = uow.outbox.faults(state)
        serious = serious or any(error not in _USUAL for error, _, _ in faults)
        pieces = [say("morning.one", reason=why, count=count) for why, count in counted(setting.words, faults)]
        if pieces:
            found.append(say(key, reasons="；".join(pieces)))
    for state, key in ((OutgoingState.MAYBE, "morning.maybe"), (OutgoingState.EXPIRED, "morning.expired")):
        if count := uow.outbox.ended_since(state, since):
            found.append(say(key, count=count))
            serious = True
    gaps = [gap for account in uow.places.accounts() for gap in uow.places.gaps(account.name, since, now)]
    failed = [gap for gap in gaps if gap.reason == FAILED]
    short = [gap for gap in gaps if gap.reason != FAILED and is_short(gap)]
    gaps = [gap for gap in gaps if gap.reason != FAILED and not is_short(gap)]
    if gaps:
        last = max(gaps, key=lambda gap: gap.until)
        times = {"since": setting.moment(last.since), "until": setting.moment(last.until)}
        found.append(say("morning.gaps", count=len(gaps), **times))
    found += [say("morning.short_gaps", line=line) for line in short_pauses(setting, short)]
    serious = serious or any(gap.reason != RESTART for gap in short)
    if failed:
        found.append(say("morning.failed", count=len(failed)))
    return found if serious or gaps or failed else []
