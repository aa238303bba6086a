"""What the clock does: one function a kind of schedule, and the registry of kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers.alarm import recalling, second_asked, second_look
from handlers.alarm.alarms import ALARM, look, matter_of
from handlers.clockwork import reminding
from handlers.discreet import retention
from handlers.discreet.erasing import DISCARD, erase_at_end
from handlers.discreet.retention import RETENTION
from handlers.effects import Discard, Effect, Remind
from handlers.moments import next_time
from handlers.operator.operator_report import OPERATOR, plan_operator, send_operator
from handlers.people import deputising, rebinding, succession
from handlers.record import care_looks, caring, panels, patrolling, reviewing, rounds, visits_due, vote_results, voting
from handlers.record.agendas import send_agendas
from handlers.record.meeting_days import MEETING, plan_meetings
from handlers.report.readers import DIGEST, send_digests
from handlers.report.reporting import KINDS as REPORTS
from handlers.report.reporting import plan_reports, send_report
from handlers.score.board_days import BOARDS
from handlers.score.boards import send_boards
from handlers.score.points import POINTS_MONTH, send_points
from handlers.setting import Setting
from handlers.talk import asking
from handlers.ticket import arriving, escalating
from handlers.wish import approving, expiring, offering
from models.codes import Rating
from models.leaving import SUCCESSION
from models.states import FINISHED, Move
from models.tables import GridNode, Schedule
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

HOUSEKEEPING = "housekeeping"
NIGHT = time(3, 30)
SEEN_DAYS = 3
"""Longer than the oldest message that is still acted on (policy hearing.act_within_hours, at most a day)."""

GAP_DAYS = 62
"""Longer than any report that names them looks back."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One due schedule. now is the moment at which it runs, which may be later than it was due."""

    schedule: Schedule
    uow: UnitOfWork
    setting: Setting
    now: datetime

    def say(self, key: str, **values: object) -> str:
        return self.setting.words.say(key, **values)

    def ticket(self) -> Ticket:
        return self.uow.tickets.get(self.schedule.subject)


@dataclass(frozen=True, slots=True)
class ScheduleKind:
    """announces: it only reminds or reports, so that a replay without a clock leaves it out."""

    run: Callable[[Tick], list[Effect]]
    announces: bool


def _remind(tick: Tick) -> list[Effect]:
    return reminding.remind(tick.uow, tick.setting, tick.schedule, tick.now)


def _expire(tick: Tick) -> list[Effect]:
    return escalating.expire(tick.uow, tick.setting, tick.schedule, tick.now)


def _pass_on(tick: Tick) -> list[Effect]:
    return arriving.pass_on(tick.uow, tick.setting, tick.schedule, tick.now)


def _vacant(tick: Tick) -> list[Effect]:
    return arriving.vacant(tick.uow, tick.setting, tick.schedule, tick.now)


def _succession(tick: Tick) -> list[Effect]:
    left = reviewing.left(tick.uow, tick.setting, tick.schedule.subject, tick.now)
    left += care_looks.left(tick.uow, tick.setting, tick.schedule.subject, tick.now)
    return [*succession.hand_up(tick.uow, tick.setting, tick.schedule, tick.now), *left]


def _deputy_over(tick: Tick) -> list[Effect]:
    return deputising.over(tick.uow, tick.setting, int(tick.schedule.subject), tick.now)


def _claim_expire(tick: Tick) -> list[Effect]:
    return expiring.expire(tick.uow, tick.setting, tick.schedule, tick.now)


def _claim_back(tick: Tick) -> list[Effect]:
    return expiring.take_back(tick.uow, tick.setting, tick.schedule, tick.now)


def _offer(tick: Tick) -> list[Effect]:
    due = datetime.fromisoformat(tick.schedule.period)
    return offering.look(tick.uow, tick.setting, tick.ticket(), due, tick.now)


def _assign(tick: Tick) -> list[Effect]:
    return offering.remind_branch(tick.uow, tick.setting, tick.ticket(), tick.schedule.period, tick.now)


def _approve(tick: Tick) -> list[Effect]:
    return approving.look(tick.uow, tick.setting, tick.ticket(), tick.schedule.period, tick.now)


def _silence(tick: Tick) -> list[Effect]:
    """Nobody answered for the policy's days: closed as 未评价, never as 满意."""
    ticket = tick.ticket()
    if ticket.status not in FINISHED or str(ticket.asks) != tick.schedule.period:
        return []
    tick.uow.tickets.move(ticket, Move.CLOSE_SILENT, at=tick.now, actor_id=None)
    tick.uow.tickets.end_claim(ticket.id, tick.now, "fulfilled")
    ticket.rating = Rating.UNRATED
    return erase_at_end(tick.uow, tick.setting, ticket, tick.now)


