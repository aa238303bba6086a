"""What was said to the bot: whether its speaker may, and which command does it."""

from collections.abc import Sequence

from bot.addressing import Heard
from handlers.answering import reply_in_private
from handlers.context import Context
from handlers.effects import Effect
from handlers.packs import seated
from handlers.parsing import Args
from handlers.record.records import find_record, node_of
from handlers.record.reviewing import asked_of
from handlers.registry import Command
from handlers.talk import replying
from handlers.talk.registering import addressed
from handlers.ticket import plain_rating
from models.states import IllegalMove
from nlp.understanding import Kind


def perform(ctx: Context, heard: Heard) -> Sequence[Effect]:
    """The effects of what was said to the bot. Raises Refusal with the sentence for the speaker."""
    command = heard.command
    if command is None:
        if heard.lacking is not None and _meant(ctx, heard.lacking):
            raise ctx.refuse("help.not_offered", word=heard.lacking.words[0])
        if heard.near is not None:
            if ctx.room is None and (rated := plain_rating.answered(ctx)) is not None:
                return rated  # 不太满意 is near 不满意
            raise ctx.refuse("help.did_you_mean", word=heard.near.words[0], example=heard.near.example)
        if ctx.uow.people.is_deaf(ctx.message.account, ctx.message.sender):
            return [reply_in_private(ctx, ctx.say("privacy.not_listening"), or_here=True)]
        return replying.sentence(ctx) if ctx.room is None else addressed(ctx)
    if not (command.in_group if ctx.room is not None else command.in_private):
        raise ctx.refuse("refuse.group_only" if command.in_group else "refuse.private_only")
    ctx = seated(ctx, command)
    if heard.doubtful and command.ask is not None:
        return command.ask(ctx)
    _check_role(ctx, command)
    try:
        return command.run(ctx)
    except IllegalMove as error:
        ticket = ctx.find()
        status = ctx.setting.words.name("status", error.status.value)
        raise ctx.refuse("refuse.illegal", number=ticket.number, status=status) from error


def _meant(ctx: Context, command: Command) -> bool:
    """Whether the word of a command that this town has not was meant as one: by whoever could use it, and no report."""
    if not command.open_to(ctx.roles(ctx.node)):
        return False
    return command.who is not None or ctx.setting.understand(ctx.args.text).kind is Kind.NONE


def _check_role(ctx: Context, command: Command) -> None:
    bare = ctx.args == Args() and not (ctx.quoted or ctx.quoted_signals or ctx.quoted_records)
    if command.who is None or (command.everyday and bare):
        return
    if ctx.roles_paused:
        raise ctx.refuse("refuse.roles_paused")
    node = ctx.node
    if command.records and (ctx.args.number is not None or ctx.quoted_records):
        node = node_of(ctx, find_record(ctx, command.records))
    elif command.takes_number and (ctx.args.number is not None or ctx.quoted):
        ticket = ctx.find(follow=ctx.args.number is None)
        if ctx.has_in_hand(ticket):
            return
        if command.for_members and ctx.answers_for(ticket):
            return
        if command.for_reviewers and asked_of(ctx, ticket) is not None:
            return
        node = ctx.node_of(ticket)
    if command.for_members and not command.takes_number and ctx.is_member():
        return
    if not command.open_to(ctx.roles(node)):
        raise ctx.refuse("refuse.role", roles=command.named_roles(ctx.setting.words))
