"""What somebody says to the bot alone and is no command: the answer to a question first, then a matter."""

from handlers.context import Context
from handlers.effects import Effect
from handlers.record import patrolling, publishing
from handlers.talk import snapping
from handlers.talk.registering import private_talk
from handlers.ticket import picturing, plain_rating


def sentence(ctx: Context) -> list[Effect]:
    """A private sentence."""
    for answered in (patrolling.answered, snapping.answered, plain_rating.answered):
        if (effects := answered(ctx)) is not None:
            return effects
    return private_talk(ctx)


def picture(ctx: Context) -> list[Effect]:
    """A private message of nothing but pictures, or a place."""
    for answered in (snapping.answered, publishing.more_pictures):
        if (effects := answered(ctx)) is not None:
            return effects
    return picturing.add(ctx)
