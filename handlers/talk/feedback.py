"""What leaders correct becomes labelled examples, without persons and, unless the policy allows it, without words."""

from handlers.context import Context
from handlers.talk.signals import PETITION
from models.codes import STAFF, FeedbackSource, TicketKind
from models.feedback_tables import Feedback
from models.masking import mask
from models.ticket_tables import Signal, Ticket
from nlp.understanding import Band

NONE = "none"
"""The label of what was no matter for the bot."""


def note(
    ctx: Context, source: FeedbackSource, matter: Ticket | Signal, label: str, *, ticket: Ticket | None = None
) -> None:
    """Keep what the bot had said of the matter beside the label that the speaker, who works there, gave it.

    Of petitions, disputes and whatever carries a flag (children, health, violence …) nothing else is kept. ticket
    is what a signal became: through it the words, if they are kept at all, are found when somebody is
    forgotten. What a leader dropped is gone, so its words are never kept.
    """
    if not ctx.roles(ctx.uow.places.node(matter.node_id)) & STAFF:
        return
    example = Feedback(
        at=ctx.now, scope_id=matter.scope_id, source=source, category=_heard_as(ctx, matter), label=label
    )
    words = _words(ctx, matter)
    hidden = matter.kind is TicketKind.DISPUTE or (isinstance(matter, Ticket) and matter.private)
    if words and not hidden and not matter.flags and matter.category != PETITION:
        example.band = matter.band if isinstance(matter, Ticket) else Band.ASK.value
        example.score = matter.score
        example.model, example.features = ctx.setting.model, list(ctx.setting.features(words))
        kept = matter if isinstance(matter, Ticket) else ticket
        if ctx.policy.feedback.keep_text and kept is not None and not kept.private:
            example.text, example.ticket_id = words, kept.id
    ctx.uow.feedback.add(example)


def _heard_as(ctx: Context, matter: Ticket | Signal) -> str:
    """The category that the bot had given: of a ticket the one with which it was opened."""
    if isinstance(matter, Signal):
        return matter.category
    return str(ctx.uow.tickets.events(matter.id)[0].data.get("category", matter.category))


def _words(ctx: Context, matter: Ticket | Signal) -> str:
    """What was heard, masked; of a ticket the words that opened it, while they are there."""
    if isinstance(matter, Signal):
        return mask(matter.text)
    first = ctx.uow.tickets.texts(matter.id).get(1)
    return "" if first is None else mask(first.text)
