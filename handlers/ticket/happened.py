"""A step of a history in Chinese."""

from handlers.context import Context
from handlers.ticket import steps
from models.codes import Rating
from models.history_tables import TicketEvent


def what_of(ctx: Context, event: TicketEvent) -> str | None:
    """What happened, without names and words; None for steps that tell nobody anything."""
    key = "event.declined" if event.data.get("declined") else f"event.{event.kind}"
    if event.data.get("review"):
        key += "_by_panel"
    if "agreed" in event.data:
        key += ("_leader" if event.data.get("leader") else "") + ("" if event.data["agreed"] else "_not")
    to = steps.called(ctx.setting.words, ctx.policy.routing, event.data.get("step"))
    words = ctx.setting.words.get(f"{key}_to_step" if to else key) or ctx.setting.words.get(key)
    if not words:
        return None
    rating = event.data.get("rating")
    what = words.format(
        rating=ctx.say(f"rating.{Rating(rating).value}") if rating else "",
        count=event.data.get("requesters", ""),
        number=event.data.get("number", ""),
        agree=event.data.get("agree", ""),
        against=event.data.get("against", ""),
    )
    return what + (ctx.say("name.step", step=to) if to else "")
