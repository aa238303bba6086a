"""Of a policy pack, for a leader: digests, reports, points, boards."""

from handlers.explaining.telling import category, either, levels, number, roles
from handlers.policy.points import Scoring
from handlers.setting import Setting
from models.codes import PointKind

RATED = frozenset(kind.value for kind in (PointKind.WISH_DONE, PointKind.MATTER_DONE, PointKind.COMPANY_DONE))
"""Work that counts by how it was rated."""


def digests(setting: Setting) -> list[str]:
    rule, say = setting.policy.digest, setting.words.say
    empty = say("pack.empty" if rule.empty else "pack.not_empty")
    weekday, _, clock = rule.weekly.partition(" ")
    day = setting.words.name("weekday", str(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(weekday)))
    return [
        say("pack.daily", at=f"{rule.at:%H:%M}", levels=levels(setting, rule.levels), empty=empty),
        say("pack.weekly", at=f"{day}{clock}", levels=levels(setting, rule.weekly_levels)),
        say("pack.monthly", at=_monthly(setting, rule.monthly), levels=levels(setting, rule.monthly_levels)),
    ]


def _monthly(setting: Setting, text: str) -> str:
    day, _, clock = text.partition(" ")
    return setting.words.say("pack.day_of_month", day=day, clock=clock)


def figures(setting: Setting) -> list[str]:
    rule, say = setting.policy.reports, setting.words.say
    lines = [say("pack.rate", name=rule.rate_name)]
    lines += either(setting, rule.goal is not None, "goal", goal=number(rule.goal or 0))
    lines.append(say("pack.unusual", burst=rule.burst_at_least, nodes=rule.sign_nodes, least=rule.least))
    lines += either(setting, rule.areas, "areas") + either(setting, rule.monthly_signs, "monthly_signs")
    lines += either(setting, rule.by_level, "by_level") + either(setting, rule.outcomes, "outcomes")
    for motto in rule.mottos:
        lines.append(say("pack.motto", name=motto.name, level=levels(setting, [motto.level])))
    lines += either(setting, rule.overdue > 0, "overdue", count=rule.overdue)
    return lines + either(setting, bool(rule.feedback), "feedback", levels=levels(setting, rule.feedback))


def points(setting: Setting) -> list[str]:
    rule, say = setting.policy.points, setting.words.say
    if not rule.on:
        return either(setting, False, "points")
    lines = []
    for code, one in rule.rules.items():
        grades = "、".join(setting.words.name("rating", grade.value) for grade in one.ratings)
        told = [say("pack.rated", grades=grades)] if code in RATED else []
        told += [say("pack.only_roles", roles=roles(setting, one.roles))] if one.roles else []
        told += [say("pack.per_day", count=one.per_day)] if one.per_day else []
        told += [say("pack.per_month", count=one.per_month)] if one.per_month else []
        terms = say("pack.under", terms="，".join(told)) if told else ""
        lines.append(say("pack.point_rule", name=one.name, points=f"{one.points:+d}", terms=terms))
    per_day = rule.adjust_per_day or rule.adjust_most
    lines.append(say("pack.adjust", roles=roles(setting, rule.adjust_roles), most=rule.adjust_most, day=per_day))
    named = say("pack.everybody_named" if rule.everybody_named else "pack.residents_masked")
    public = say("pack.public", named=named) if rule.public else say("pack.not_public")
    lines.append(say("pack.ranking", at=_monthly(setting, rule.monthly), count=rule.length, public=public))
    for prize in rule.prizes:
        names = [rule.rules[code].name for code in prize.rules if code in rule.rules]
        whom = say("pack.prize_role", role=roles(setting, [prize.role])) if prize.role else ""
        what = "、".join(names) or say("pack.all_rules")
        text = say("pack.prize", name=prize.name, whom=whom, rules=what, count=prize.winners, least=prize.least)
        lines.append(text)
    return lines


def boards(setting: Setting) -> list[str]:
    rule, hazards, say = setting.policy.boards, setting.policy.hazards, setting.words.say
    lines = []
    if rule.grids.weights:
        level = levels(setting, [rule.grids.level])
        lines.append(say("pack.grids", level=level, weights=_weights(setting, rule.grids)))
    if rule.companies.weights:
        one = rule.companies
        lines.append(
            say(
                "pack.companies",
                kind=setting.words.name("organisation_kind", one.kind.value),
                weights=_weights(setting, one),
                red=number(one.red_from),
                black=number(one.black_below),
                most=one.most,
                least=one.least,
            )
        )
    if rule.on:
        lines.append(say("pack.boards", at=_monthly(setting, rule.monthly), levels=levels(setting, rule.levels)))
    if hazards.on:
        first, second, third = hazards.tiles
        names = "、".join(category(setting, code) for code in hazards.categories)
        lines.append(say("pack.hazards", names=names, first=first, second=second, third=third))
    return lines or either(setting, False, "boards")


def _weights(setting: Setting, rule: Scoring) -> str:
    parts = []
    for code, weight in rule.weights.items():
        each = rule.per_case.get(code)
        share = 0 if each is None else weight * each / sum(rule.weights.values())  # of the 100 that a place can have
        lost = "" if each is None else setting.words.say("pack.per_case", count=number(round(share, 1)))
        parts.append(f"{setting.words.name('figure', code)}{weight}{lost}")
    return "、".join(parts)
