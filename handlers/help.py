"""帮助: generated from the registry, for the speaker's roles and place."""

from collections.abc import Iterable

from handlers.answering import reply, reply_in_private
from handlers.context import Context
from handlers.effects import Effect
from handlers.registry import Command


def help_text(ctx: Context, commands: Iterable[Command]) -> list[Effect]:
    """The commands that the speaker may use here, one line each."""
    roles = ctx.roles(ctx.node)
    group = ctx.room is not None
    lines = [
        ctx.say("help.line", usage=command.usage, help=command.help)
        for command in commands
        if command.helps(roles) and (command.in_group if group else command.in_private)
    ]
    if group and not ctx.reachable(ctx.me()):
        # A page of commands would be for two hundred neighbours: they get the few that everybody needs.
        return [reply(ctx, ctx.say("help.brief"))]
    head = "help.group" if group else "help.private"
    return [reply_in_private(ctx, ctx.say(head, lines="\n".join(lines)))]
