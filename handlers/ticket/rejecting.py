"""误报: it was no matter for the bot, and what those hear of it who asked."""

from handlers.alarm.second_look import is_second, waits_for_second
from handlers.answering import announce, at_home, note, reply, tell, tell_helper, unsay
from handlers.context import Context
from handlers.discreet.erasing import erase_at_end
from handlers.effects import Effect
from handlers.talk import feedback
from handlers.ticket.evaluation import untouchable
from handlers.ticket.handling import require_own_decision, shown
from models.codes import FeedbackSource, OutgoingState, PostKind
from models.outbox import OVER, UNSENT
from models.states import Move
from models.tables import Person
from models.ticket_tables import Ticket


def reject(ctx: Context) -> list[Effect]:
    """误报 N ‹原因›: it was no matter for the bot; those who asked are told in one line.

    Staff decide that: whoever only has it in hand gives it back, and nobody ends what is said about himself; of harm
    somebody above has to say it too.
    """
    ticket = ctx.find()
    require_own_decision(ctx, ticket)
    if not is_second(ctx, ticket):
        ctx.require_staff(ticket)
    if (second := waits_for_second(ctx, ticket, ctx.args.text)) is not None:
        above, asked = second
        text = ctx.say("handle.reject_waits", label=shown(ctx, ticket), number=ticket.number, name=ctx.called(above))
        return [reply(ctx, text, ticket), *asked]
    ctx.uow.tickets.move(ticket, Move.REJECT, at=ctx.now, actor_id=ctx.me().id, words=ctx.args.text)
    feedback.note(ctx, FeedbackSource.FALSE_ALARM, ticket, feedback.NONE)
    ctx.uow.tickets.end_claim(ticket.id, ctx.now, "rejected")
    text = ctx.say("handle.rejected", label=shown(ctx, ticket), note=note(ctx, ticket))
    told = tell_helper(ctx, ticket, "tell.rejected", unsay(ctx, ticket))
    effects = [reply(ctx, text, ticket), *told, *_said_to_askers(ctx, ticket)]
    return effects + erase_at_end(ctx.uow, ctx.setting, ticket, ctx.now)


def _said_to_askers(ctx: Context, ticket: Ticket) -> list[Effect]:
    """One line in its group; to whoever registered it where the group never read of it, to him alone and neutrally.

    The reason was given where the group does not read: whoever wants it known says it there. Of what happens at home
    nothing is sent at all, because somebody else may hold the phone.
    """
    if ticket.private:
        return _said_alone(ctx, ticket)
    asker = _registered_alone(ctx, ticket)
    if asker is None:
        if at_home(ctx, ticket):
            return []
        label = ctx.label(ticket, group=True)
        return announce(ctx, ticket, ctx.say("handle.rejected", label=label, note=""))
    if asker.id == ctx.me().id or not ctx.reachable(asker):
        return []
    text = ctx.say("evaluation.rejected", number=ticket.number, name=ctx.my_name)
    return [tell(asker, PostKind.NOTICE, text, ticket)]


def _said_alone(ctx: Context, ticket: Ticket) -> list[Effect]:
    """Of what is private: to each who still asks and was answered alone, of the number that he knows."""
    if untouchable(ticket):
        return []
    opener = _registered_alone(ctx, ticket)
    answers = ctx.uow.outbox.touching(ticket.id, (*OVER, *UNSENT, OutgoingState.SENDING))
    alone = {(row.person_id, row.created_at) for row in answers if row.kind is PostKind.REPLY and row.room_id is None}
    effects: list[Effect] = []
    for row in ctx.uow.tickets.requesters(ticket.id):
        person, said = ctx.uow.people.get(row.person_id), ticket
        if row.merged_from is not None:
            said = ctx.uow.tickets.get(row.merged_from)  # that it went into this one was said to him alone
        elif (opener is None or opener.id != person.id) and (person.id, row.joined_at) not in alone:
            continue
        if person.id == ctx.me().id or untouchable(said) or not ctx.reachable(person):
            continue
        text = ctx.say("evaluation.rejected", number=said.number, name=ctx.my_name)
        effects.append(tell(person, PostKind.NOTICE, text, ticket))
    return effects


def _registered_alone(ctx: Context, ticket: Ticket) -> Person | None:
    """Whoever registered it, if he was answered where nobody else reads it."""
    opener = ctx.uow.tickets.opened_by(ticket.id)
    if ticket.band != "command" or opener is None:
        return None
    person = ctx.uow.people.get(opener)
    if ticket.private or ticket.room_id is None:
        return person  # of what is private nobody else reads
    answers = ctx.uow.outbox.touching(ticket.id, (*OVER, *UNSENT, OutgoingState.SENDING))
    first = (row for row in answers if row.kind is PostKind.REPLY and row.created_at == ticket.opened_at)
    return person if any(row.room_id is None and row.person_id == opener for row in first) else None
