"""What is wrong with a policy pack though each of its values is well formed."""

from handlers.policy.pack import Policy
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
