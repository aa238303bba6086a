"""Of a policy pack: points (积分), what is said of a month, and how places and companies are judged (考核, 红黑榜)."""

from typing import Annotated

from pydantic import AfterValidator, Field

from handlers.policy.part import Part
from handlers.policy.reports import monthly_moment
from handlers.report.periods import Sending, Span, sending
from models.codes import NodeLevel, OrganisationKind, Rating, Role

Monthly = Annotated[str, AfterValidator(monthly_moment)]


class PointRule(Part):
    """What is given for a kind of work (the rule's key, models.codes.PointKind) once it is realised.

    points: below zero they are taken. ratings: the grades with which the work counts. roles: only who holds one of
    these there; empty: everybody. per_day, per_month: at most so many points of this rule for one person; more work
    stands in the ledger with what is left of them.
    """

    name: str = Field(min_length=1, max_length=12)
    points: int = Field(ge=-100, le=100)
    ratings: tuple[Rating, ...] = (Rating.SATISFIED, Rating.CONFIRMED)
    roles: tuple[Role, ...] = ()
    per_day: int | None = Field(default=None, gt=0)
    per_month: int | None = Field(default=None, gt=0)


class Prize(Part):
    """Who is named at the end of a month: the first winners by these rules, with at least so many works.

    rules: empty: all of them. role: only who holds it.
    """

    name: str = Field(min_length=1, max_length=12)
    rules: tuple[str, ...] = ()
    role: Role | None = None
    winners: int = Field(default=1, ge=1, le=20)
    least: int = Field(default=1, ge=1)


class Points(Part):
    """Without rules there are no points.

    adjust_roles: who may give and take points by hand, at most adjust_most at once and adjust_per_day (None: as many
    as at once) a day and person, and take lines back; what is given by hand is no work and stands in no ranking.
    public: the ranking may be said in groups; everybody_named: with the names of residents too, not only of staff and
    party members. monthly: when the month's ranking is told to the leaders of the 村社区 (and, if it is public, to its
    groups).
    """

    rules: dict[str, PointRule] = Field(default_factory=dict)
    adjust_roles: tuple[Role, ...] = (Role.SECRETARY, Role.VILLAGE, Role.TOWN)
    adjust_most: int = Field(default=20, ge=1, le=1000)
    adjust_per_day: int | None = Field(default=None, ge=1, le=1000)
    public: bool = False
    everybody_named: bool = False
    length: int = Field(default=10, ge=1, le=50)
    prizes: tuple[Prize, ...] = ()
    monthly: Monthly = "1 09:00"

    @property
    def on(self) -> bool:
        return bool(self.rules)

    def sending(self) -> Sending:
        return sending(self.monthly, Span.MONTH)


class Scoring(Part):
    """How a score of 0 to 100 is made: weights of figures, which sum to 100. Without weights there is no score.

    A figure is a share (handling, on_time, satisfaction) or 100 less per_case for each petition, 12345 complaint or
    lawsuit. What nobody can know (nobody rated) is left out, and the other weights count for all.
    """

    weights: dict[str, int] = Field(default_factory=dict)
    per_case: dict[str, float] = Field(default_factory=dict)


class GridScore(Scoring):
    """The scoreboard of the places of that level."""

    level: NodeLevel = NodeLevel.GRID


class RedBlack(Scoring):
    """The board of organisations of a kind: red from red_from on, black below black_below, at most so many of each.

    least: with fewer matters in the month an organisation is not judged.
    """

    kind: OrganisationKind = OrganisationKind.PROPERTY
    red_from: float = Field(default=90, ge=0, le=100)
    black_below: float = Field(default=60, ge=0, le=100)
    most: int = Field(default=5, ge=1, le=50)
    least: int = Field(default=1, ge=1)


class Boards(Part):
    """Scoreboard and red and black board of a month: made at monthly, until when counts from outside may be entered.

    levels: the leaders of nodes of these levels get them by themselves.
    """

    grids: GridScore = GridScore()
    companies: RedBlack = RedBlack()
    monthly: Monthly = "5 09:00"
    levels: tuple[NodeLevel, ...] = (NodeLevel.TOWN, NodeLevel.VILLAGE)

    @property
    def on(self) -> bool:
        return bool(self.grids.weights or self.companies.weights)

    def sending(self) -> Sending:
        return sending(self.monthly, Span.MONTH)


class Hazards(Part):
    """The chart of hazards (隐患图): matters of these categories that are open, counted by place.

    tiles: from so many on a place is yellow, orange, red. Without categories there is no chart.
    """

    categories: tuple[str, ...] = ()
    tiles: tuple[int, int, int] = (1, 3, 5)

    @property
    def on(self) -> bool:
        return bool(self.categories)
