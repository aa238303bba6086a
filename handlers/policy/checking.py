"""What is wrong with a policy pack though each of its values is well formed."""

from collections.abc import Iterator

from handlers.policy import checking_figures, checking_meetings, checking_services
from handlers.policy.checking_routes import mistakes
from handlers.policy.pack import Policy
from handlers.policy.points import Scoring
from handlers.wording.checking import flatten, judged
from models.codes import OUTSIDE, PointKind, TicketKind
from nlp.taxonomy import Taxonomy
from nlp.understanding import Kind


class PolicyError(Exception):
    """The pack cannot be used. str() is a Chinese sentence that names the place and the remedy."""


def require_sense(policy: Policy, pack: str) -> None:
    """Raises PolicyError when values of the pack contradict each other or name what does not exist."""
    for where, what in contradictions(policy):
        raise PolicyError(f"规则包 {pack} 的 {where} 不对：{what}")


def contradictions(policy: Policy) -> Iterator[tuple[str, str]]:
    """(where in the pack, what is wrong and how to mend it), part by part."""
    try:
        _ = policy.zone
    except (KeyError, ValueError):
        yield "zone", "不是有效的时区，请写 Asia/Shanghai 这样的名字。"
        return
    try:
        _ = policy.working
    except ValueError:
        yield "calendar.hours", "请按先后写成 08:30 到 12:00 这样。"
        return
    yield from _categories(policy)
    yield from mistakes(policy)
    yield from checking_services.mistakes(policy)
    yield from checking_meetings.mistakes(policy)
    yield from _terms(policy)
    yield from checking_figures.mistakes(policy)
    yield from _points(policy)
    yield from _scores(policy)
    yield from _words(policy)
    if policy.evaluation.reopen_days > policy.privacy.keep_closed_months * 28:
        remedy = "要能重开，原话就得还在：请把它改大，或把 evaluation.reopen_days 改小。"
        yield "privacy.keep_closed_months", f"太短，{remedy}"


_SEE = "可用的见 nlp/lexicons/taxonomy.tsv 的 code 一列。"


def _categories(policy: Policy) -> Iterator[tuple[str, str]]:
    """Categories that no matter can have."""
    known = set(Taxonomy.load().codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE))
    for code in policy.disputes.quarrels:
        if code not in known:
            yield "disputes.quarrels", f"{code} 不是类别，{_SEE}"
    parts = (
        ("merging", policy.merging.category),
        ("deadlines", policy.deadlines.category),
        ("routing", policy.routing.category),
    )
    for part, named in parts:
        for code in named:
            if code not in known:
                yield f"{part}.category.{code}", f"{code} 不是心愿、诉求或纠纷的类别，{_SEE}"
    complaints = set(Taxonomy.load().codes(Kind.COMPLAINT))
    disputes = set(Taxonomy.load().codes(Kind.DISPUTE))
    for item in policy.patrols.items:
        if item.category is not None and item.category not in complaints | disputes:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 complaint 和 dispute 的 code。"
            yield f"patrols.items「{item.name}」", f"{item.category} 不是类别，{remedy}"
    for one in policy.snapshots.types:
        if one.category not in complaints:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 complaint 的 code。"
            yield f"snapshots.types「{one.name}」", f"{one.category} 不是诉求的类别，{remedy}"
    for number, reviewed in enumerate(policy.panels.rules, 1):
        for code in reviewed.categories:
            if code not in known - disputes:
                remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 wish 和 complaint 的 code。"
                yield f"panels.rules[{number}].categories", f"{code} 不是心愿或诉求的类别，{remedy}"
    wishes = set(Taxonomy.load().codes(Kind.WISH))
    for code in policy.wishes.category:
        if code not in wishes:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 wish 的 code。"
            yield f"wishes.category.{code}", f"{code} 不是心愿的类别，{remedy}"


