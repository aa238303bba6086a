"""The figures of a report: what came up, was finished, in time, to what satisfaction; counts and categories only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median
from typing import Any

from models.codes import NodeLevel, Rating, Status, TicketKind
from models.reports import RATED, Counted, Step, Then
from models.states import Move
from models.tables import GridNode
from nlp.understanding import Flag

_DONE = frozenset({Move.DO.value, Move.RESOLVE.value})
_BACK = frozenset({Move.SEND_BACK.value, Move.REOPEN.value})
_CLOSED = frozenset({Move.CLOSE.value, Move.CLOSE_SILENT.value})
_WORST_FIRST: list[str] = [Rating.DISSATISFIED, Rating.FAIR, Rating.SATISFIED, Rating.CONFIRMED, Rating.UNRATED]
_NO_MATTER = frozenset({Move.MERGE.value, Move.WITHDRAW.value, Move.REJECT.value})


@dataclass
class Tally:
    """What is counted of a place, an organisation or everything.

    new: opened in the period and still a matter at its end; of these, solved: finished by then. finished: reported done
    in the period and not sent back in it, of these in_time; late: due in the period's past and still owed. grades:
    what requesters said. hours: from opening to the end of each that was finished. levels: where these were finished.
    settled and failed: mediations that held, and that did not. stages: of each level what had come to it.
    """

    new: int = 0
    solved: int = 0
    finished: int = 0
    in_time: int = 0
    late: int = 0
    settled: int = 0
    failed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    hours: list[float] = field(default_factory=list)
    stages: dict[str, Counter[str]] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """As it is frozen: whole numbers, the median in minutes, in an order that does not depend on chance."""
        plain = ("new", "solved", "finished", "in_time", "late", "settled", "failed")
        groups = ("kinds", "grades", "levels", "categories")
        return {
            **{name: getattr(self, name) for name in plain},
            **{name: dict(sorted(getattr(self, name).items())) for name in groups},
            "stages": {level: dict(sorted(stage.items())) for level, stage in sorted(self.stages.items())},
            "median": round(median(self.hours) * 60) if self.hours else None,
        }


@dataclass(frozen=True, slots=True)
class _Course:
    """What became of one ticket in the period."""

    ticket: Counted
    finished_at: datetime | None
    grades: tuple[str, ...]
    mediated: bool | None


def count(
    node: GridNode,
    nodes: Mapping[int, GridNode],
    organisations: Mapping[int, str],
    opened: Sequence[Counted],
    steps: Sequence[Step],
    overdue: Sequence[Counted],
) -> dict[str, Any]:
    """The figures of the node, of what lies right below it and of the grids below that, and of the organisations.

    nodes are all at or below the node and the line above it, by id; steps are ordered by ticket and time.
    """
    whole, places, firms = Tally(), dict[int, Tally](), dict[int, Tally]()

    def tallies(ticket: Counted) -> list[Tally]:
        found = [whole, *(places.setdefault(part, Tally()) for part in _parts(node, nodes, ticket.node_id))]
        firm = ticket.organisation_id
        if firm is not None and firm in organisations:
            found.append(firms.setdefault(firm, Tally()))
        return found

    courses = {course.ticket.id: course for course in _courses(steps)}
    gone = {step.ticket.id for step in steps if step.kind in _NO_MATTER}
    for ticket in opened:
        if ticket.id in gone or ticket.status is Status.MERGED:
            continue
        course = courses.get(ticket.id)
        for tally in tallies(ticket):
            tally.new += 1
            solved = course is not None and course.finished_at is not None
            tally.solved += solved
            tally.stages.setdefault(_stage(ticket, nodes), Counter()).update(new=1, solved=int(solved))
            tally.kinds[ticket.kind.value] += 1
            if may_name(ticket.category, ticket.flags):
                tally.categories[ticket.category] += 1
    for course in courses.values():
        for tally in tallies(course.ticket):
            _add(tally, course, nodes)
    for ticket in overdue:
        for tally in tallies(ticket):
            tally.late += 1
            tally.stages.setdefault(_stage(ticket, nodes), Counter())["late"] += 1
    rows = [[nodes[key].code, nodes[key].name, nodes[key].level.value, tally.data()] for key, tally in places.items()]
    return {
        "all": whole.data(),
        "below": sorted(nodes[key].code for key in places if nodes[key].parent_id == node.id),
        "places": sorted(rows, key=lambda row: str(row[0])),
        "organisations": sorted([organisations[key], key, tally.data()] for key, tally in firms.items()),
    }


def at_the_end(tickets: Iterable[Counted], then: Mapping[str, Then]) -> list[Counted]:
    """The tickets as they were when the period ended, as far as their histories say: status and level."""
    return [_as_then(ticket, then.get(ticket.id)) for ticket in tickets]


def _as_then(ticket: Counted, then: Then | None) -> Counted:
    if then is None:
        return ticket
    level = ticket.level if then.level is None else then.level
    return replace(ticket, status=then.status or ticket.status, level=level)


def steps_at_the_end(steps: Iterable[Step], then: Mapping[str, Then]) -> list[Step]:
    """The same of the tickets of steps."""
    return [replace(step, ticket=_as_then(step.ticket, then.get(step.ticket.id))) for step in steps]


def late_at(ticket: Counted, at: datetime) -> bool:
    """Whether a ticket that is owed was late at that moment: by its deadline, unless it waited before that passed, or
    by an earlier one that it missed."""
    if ticket.missed_at is not None and ticket.missed_at < at:
        return True
    stopped = at if ticket.waiting_since is None else min(at, ticket.waiting_since)
    return ticket.solve_by is not None and ticket.solve_by < stopped


def may_name(category: str, flags: Iterable[str]) -> bool:
    """Whether a matter may be counted by its category: talk of petitions is the micro-grid leader's alone."""
    return category != "group_petition" and Flag.PETITION.value not in flags