def place_of(uow: UnitOfWork, schedule: Schedule) -> GridNode | None:
    """The place of what a schedule is about; None: of none, or of several."""
    kind, subject = schedule.kind, schedule.subject
    if kind in OF_NODES:
        return uow.places.node(int(subject.partition(":")[0]))
    if kind in OF_RECORDS:
        return uow.places.node(uow.records.get(int(subject)).node_id)
    matter = matter_of(uow, subject) if kind in OF_MATTERS else None
    return None if matter is None else uow.places.node(matter.node_id)


def _digest(tick: Tick) -> list[Effect]:
    scope = tick.uow.places.node(int(tick.schedule.subject))
    effects = send_digests(tick.uow, tick.setting, tick.schedule, tick.now)
    looks = rounds.plan(tick.setting, scope, tick.now) if scope.level is tick.setting.policy.number_scope else []
    meetings = plan_meetings(tick.uow, tick.setting, scope, tick.now)
    return [*effects, *plan_reports(tick.uow, tick.setting, scope, tick.now), *looks, *meetings]


def _meeting(tick: Tick) -> list[Effect]:
    return send_agendas(tick.uow, tick.setting, tick.schedule.subject, tick.schedule.period, tick.now)


def _report(tick: Tick) -> list[Effect]:
    return send_report(tick.uow, tick.setting, tick.schedule, tick.now)


def _points_month(tick: Tick) -> list[Effect]:
    return send_points(tick.uow, tick.setting, tick.schedule, tick.now)


def _boards(tick: Tick) -> list[Effect]:
    return send_boards(tick.uow, tick.setting, tick.schedule, tick.now)


def plan_housekeeping(setting: Setting, now: datetime) -> Remind:
    """The next look at what has to be deleted and sealed: each night."""
    due = next_time(now, NIGHT, setting.policy.zone)
    return Remind(HOUSEKEEPING, "all", due.astimezone(setting.policy.zone).date().isoformat(), due)


def _housekeeping(tick: Tick) -> list[Effect]:
    """Delete old signals, seen messages and the words of old posts; seal the histories; begin with what is too old."""
    uow, rule = tick.uow, tick.setting.policy.hearing
    before = tick.now - timedelta(days=rule.signal_days)
    old = uow.signals.heard_before(before)
    unanswered = []
    for signal in old:
        setting = tick.setting.at(uow, uow.places.node(signal.node_id))
        unanswered += recalling.expired(uow, setting, signal)
    uow.signals.remove_old(before, tick.now)
    uow.feedback.blank_old(tick.now - timedelta(days=rule.signal_days))
    uow.identities.forget_tries(tick.now.astimezone(tick.setting.policy.zone).date().isoformat())
    uow.once.purge_seen(tick.now - timedelta(days=SEEN_DAYS))
    uow.places.purge_gaps(tick.now - timedelta(days=GAP_DAYS))
    uow.outbox.blank_private()
    uow.outbox.blank_old(tick.now - timedelta(days=rule.signal_days))
    uow.seals.seal(tick.schedule.period, tick.now)
    return [
        *unanswered,
        plan_housekeeping(tick.setting, tick.now),
        plan_operator(tick.setting, tick.now),
        Remind(RETENTION, "all", tick.schedule.period, tick.now),
    ]


def _operator(tick: Tick) -> list[Effect]:
    return send_operator(tick.uow, tick.setting, tick.schedule, tick.now)


def _retention(tick: Tick) -> list[Effect]:
    return retention.expire(tick.uow, tick.setting, tick.schedule.period, tick.now)


def _visits(tick: Tick) -> list[Effect]:
    return visits_due.remind(tick.uow, tick.setting, tick.schedule.subject, tick.now)


def _patrol(tick: Tick) -> list[Effect]:
    return patrolling.give_up(tick.uow, tick.setting, int(tick.schedule.subject), tick.now)


def _patrols(tick: Tick) -> list[Effect]:
    return rounds.remind(tick.uow, tick.setting, int(tick.schedule.subject), tick.now)


def _care(tick: Tick) -> list[Effect]:
    return care_looks.remind(tick.uow, tick.setting, tick.schedule.subject, tick.now)


