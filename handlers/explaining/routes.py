"""Of a policy pack, for a leader: the steps that a matter goes, what is on the list, what is told at once."""

from handlers.explaining.telling import category, days, levels, number, roles
from handlers.policy.routing import Step
from handlers.setting import Setting
from models.codes import NodeLevel

SHOWN = 12
"""Matters of a grade that are named."""


def steps(setting: Setting) -> list[str]:
    rule, say = setting.policy.routing, setting.words.say
    lines = []
    if rule.first_heard:
        names = roles(setting, rule.first_heard).replace("、", "→")
        lines.append(say("pack.first_heard", roles=names, hours=number(rule.first_hours)))
    if rule.steps:
        lines += [say("pack.step", number=place, step=_step(setting, one)) for place, one in enumerate(rule.steps, 1)]
    else:
        lines.append(say("pack.no_steps", levels=levels(setting, reversed(NodeLevel)).replace("、", "→")))
    for code, route in rule.category.items():
        told = [] if route.start is None else [say("pack.start", level=levels(setting, [route.start]))]
        told += [say("pack.through", levels=levels(setting, route.levels))] if route.levels else []
        if route.organisation is not None:
            told.append(say("pack.goes_to", kind=setting.words.name("organisation_kind", route.organisation.value)))
        if told:
            lines.append(say("pack.deadline", name=category(setting, code), terms="，".join(told)))
    return [*lines, say("pack.return", days=days(setting, rule.return_days), hours=number(rule.undo_hours))]


def _step(setting: Setting, one: Step) -> str:
    say = setting.words.say
    name = "·".join(filter(None, (one.name, one.stage))) or levels(setting, [one.level])
    who = one.organisation or (roles(setting, one.who) if one.who else say("pack.leader"))
    text = say("pack.step_who", name=name, level=levels(setting, [one.level]), who=who)
    terms = [] if one.respond_hours is None else [say("pack.respond", hours=number(one.respond_hours))]
    terms += [] if one.solve_days is None else [say("pack.solve", days=days(setting, one.solve_days))]
    terms += [] if one.next_days is None else [say("pack.next", days=days(setting, one.next_days))]
    terms += [] if one.pass_hours is None else [say("pack.passes", hours=number(one.pass_hours))]
    told = "、".join(filter(None, (roles(setting, one.told), *one.told_organisations)))
    terms += [say("pack.told", who=told)] if told else []
    return text + "".join(f"，{term}" for term in terms)


def items(setting: Setting) -> list[str]:
    rule, say = setting.policy.items, setting.words.say
    lines = []
    for grade, level in rule.grades.items():
        names = [one.name for one in rule.listed if one.grade == grade]
        shown = "、".join(names[:SHOWN]) + ("…" if len(names) > SHOWN else "")
        lines.append(say("pack.grade", grade=grade, level=levels(setting, [level]), count=len(names), names=shown))
    return lines


def telling(setting: Setting) -> list[str]:
    policy, say = setting.policy, setting.words.say
    lines = [say("pack.alarm", minutes=number(policy.emergency.acknowledge_minutes))]
    for group in policy.telling.must_report:
        told = roles(setting, group.told)
        text = say("pack.must_report", name=group.name, when=say("pack.at_night" if group.at_night else "pack.by_day"))
        lines.append(text + (say("pack.also_told", who=told) if told else ""))
    fields = "、".join(field.name for field in policy.weak_signals.fields)
    return [*lines, say("pack.weak", fields=fields)] if fields else lines