def _terms(policy: Policy) -> Iterator[tuple[str, str]]:
    """Clocks that run longer than those that come after them."""
    day = policy.working.days(1).total_seconds() / 3600
    rule = policy.deadlines
    named = [("wish", rule.wish), ("complaint", rule.complaint), ("dispute", rule.dispute)]
    named += [(f"category.{code}", one) for code, one in rule.category.items()]
    for name, one in named:
        if one.respond_hours > one.solve_days * day:
            yield f"deadlines.{name}", _longer(one.respond_hours, one.solve_days * day)
    for step in policy.routing.steps:
        where, hours = f"routing.steps「{step.key}」", (step.solve_days or 0) * day
        if hours and (step.respond_hours or 0) > hours:
            yield where, _longer(step.respond_hours or 0, hours)
        if hours and (step.pass_hours or 0) > hours:
            yield where, f"{step.pass_hours:g} 个工时才转下一步，早过了办好的期限：请把 pass_hours 改小。"
    if policy.claims.remind_days >= policy.claims.expire_days:
        yield "claims.remind_days", "提醒要在放回以前：请改得比 expire_days 小。"
    if len({one.name for one in policy.visits.colours}) < len(policy.visits.colours):
        yield "visits.colours", "有两档颜色同名，请改一个。"


def _longer(respond: float, solve: float) -> str:
    what = f"受理要 {respond:g} 个工时，办好只给 {solve:g} 个工时："
    return f"{what}请把 respond_hours 改小，或把 solve_days 改大。"


def _words(policy: Policy) -> Iterator[tuple[str, str]]:
    """Sentences of the town's own that cannot be said."""
    for key, bad, what in judged(flatten(policy.words)):
        if bad:
            yield f"words.{key}", what


def _points(policy: Policy) -> Iterator[tuple[str, str]]:
    """Rules of points that are none, and prizes by rules that the pack does not have."""
    known = [kind.value for kind in PointKind]
    for name, rule in policy.points.rules.items():
        if name not in known:
            yield f"points.rules.{name}", f"{name} 不是积分规则，可用的有：{'、'.join(known)}。"
        if not rule.points:
            yield f"points.rules.{name}.points", "是 0，请写加几分或扣几分，不要就删掉这条。"
    for prize in policy.points.prizes:
        for name in prize.rules:
            if name not in policy.points.rules:
                remedy = "请在 points.rules 里加上它，或改成那里有的规则。"
                yield f"points.prizes「{prize.name}」", f"奖项按 {name} 算，可没有这条积分规则，{remedy}"


FIGURES = ("handling", "on_time", "satisfaction", *(kind.value for kind in OUTSIDE))
"""What a score may be made of."""


def _scores(policy: Policy) -> Iterator[tuple[str, str]]:
    """Weights that do not sum to 100, and scores that are made of what nobody counts."""
    parts: tuple[tuple[str, Scoring], ...] = (("grids", policy.boards.grids), ("companies", policy.boards.companies))
    for part, rule in parts:
        place = f"boards.{part}"
        for name in dict.fromkeys([*rule.weights, *rule.per_case]):
            if name not in FIGURES:
                where = "weights" if name in rule.weights else "per_case"
                yield f"{place}.{where}.{name}", f"{name} 不是考核项目，可用的有：{'、'.join(FIGURES)}。"
        total = sum(rule.weights.values())
        if rule.weights and (total != 100 or min(rule.weights.values()) < 1):
            yield f"{place}.weights", f"加起来是 {total}，请改成合计 100，每项至少 1。"
        for kind in OUTSIDE:
            if kind.value in rule.weights and rule.per_case.get(kind.value, 0) <= 0:
                yield f"{place}.per_case", f"考核 {kind.value}，请在 per_case 里写上每件扣几分。"
    if policy.boards.companies.black_below > policy.boards.companies.red_from:
        yield "boards.companies.black_below", "black_below 比 red_from 还高，请改低。"
    complaints = set(Taxonomy.load().codes(Kind.COMPLAINT))
    for code in policy.hazards.categories:
        if code not in complaints:
            remedy = f"可用的见 nlp/lexicons/taxonomy.tsv 里 {TicketKind.COMPLAINT.value} 的 code。"
            yield "hazards.categories", f"{code} 不是诉求的类别，{remedy}"
    first, second, third = policy.hazards.tiles
    if not 0 < first < second < third:
        yield "hazards.tiles", "请写成从小到大的三个数，例如 [1, 3, 5]。"