def _vote(tick: Tick) -> list[Effect]:
    return vote_results.end_by_clock(tick.uow, tick.setting, int(tick.schedule.subject), tick.now)


def _review(tick: Tick) -> list[Effect]:
    return reviewing.look(tick.uow, tick.setting, int(tick.schedule.subject), tick.schedule.period, tick.now)


def _snapshot(tick: Tick) -> list[Effect]:
    return asking.give_up(tick.uow, tick.setting, tick.schedule.subject, tick.now)


def _discard(tick: Tick) -> list[Effect]:
    """The file of a deleted picture goes, unless a ticket or a publication has the same one."""
    sha256 = tick.schedule.subject
    kept = tick.uow.pictures.has(sha256) or tick.uow.records.shows(sha256)
    return [] if kept else [Discard(sha256)]


def _second_look(tick: Tick) -> list[Effect]:
    return second_look.look(tick.uow, tick.setting, tick.schedule.subject, tick.schedule.period, tick.now)


def _alarm(tick: Tick) -> list[Effect]:
    return look(tick.uow, tick.setting, tick.schedule.subject, tick.schedule.period, tick.now)


def _rebinding(tick: Tick) -> list[Effect]:
    return rebinding.lists(tick.uow, tick.setting, tick.schedule.subject)


OF_NODES = frozenset({DIGEST, *REPORTS.values(), POINTS_MONTH, BOARDS, rounds.PATROLS, arriving.VACANT})
OF_RECORDS = frozenset({patrolling.PATROL, panels.REVIEW, voting.VOTE})
OF_MATTERS = frozenset(
    {
        *(*reminding.SPOKEN, "expire", arriving.PASS_ON, "claim_expire", expiring.CLAIM_BACK, "silence"),
        *(offering.OFFER, offering.ASSIGN, approving.APPROVE, asking.SNAPSHOT, ALARM, second_asked.SECOND),
    }
)
OF_SEVERAL = frozenset(
    {SUCCESSION, deputising.OVER, visits_due.VISITS, caring.CARE, MEETING, rebinding.REBINDING}
    | {DISCARD, HOUSEKEEPING, RETENTION, OPERATOR}
)
"""What the subjects of the kinds are, so that each runs by the pack of its place; those of several places see to it."""

KINDS: Mapping[str, ScheduleKind] = {
    **{kind: ScheduleKind(_remind, announces=True) for kind in reminding.SPOKEN},
    "expire": ScheduleKind(_expire, announces=True),
    arriving.PASS_ON: ScheduleKind(_pass_on, announces=False),
    arriving.VACANT: ScheduleKind(_vacant, announces=True),
    SUCCESSION: ScheduleKind(_succession, announces=False),
    deputising.OVER: ScheduleKind(_deputy_over, announces=True),
    "claim_expire": ScheduleKind(_claim_expire, announces=False),
    expiring.CLAIM_BACK: ScheduleKind(_claim_back, announces=False),
    "silence": ScheduleKind(_silence, announces=False),
    offering.OFFER: ScheduleKind(_offer, announces=True),
    offering.ASSIGN: ScheduleKind(_assign, announces=True),
    approving.APPROVE: ScheduleKind(_approve, announces=True),
    asking.SNAPSHOT: ScheduleKind(_snapshot, announces=True),
    patrolling.PATROL: ScheduleKind(_patrol, announces=False),
    rounds.PATROLS: ScheduleKind(_patrols, announces=True),
    visits_due.VISITS: ScheduleKind(_visits, announces=True),
    caring.CARE: ScheduleKind(_care, announces=True),
    panels.REVIEW: ScheduleKind(_review, announces=False),
    voting.VOTE: ScheduleKind(_vote, announces=False),
    second_asked.SECOND: ScheduleKind(_second_look, announces=True),
    ALARM: ScheduleKind(_alarm, announces=True),
    rebinding.REBINDING: ScheduleKind(_rebinding, announces=True),
    DISCARD: ScheduleKind(_discard, announces=False),
    DIGEST: ScheduleKind(_digest, announces=True),
    **{kind: ScheduleKind(_report, announces=True) for kind in REPORTS.values()},
    MEETING: ScheduleKind(_meeting, announces=True),
    POINTS_MONTH: ScheduleKind(_points_month, announces=True),
    BOARDS: ScheduleKind(_boards, announces=True),
    HOUSEKEEPING: ScheduleKind(_housekeeping, announces=False),
    RETENTION: ScheduleKind(_retention, announces=False),
    OPERATOR: ScheduleKind(_operator, announces=True),
}
