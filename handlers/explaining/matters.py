"""Of a policy pack, for a leader: working time, deadlines, wishes, disputes, how a matter ends."""

from handlers.explaining.telling import category, days, either, number
from handlers.policy.terms import Deadline
from handlers.setting import Setting
from models.codes import TicketKind


def times(setting: Setting) -> list[str]:
    policy, say = setting.policy, setting.words.say
    hours = "、".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in policy.calendar.hours)
    lines = [say("pack.hours", hours=hours)]
    if policy.calendar.holidays or policy.calendar.workdays:
        free, work = len(policy.calendar.holidays), len(policy.calendar.workdays)
        lines.append(say("pack.exceptions", free=free, work=work))
    start, until = policy.quiet.start, policy.quiet.until
    return lines + either(setting, start != until, "quiet", start=f"{start:%H:%M}", until=f"{until:%H:%M}")


def deadlines(setting: Setting) -> list[str]:
    policy, say = setting.policy, setting.words.say
    lines = [
        say("pack.deadline", name=setting.words.name("kind", kind.value), terms=_terms(setting, _of(setting, kind)))
        for kind in TicketKind
    ]
    own = policy.deadlines.category.items()
    lines += [say("pack.deadline", name=category(setting, code), terms=_terms(setting, one)) for code, one in own]
    rule = policy.reminders
    lines.append(
        say(
            "pack.reminders",
            before=number(rule.before_hours),
            after=number(rule.after_hours),
            first=number(rule.respond_before_hours),
            first_after=number(rule.respond_after_hours),
            next=number(rule.next_before_hours),
            next_after=number(rule.next_after_hours),
            minutes=number(rule.gather_minutes),
        )
    )
    late = policy.escalation.expired_hours
    lines += either(setting, late > 0, "expired", hours=number(late))
    most = policy.extension.max_days
    lines += either(setting, most > 0, "extension", count=number(most))
    return [*lines, say("pack.waiting", count=number(policy.waiting.limit_days), times=policy.waiting.times)]


def _of(setting: Setting, kind: TicketKind) -> Deadline:
    rule = setting.policy.deadlines
    return {TicketKind.WISH: rule.wish, TicketKind.COMPLAINT: rule.complaint, TicketKind.DISPUTE: rule.dispute}[kind]


def _terms(setting: Setting, one: Deadline) -> str:
    solve, following = days(setting, one.solve_days), days(setting, one.next_days)
    return setting.words.say("pack.terms", hours=number(one.respond_hours), solve=solve, next=following)


def wishes(setting: Setting) -> list[str]:
    rule, claims, say = setting.policy.wishes, setting.policy.claims, setting.words.say
    lines = either(setting, rule.approval, "approval", hours=number(rule.approval_hours))
    lines += either(setting, rule.nameless, "nameless")
    lines.append(say("pack.helpers", count=rule.helpers, most=rule.most_helpers))
    lines += _offers(setting)
    lines.append(say("pack.claims", remind=number(claims.remind_days), expire=number(claims.expire_days)))
    for code, own in rule.category.items():
        told = [] if own.approval is None else [say("pack.own_approval" if own.approval else "pack.own_no_approval")]
        told += [] if own.nameless is None else [say("pack.own_nameless" if own.nameless else "pack.own_named")]
        told += [] if own.helpers is None else [say("pack.own_helpers", count=own.helpers)]
        if told:
            lines.append(say("pack.deadline", name=category(setting, code), terms="，".join(told)))
    for one in rule.classes:
        names = "、".join(category(setting, code) for code in one.categories)
        lines.append(say("pack.wish_class", name=one.name, names=names))
    return lines


def _offers(setting: Setting) -> list[str]:
    """What becomes of a wish that nobody claims."""
    rule, first, say = setting.policy.wishes, setting.policy.wishes.members_first, setting.words.say
    then = say("pack.then_members" if first.on else "pack.then_branch")
    key = "pack.offers" if rule.offers else "pack.offers_none"
    lines = [say(key, hours=number(rule.offer_hours), times=rule.offers, then=then)]
    if first.on:
        way = say(f"pack.members_{first.way}", most=first.most)
        lines.append(say("pack.members_first", way=way, hours=number(first.hours)))
        values = {"hours": number(first.assign_hours), "times": first.reminders}
        lines += either(setting, first.reminders > 0, "assign", **values)
    return lines


def disputes(setting: Setting) -> list[str]:
    rule, words = setting.policy.disputes, setting.words
    lines = either(setting, rule.say_in_group, "say_in_group")
    lines.append(words.say("pack.methods", names="、".join(rule.methods)))
    fields = "、".join(words.name("record_field", field.value).split()[0] for field in rule.require)
    lines += either(setting, bool(fields), "require", fields=fields)
    quarrels = "、".join(category(setting, code) for code in rule.quarrels)
    return lines + either(setting, bool(quarrels), "quarrels", names=quarrels)


def evaluation(setting: Setting) -> list[str]:
    rule = setting.policy.evaluation
    silence, reopen = number(rule.silence_days), number(rule.reopen_days)
    return [setting.words.say("pack.evaluation", silence=silence, reopen=reopen)]
