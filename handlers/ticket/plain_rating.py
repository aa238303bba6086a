"""A rating in a plain private sentence (好的谢谢，挺满意的), where just one question waits for an answer."""

import re
from dataclasses import replace

from handlers.context import Context
from handlers.effects import Effect
from handlers.parsing import Args
from handlers.ticket import evaluation
from models.codes import Rating
from models.states import FINISHED

_NOT = re.compile(r"不(?:太|是很|怎么|够|大|算)?满意|没(?:有)?满意|满意不了")
_QUITE = re.compile(r"(?:挺|很|非常|十分|特别|比较|蛮|相当|都)?满意(?![吗不么度])")
_BUT = re.compile(r"但|不过|就是|可是|只是|要是|如果|等|才|怎么|[?？吗]")
"""With these the sentence says more than that it was well done: whoever means it says 满意 alone."""


def answered(ctx: Context) -> list[Effect] | None:
    """The effects of a sentence that answers the one question how it went; None: it is no such answer."""
    grade = _grade(ctx.args.text)
    if grade is None or not _one_question(ctx):
        return None
    asked = replace(ctx, args=Args(text=ctx.args.text.strip()))
    return evaluation.dissatisfied(asked) if grade is Rating.DISSATISFIED else evaluation.satisfied(asked)


def _grade(text: str) -> Rating | None:
    if _NOT.search(text):
        return Rating.DISSATISFIED
    return Rating.SATISFIED if _QUITE.search(text) and not _BUT.search(text) else None


def _one_question(ctx: Context) -> bool:
    """Whether the speaker was asked of one matter, and has not answered."""
    person = ctx.known_me()
    if person is None:
        return False
    rows = [
        ctx.uow.tickets.requester(ticket.id, person.id)
        for ticket in ctx.uow.tickets.of_person(person.id)
        if ticket.status in FINISHED
    ]
    return len([row for row in rows if row is not None and row.withdrawn_at is None]) == 1
