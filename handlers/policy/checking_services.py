"""What is wrong with the menu of services of a policy pack, and with how its wishes are listed."""

from collections.abc import Iterator

from handlers.policy.pack import Policy
from handlers.policy.services import Service, ServiceClass
from nlp.taxonomy import Taxonomy
from nlp.understanding import Kind


def mistakes(policy: Policy) -> Iterator[tuple[str, str]]:
    """(where in the pack, what is wrong and how to mend it), in the order of the pack."""
    rule = policy.services
    if rule.on and not rule.classes:
        yield "services.classes", "一项服务都没有：请加上 [[services.classes]]，或把 services.on 改成 false。"
    seen: dict[int, str] = {}
    names: set[str] = set()
    for one in rule.classes:
        if one.name in names:
            yield f"services.classes「{one.name}」", "出现了两次，请并成一类或换个名字。"
        names.add(one.name)
        for item in one.items:
            where = f"services.classes「{one.name}」的「{item.name}」"
            if item.number in seen:
                yield where, f"编号 {item.number} 和「{seen[item.number]}」重了，请换一个。"
            seen[item.number] = item.name
            if item.number <= len(rule.classes):
                what = f"编号 {item.number} 和第几类分不清，请从 {len(rule.classes) + 1} 往后编。"
                yield where, what
            yield from _item(where, one, item)
    wishes = set(Taxonomy.load().codes(Kind.WISH))
    classed: dict[str, str] = {}
    for menu in policy.wishes.classes:
        for code in menu.categories:
            where = f"wishes.classes「{menu.name}」"
            if code not in wishes:
                yield where, f"{code} 不是心愿的类别，可用的见 nlp/lexicons/taxonomy.tsv 里 wish 的 code。"
            if code in classed:
                yield where, f"{code} 已经在「{classed[code]}」里，请只留一处。"
            classed[code] = menu.name


def _item(where: str, one: ServiceClass, item: Service) -> Iterator[tuple[str, str]]:
    kind = Kind.COMPLAINT if one.power else Kind.WISH
    category = one.category_of(item)
    if category not in set(Taxonomy.load().codes(kind)):
        name = "诉求" if one.power else "心愿"
        said = f"{category} 不是{name}的类别" if category else "没写 category"
        yield where, f"{said}，可用的见 nlp/lexicons/taxonomy.tsv 里 {kind.value} 的 code。"
    if one.power and one.level_of(item) is None and not one.organisation_of(item):
        yield where, '权力清单要写明归谁：请写 level = "village" 这样的级别，或 organisation = "单位名"。'
    if item.private and not one.power:
        yield where, "心愿要让接单的党员看到，不能写 private = true；要不公开就归到权力清单里。"
    if not one.power and (one.level_of(item) is not None or one.organisation_of(item)):
        yield where, "这是请党员来接的，不能写 level 和 organisation；要归单位办请写 power = true。"
