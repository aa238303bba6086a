"""What is wrong with the routes of a policy pack, and with what it wants told and counted."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from handlers.policy.pack import Policy
from handlers.policy.routing import Routing, Step
from handlers.policy.telling import Clue
from models.codes import LEADERS, STAFF, NodeLevel, Role
from nlp.taxonomy import Taxonomy
from nlp.understanding import Flag, Kind

_FROM_BELOW = list(reversed(NodeLevel))
_HEARERS = STAFF | {Role.INFORMANT, Role.HUB, Role.PARTY_MEMBER, Role.PROPERTY}
_ABOVE = frozenset({*LEADERS, Role.HEAD})
_CODES = "可用的见 nlp/lexicons/taxonomy.tsv 的 code 一列。"
_SHORTEST = 2
"""Characters of a word that is looked for in talk."""


def mistakes(policy: Policy) -> Iterator[tuple[str, str]]:
    """(where in the pack, what is wrong and how to mend it), in the order of the pack."""
    yield from _steps(policy.routing)
    yield from _hearers(policy.routing)
    yield from _categories(policy.routing)
    yield from _items(policy)
    yield from _clues(policy)


def _steps(routing: Routing) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for step in routing.steps:
        where = f"routing.steps「{step.key}」"
        if step.key in seen or step.key.startswith("first."):
            yield where, "出现了两次：请删掉一个，或者给每一步写不同的 code。"
        seen.add(step.key)
        yield from _charge(step, where)
    for lower, upper in pairwise(routing.steps):
        if _FROM_BELOW.index(upper.level) < _FROM_BELOW.index(lower.level):
            what = f"level 是 {upper.level}，比前一步「{lower.key}」的 {lower.level} 还低，"
            remedy = f"{what}上报不能往下走：请把步骤从低到高排。"
            yield f"routing.steps「{upper.key}」", remedy


def _charge(step: Step, where: str) -> Iterator[tuple[str, str]]:
    if step.who == () and not step.organisation:
        yield (
            where,
            "who 是空的，又没有 organisation，这一步没有人负责："
            '请写角色（who = ["secretary"]）或单位（organisation = "驻点团队"），'
            "两样都不写就是那一级的负责人。",
        )
    for key, roles, fit in (("who", step.who or (), STAFF), ("told", step.told, STAFF)):
        for role in roles:
            if role not in fit:
                yield (
                    where,
                    f"{key} 里的 {role} 不是工作人员，请改成 governor、secretary、village、head 这样的角色。",
                )


def _hearers(routing: Routing) -> Iterator[tuple[str, str]]:
    for number, role in enumerate(routing.first_heard):
        if role in routing.first_heard[:number]:
            yield "routing.first_heard", f"{role} 出现了两次，请删掉一个。"
        if role not in _HEARERS:
            yield "routing.first_heard", f"{role} 不能先听到事情，请改成 informant、hub、secretary 这样的角色。"


def _categories(routing: Routing) -> Iterator[tuple[str, str]]:
    levels = {step.level for step in routing.steps}
    for code, route in routing.category.items():
        for level in route.levels:
            if levels and level not in levels:
                yield (
                    f"routing.category.{code}.levels",
                    f"{level} 这一级没有步骤，请先在 routing.steps 里加上，或者从这里去掉。",
                )
        if route.start is not None and not _is_reached(routing, route.start):
            yield (
                f"routing.category.{code}.start",
                f"{route.start} 和它以上都没有步骤，事情会没有去处：请在 routing.steps 里加上。",
            )


def _is_reached(routing: Routing, level: NodeLevel) -> bool:
    """Whether there is a step at that level or above."""
    order = _FROM_BELOW.index
    return not routing.steps or any(order(step.level) >= order(level) for step in routing.steps)


def _items(policy: Policy) -> Iterator[tuple[str, str]]:
    known, seen = set(Taxonomy.load().codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE)), set[str]()
    for grade, level in policy.items.grades.items():
        if not _is_reached(policy.routing, level):
            yield f"items.grades.{grade}", f"{level} 和它以上都没有步骤，请在 routing.steps 里加上，或者改级别。"
    for item in policy.items.listed:
        where = f"items.listed「{item.name}」"
        if item.name in seen:
            yield where, "出现了两次，请删掉一个。"
        seen.add(item.name)
        if item.category not in known:
            yield where, f"{item.category} 不是心愿、诉求或纠纷的类别，{_CODES}"
        if item.grade not in policy.items.grades:
            grades = "、".join(policy.items.grades) or "还没有"
            yield where, f"没有「{item.grade}」这一级，items.grades 里有的：{grades}。"
        yield from _words(where, item.words)


def _clues(policy: Policy) -> Iterator[tuple[str, str]]:
    groups = policy.telling.must_report
    for group in groups:
        where = f"telling.must_report「{group.name}」"
        yield from _clue(where, group)
        if "group_petition" in group.categories or Flag.PETITION.value in group.flags:
            yield where, "信访、罢工一类的话只问微网格长，不能往上报：请去掉 group_petition 和 petition。"
        for role in group.told:
            if role not in _ABOVE:
                yield (
                    where,
                    f"told 里的 {role} 不是负责人，请改成 secretary、village、town、district、head 这样的角色。",
                )
    for field in policy.weak_signals.fields:
        yield from _clue(f"weak_signals.fields「{field.name}」", field)
    for part, names in (
        ("telling.must_report", [group.name for group in groups]),
        ("weak_signals.fields", [field.name for field in policy.weak_signals.fields]),
    ):
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield f"{part}「{name}」", "出现了两次，请并成一个。"


def _clue(where: str, clue: Clue) -> Iterator[tuple[str, str]]:
    known = set(Taxonomy.load().codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE))
    if not (clue.categories or clue.flags or clue.words):
        yield where, "什么都认不出来：请写 categories、flags 或 words。"
    for code in clue.categories:
        if code not in known:
            yield where, f"{code} 不是心愿、诉求或纠纷的类别，{_CODES}"
    for flag in clue.flags:
        if flag not in set(Flag):
            yield where, f"没有 {flag} 这个标记，可用的有：{'、'.join(Flag)}。"
    yield from _words(where, clue.words)


def _words(where: str, words: Iterable[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if not word.strip() or (len(word) < _SHORTEST and where.startswith(("telling", "weak_signals"))):
            yield where, f"「{word}」太短，会把不相干的话也算进来：请写两个字以上的词。"