def _parts(node: GridNode, nodes: Mapping[int, GridNode], at: int) -> list[int]:
    """The places that a matter at a node counts for: what lies right below the report's node, and its grid."""
    depth = node.path.count("/")
    line = [int(part) for part in nodes[at].path.split("/") if part][depth - 1 :]
    return list(dict.fromkeys([*line[:1], *(part for part in line if nodes[part].level is NodeLevel.GRID)]))


def _courses(steps: Sequence[Step]) -> Iterable[_Course]:
    by_ticket: dict[str, list[Step]] = {}
    for step in steps:
        by_ticket.setdefault(step.ticket.id, []).append(step)
    return (_course(found) for found in by_ticket.values())


def _course(steps: Sequence[Step]) -> _Course:
    """What becomes of a ticket in these steps. Sent back, it is not finished; reopened, its closing was none."""
    finished_at: datetime | None = None
    grades: list[str] = []
    mediated: bool | None = None
    closed = False
    for step in steps:
        if step.kind == RATED:
            if closed and not step.own and step.rating is not None:  # of those who answered after the closing
                grades[-1] = _worse(grades[-1], step.rating)
            continue
        closed = step.kind in _CLOSED
        if step.kind in _DONE:
            finished_at = step.at
        elif step.kind in _BACK:
            if step.kind == Move.REOPEN and grades and grades[-1] != Rating.DISSATISFIED:
                grades.pop()
            finished_at, mediated = None, False
            if not step.own:
                grades.append(Rating.DISSATISFIED.value)
        elif step.kind in _CLOSED:
            mediated = True
            grades.append(_grade(step))
        else:
            finished_at = None
    return _Course(steps[-1].ticket, finished_at, tuple(grades), mediated)


def _grade(step: Step) -> str:
    """The grade of a closing; of whoever sees to it himself it is none."""
    return Rating.UNRATED.value if step.own else step.rating or Rating.UNRATED.value


def _worse(one: str, other: str) -> str:
    return min(one, other, key=_WORST_FIRST.index)


def _add(tally: Tally, course: _Course, nodes: Mapping[int, GridNode]) -> None:
    ticket, at = course.ticket, course.finished_at
    tally.grades.update(course.grades)
    if course.mediated is not None and ticket.kind is TicketKind.DISPUTE:
        tally.settled += course.mediated
        tally.failed += not course.mediated
    if at is None:
        return
    in_time = ticket.solve_by is None or at <= ticket.solve_by
    if ticket.missed_at is not None and ticket.missed_at < at:
        in_time = False  # an earlier deadline was missed: what was late stays late
    tally.finished += 1
    tally.in_time += in_time
    tally.hours.append((at - ticket.opened_at).total_seconds() / 3600)
    stage = _stage(ticket, nodes)
    tally.levels[stage] += 1
    tally.stages.setdefault(stage, Counter()).update(finished=1, in_time=int(in_time))


def _stage(ticket: Counted, nodes: Mapping[int, GridNode]) -> str:
    """The level that the ticket has come to."""
    line = [int(part) for part in nodes[ticket.node_id].path.split("/") if part][::-1]
    return nodes[line[min(ticket.level, len(line) - 1)]].level.value
