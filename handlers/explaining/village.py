"""Of a policy pack, for a leader: the menu of services, meetings, votes, panels, care, and the account of a matter."""

from collections.abc import Sequence

from handlers.explaining.telling import category, days, either, levels, number, roles
from handlers.policy.panels import Reviewed
from handlers.policy.services import Service, ServiceClass
from handlers.policy.votes import Voter
from handlers.setting import Setting

SHOWN = 6
"""Items of a class that are named."""


def services(setting: Setting) -> list[str]:
    rule, say = setting.policy.services, setting.words.say
    if not rule.on:
        return either(setting, False, "services")
    agreed = say("pack.order_agreed", level=levels(setting, [rule.approved_at]))
    how = agreed if rule.approval else say("pack.order_free")
    lines = [say("pack.services", how=how, most=rule.at_most)]
    return lines + [_class(setting, place, one) for place, one in enumerate(rule.classes, 1)]


def _class(setting: Setting, place: int, one: ServiceClass) -> str:
    say, numbers = setting.words.say, [item.number for item in one.items]
    private = "、".join(item.name for item in one.items if item.private)
    return say(
        "pack.service_class",
        place=place,
        name=f"{one.group}·{one.name}" if one.group else one.name,
        count=len(one.items),
        first=min(numbers),
        last=max(numbers),
        names=_some([item.name for item in one.items]),
        whom=say("pack.service_duty", who=_duty(setting, one)) if one.power else say("pack.service_open"),
    ) + (say("pack.service_private", names=private) if private else "")


def _duty(setting: Setting, one: ServiceClass) -> str:
    return "、".join(dict.fromkeys(_in_charge(setting, one, item) for item in one.items))


def _in_charge(setting: Setting, one: ServiceClass, item: Service) -> str:
    level = one.level_of(item)
    return one.organisation_of(item) or levels(setting, [] if level is None else [level])


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:SHOWN]) + ("…" if len(names) > SHOWN else "")


def meetings(setting: Setting) -> list[str]:
    rule, say = setting.policy.meetings, setting.words.say
    if not rule.on:
        return either(setting, False, "meetings")
    hard = rule.hard
    terms = [] if hard.days is None else [say("pack.hard_days", count=hard.days)]
    terms += [] if hard.level is None else [say("pack.hard_level", level=levels(setting, [hard.level]))]
    terms += [] if hard.reported is None else [say("pack.hard_reported", count=hard.reported)]
    terms += [] if hard.reopened is None else [say("pack.hard_reopened", count=hard.reopened)]
    terms += [say("pack.hard_overdue")] if hard.overdue else []
    text = say(
        "pack.meetings",
        name=rule.name,
        days="、".join(map(str, rule.days)),
        at=f"{rule.at:%H:%M}",
        moved=setting.words.name("pack_moved", rule.moved),
        short="" if rule.short_month is None else setting.words.name("pack_short_month", rule.short_month),
        levels=levels(setting, rule.levels),
        who="、".join(filter(None, (roles(setting, rule.roles), *rule.organisations))),
        most=rule.most,
    )
    return [text, say("pack.hard", terms="、".join(terms))]


def deliberation(setting: Setting) -> list[str]:
    return [*_votes(setting), *_panels(setting)]


def _votes(setting: Setting) -> list[str]:
    rule, words = setting.policy.votes, setting.words
    percent = words.say("pack.vote_percent", percent=rule.quorum_percent) if rule.quorum_percent else ""
    values = {
        "roles": roles(setting, rule.roles),
        "options": "、".join(rule.options),
        "by": words.name("vote_rule", "person" if rule.by is Voter.PERSON else rule.unnamed.value),
        "quorum": words.say("pack.vote_quorum", count=rule.quorum, percent=percent),
        "at": f"{rule.close_at:%H:%M}",
    }
    return either(setting, rule.on, "votes", **values, count=rule.days, most=rule.most_days)


def _panels(setting: Setting) -> list[str]:
    rule, say = setting.policy.panels, setting.words.say
    if not rule.on:
        return either(setting, False, "panels")
    text = say(
        "pack.panels",
        name=rule.name,
        size=rule.size,
        quorum=rule.quorum,
        remind=days(setting, rule.remind_days),
        until=days(setting, rule.days),
    )
    return [text, *(say("pack.panel_rule", name=rule.name, terms=_reviewed(setting, one)) for one in rule.rules)]


def _reviewed(setting: Setting, one: Reviewed) -> str:
    say = setting.words.say
    kinds = "、".join(setting.words.name("kind", kind.value) for kind in one.kinds)
    kinds += "：" + "、".join(category(setting, code) for code in one.categories) if one.categories else ""
    terms = [kinds.removeprefix("：")] if kinds else []
    terms += [] if one.level is None else [say("pack.panel_level", level=levels(setting, [one.level]))]
    terms += [say("pack.panel_words", words="、".join(one.words))] if one.words else []
    terms += [] if one.amount is None else [say("pack.panel_amount", amount=number(one.amount))]
    return "，".join(terms)


def care(setting: Setting) -> list[str]:
    rule, say = setting.policy.care, setting.words.say
    values = {
        "keepers": roles(setting, rule.keepers),
        "contacts": roles(setting, rule.contacts),
        "every": say("pack.every_month") if rule.every_months == 1 else say("pack.months", count=rule.every_months),
        "at": f"{rule.remind_at:%H:%M}",
    }
    figures = {"start": rule.remind_day, "due": rule.due_day, "again": rule.again_days, "longest": rule.longest}
    return either(setting, rule.on, "care", **values, **figures, most=rule.most)


def dossier(setting: Setting) -> list[str]:
    return either(setting, setting.policy.dossier.on, "dossier")
