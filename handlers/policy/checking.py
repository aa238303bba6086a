"""What is wrong with a policy pack though each of its values is well formed."""

from handlers.policy import checking_meetings, checking_services
from handlers.policy.checking_routes import mistakes
from handlers.policy.pack import Policy
from handlers.policy.points import Scoring
from models.codes import OUTSIDE, PointKind, TicketKind
from nlp.taxonomy import Taxonomy
from nlp.understanding import Kind


class PolicyError(Exception):
    """The pack cannot be used. str() is a Chinese sentence that names the place and the remedy."""


def require_sense(policy: Policy, pack: str) -> None:
    """Raises PolicyError when values of the pack contradict each other or name what does not exist."""
    try:
        _ = policy.working
    except ValueError:
        raise PolicyError(f"规则包 {pack} 的 calendar.hours 不对，请按先后写成 08:30 到 12:00 这样。") from None
    _require_categories(policy, pack)
    for where, what in [*mistakes(policy), *checking_services.mistakes(policy), *checking_meetings.mistakes(policy)]:
        raise PolicyError(f"规则包 {pack} 的 {where} 不对：{what}")
    _require_points(policy, pack)
    _require_scores(policy, pack)
    if policy.evaluation.reopen_days > policy.privacy.keep_closed_months * 28:
        remedy = "要能重开，原话就得还在：请把它改大，或把 evaluation.reopen_days 改小。"
        raise PolicyError(f"规则包 {pack} 的 privacy.keep_closed_months 太短，{remedy}")


def _require_categories(policy: Policy, pack: str) -> None:
    """Raises PolicyError when the pack names a category that no matter can have."""
    known = set(Taxonomy.load().codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE))
    for code in policy.disputes.quarrels:
        if code not in known:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 的 code 一列。"
            raise PolicyError(f"规则包 {pack} 的 disputes.quarrels 里的 {code} 不是类别，{remedy}")
    parts = (
        ("merging", policy.merging.category),
        ("deadlines", policy.deadlines.category),
        ("routing", policy.routing.category),
    )
    for part, named in parts:
        for code in named:
            if code not in known:
                remedy = "可用的见 nlp/lexicons/taxonomy.tsv 的 code 一列。"
                raise PolicyError(f"规则包 {pack} 的 {part}.category.{code} 不是心愿、诉求或纠纷的类别，{remedy}")
    complaints = set(Taxonomy.load().codes(Kind.COMPLAINT))
    disputes = set(Taxonomy.load().codes(Kind.DISPUTE))
    for item in policy.patrols.items:
        if item.category is not None and item.category not in complaints | disputes:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 complaint 和 dispute 的 code。"
            raise PolicyError(f"规则包 {pack} 的 patrols.items「{item.name}」的 {item.category} 不是类别，{remedy}")
    for one in policy.snapshots.types:
        if one.category not in complaints:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 complaint 的 code。"
            raise PolicyError(
                f"规则包 {pack} 的 snapshots.types「{one.name}」的 {one.category} 不是诉求的类别，{remedy}"
            )
    wishes = set(Taxonomy.load().codes(Kind.WISH))
    for code in policy.wishes.category:
        if code not in wishes:
            remedy = "可用的见 nlp/lexicons/taxonomy.tsv 里 wish 的 code。"
            raise PolicyError(f"规则包 {pack} 的 wishes.category.{code} 不是心愿的类别，{remedy}")


def _require_points(policy: Policy, pack: str) -> None:
    """Raises PolicyError when a rule of points is none, or a prize names one that the pack does not have."""
    known = [kind.value for kind in PointKind]
    for name, rule in policy.points.rules.items():
        if name not in known:
            raise PolicyError(f"规则包 {pack} 的 points.rules.{name} 不是积分规则，可用的有：{'、'.join(known)}。")
        if not rule.points:
            raise PolicyError(f"规则包 {pack} 的 points.rules.{name}.points 是 0，请写加几分或扣几分，不要就删掉这条。")
    for prize in policy.points.prizes:
        for name in prize.rules:
            if name not in policy.points.rules:
                remedy = "请在 points.rules 里加上它，或改成那里有的规则。"
                raise PolicyError(f"规则包 {pack} 的奖项「{prize.name}」按 {name} 算，可没有这条积分规则，{remedy}")


FIGURES = ("handling", "on_time", "satisfaction", *(kind.value for kind in OUTSIDE))
"""What a score may be made of."""


def _require_scores(policy: Policy, pack: str) -> None:
    """Raises PolicyError when weights do not sum to 100, or a score is made of what nobody counts."""
    parts: tuple[tuple[str, Scoring], ...] = (("grids", policy.boards.grids), ("companies", policy.boards.companies))
    for part, rule in parts:
        place = f"规则包 {pack} 的 boards.{part}"
        for name in [*rule.weights, *rule.per_case]:
            if name not in FIGURES:
                raise PolicyError(f"{place} 里的 {name} 不是考核项目，可用的有：{'、'.join(FIGURES)}。")
        total = sum(rule.weights.values())
        if rule.weights and (total != 100 or min(rule.weights.values()) < 1):
            raise PolicyError(f"{place}.weights 加起来是 {total}，请改成合计 100，每项至少 1。")
        for kind in OUTSIDE:
            if kind.value in rule.weights and rule.per_case.get(kind.value, 0) <= 0:
                raise PolicyError(f"{place} 考核 {kind.value}，请在 per_case 里写上每件扣几分。")
    if policy.boards.companies.black_below > policy.boards.companies.red_from:
        raise PolicyError(f"规则包 {pack} 的 boards.companies.black_below 比 red_from 还高，请改低。")
    complaints = set(Taxonomy.load().codes(Kind.COMPLAINT))
    for code in policy.hazards.categories:
        if code not in complaints:
            remedy = f"可用的见 nlp/lexicons/taxonomy.tsv 里 {TicketKind.COMPLAINT.value} 的 code。"
            raise PolicyError(f"规则包 {pack} 的 hazards.categories 里的 {code} 不是诉求的类别，{remedy}")
    first, second, third = policy.hazards.tiles
    if not 0 < first < second < third:
        raise PolicyError(f"规则包 {pack} 的 hazards.tiles 请写成从小到大的三个数，例如 [1, 3, 5]。")
