"""xiaoshao policy show: what a policy pack means, in plain Chinese for a leader, part by part.

Every field of a pack is told here or stands in TECHNICAL; a test walks over all of them.
"""

from collections.abc import Callable, Sequence

from handlers.explaining import extras, matters, reports, routes, village
from handlers.policy.pack import Policy
from handlers.setting import Setting

TECHNICAL = frozenset(
    {
        "hearing.act_within_hours",  # how late a channel may deliver
        "merging.category",  # how near is one matter: a page of its own in the operating guide
        "identity.unknown_share",
        "identity.at_least",
        "identity.within_minutes",
        "identity.list_minutes",  # when ids are suspicious after a login: the operator's
        "entry.notice_version",
        "routing.steps.code",  # what an open matter remembers of its step
        "routing.steps.first",  # never in a file
        "items.listed.words",
        "items.listed.category",
        "telling.must_report.categories",
        "telling.must_report.flags",
        "telling.must_report.words",
        "weak_signals.fields.categories",
        "weak_signals.fields.flags",
        "weak_signals.fields.words",  # cues by which something is known
        "publications.sensitive",
        "patrols.items.words",
        "patrols.items.category",
        "patrols.items.private",
        "teams.named.words",
        "snapshots.types.words",
        "snapshots.types.category",
        "services.classes.category",
        "services.classes.items.category",
        "reports.baseline_weeks",
        "reports.baseline_months",  # with what a report compares
    }
)
"""Fields of which a leader is not told, each for a reason."""

Section = tuple[str, tuple[str, ...], Callable[[Setting], list[str]]]
"""Its title in the wording, the parts of a pack that it tells of, what it says (nothing: it is not named)."""

SECTIONS: Sequence[Section] = (
    ("time", ("calendar", "quiet"), matters.times),
    ("deadlines", ("deadlines", "reminders", "waiting", "extension", "escalation"), matters.deadlines),
    ("routes", ("routing",), routes.steps),
    ("items", ("items",), routes.items),
    ("telling", ("telling", "weak_signals", "emergency"), routes.telling),
    ("wishes", ("wishes", "claims"), matters.wishes),
    ("disputes", ("disputes",), matters.disputes),
    ("evaluation", ("evaluation",), matters.evaluation),
    ("digests", ("digest",), reports.digests),
    ("reports", ("reports",), reports.figures),
    ("points", ("points",), reports.points),
    ("boards", ("boards", "hazards"), reports.boards),
    ("services", ("services",), village.services),
    ("meetings", ("meetings",), village.meetings),
    ("deliberation", ("votes", "panels"), village.deliberation),
    ("records", ("publications", "visits", "patrols", "snapshots", "care", "dossier"), extras.records),
    ("teams", ("teams",), extras.teams),
    ("rooms", ("budget", "hearing", "merging", "entry"), extras.rooms),
    ("people", ("identity", "deputies", "privacy", "feedback"), extras.people),
    ("words", ("words",), extras.words),
)


def explain(setting: Setting, default: Policy) -> str:
    """The pack of the setting as a text to read, with a mark at what differs from the default pack."""
    policy, say = setting.policy, setting.words.say
    names, level = "、".join(policy.bot_names), setting.words.name("level", policy.number_scope.value)
    parts = [say("pack.head", name=policy.name, bot=names, level=level, zone=policy.zone_name)]
    differing = []
    for title, fields, tell in SECTIONS:
        other = any(getattr(policy, field) != getattr(default, field) for field in fields)
        if other:
            differing.append(setting.words.name("pack_title", title))
        lines = tell(setting)
        if lines:
            mark = say("pack.differs") if other else ""
            parts += ["", say("pack.title", title=setting.words.name("pack_title", title), mark=mark), *lines]
    same = say("pack.same") if not differing else say("pack.different", parts="；".join(differing))
    return "\n".join([parts[0], same, *parts[1:]])
