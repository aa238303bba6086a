"""Of a policy pack, for a leader: publications, visits, rounds, snapshots; groups; people and what is kept; words."""

from collections.abc import Iterator, Mapping

from handlers.explaining import village
from handlers.explaining.telling import days, either, levels, number, roles
from handlers.setting import Setting
from models.codes import Role


def records(setting: Setting) -> list[str]:
    looked = [*_publications(setting), *_visits(setting), *_patrols(setting), *_snapshots(setting)]
    return [*looked, *village.care(setting), *village.dossier(setting)]


def _publications(setting: Setting) -> list[str]:
    rule, share = setting.policy.publications, setting.policy.budget.publicity_share
    kinds, who = "、".join(kind.split()[0] for kind in rule.kinds), roles(setting, rule.roles)
    values = {"kinds": kinds, "roles": who, "longest": rule.longest, "share": f"{share:.0%}"}
    lines = either(setting, rule.on, "publications", **values)
    return lines + (
        either(setting, bool(rule.words_only), "words_only", kinds="、".join(rule.words_only)) if rule.on else []
    )


def _visits(setting: Setting) -> list[str]:
    rule, say = setting.policy.visits, setting.words.say
    colours = "、".join(say("pack.colour", name=one.name, days=one.days) for one in rule.colours)
    values = {"roles": roles(setting, rule.roles), "colours": colours, "at": f"{rule.remind_at:%H:%M}"}
    return either(setting, rule.on, "visits", **values, again=rule.again_days, months=rule.keep_months)


def _patrols(setting: Setting) -> list[str]:
    rule, say = setting.policy.patrols, setting.words.say
    level = levels(setting, [rule.level])
    every = say(f"pack_every.{rule.every}", level=level, at=f"{rule.remind_at:%H:%M}")
    looked = "、".join(one.name for one in rule.items if not one.ask)
    asked = "、".join(one.name for one in rule.items if one.ask)
    items = looked + (say("pack.asked", names=asked) if asked else "")
    values = {"roles": roles(setting, rule.roles), "items": items, "every": every, "minutes": rule.answer_minutes}
    return either(setting, rule.on, "patrols", **values)


def _snapshots(setting: Setting) -> list[str]:
    rule, words = setting.policy.snapshots, setting.words
    ask = "、".join(words.name("pack_ask", what) for what in rule.ask)
    types = "、".join(one.name for one in rule.types)
    urgencies = "、".join(
        one.name + (words.say("pack.solved_in", days=days(setting, one.solve_days)) if one.solve_days else "")
        for one in rule.urgencies
    )
    values = {"ask": ask, "types": types, "urgencies": urgencies, "minutes": rule.answer_minutes}
    return either(setting, rule.on, "snapshots", **values)


def teams(setting: Setting) -> list[str]:
    """The teams by colour, and all roles that the pack names anywhere."""
    rule, say = setting.policy.teams, setting.words.say
    lines = [
        say(
            "pack.team",
            name=one.name,
            colour=setting.words.name("team", one.team.value),
            roles=roles(setting, one.roles) or say("pack.by_sheet"),
            most=rule.most,
        )
        for one in rule.named
    ]
    named = set(_roles_in(setting.policy.model_dump()))
    return [*lines, say("pack.roles_used", roles=roles(setting, (role for role in Role if role in named)))]


def _roles_in(value: object) -> Iterator[Role]:
    if isinstance(value, Role):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _roles_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _roles_in(inner)


def rooms(setting: Setting) -> list[str]:
    policy, say = setting.policy, setting.words.say
    rule, merging = policy.budget, policy.merging
    mode = setting.words.name("mode", policy.entry.mode.value)
    return [
        say("pack.entry", mode=mode),
        say("pack.budget", room=rule.room_per_hour, minute=rule.account_per_minute, day=rule.account_per_day),
        *([say("pack.budget_hour", count=rule.account_per_hour)] if rule.account_per_hour else []),
        *([say("pack.budget_room_minute", count=rule.room_per_minute)] if rule.room_per_minute else []),
        *([say("pack.budget_unasked", count=rule.room_unasked_per_hour)] if rule.room_unasked_per_hour else []),
        say("pack.stale", hours=number(rule.notice_expires_hours)),
        say("pack.merging", days=number(merging.days), hours=number(merging.area_hours)),
        say("pack.retract", minutes=number(policy.hearing.retract_minutes)),
        say("pack.signals", days=number(policy.hearing.signal_days)),
    ]


def people(setting: Setting) -> list[str]:
    policy, say = setting.policy, setting.words.say
    return [
        say("pack.codes", hours=number(policy.identity.code_hours), tries=policy.identity.tries_per_day),
        say("pack.deputies", days=policy.deputies.max_days),
        say("pack.privacy", months=policy.privacy.keep_closed_months),
        *either(setting, policy.feedback.keep_text, "keep_text"),
    ]


def words(setting: Setting) -> list[str]:
    own = setting.policy.words and setting.policy.sentences
    return [setting.words.say("pack.words", count=len(own))] if own else []
