"""Keeping still: one word silences a room or all of them."""

from handlers.answering import reply, reply_in_private
from handlers.context import Context
from handlers.effects import Effect


def mute(ctx: Context) -> list[Effect]:
    """安静: nothing more is posted in this room until 恢复."""
    room = ctx.room
    if room is None:
        raise ctx.refuse("refuse.in_the_room")
    room.muted = True
    return [reply_in_private(ctx, ctx.say("quiet.room_off", room=room.name), or_here=True)]


def unmute(ctx: Context) -> list[Effect]:
    """恢复: the bot may speak in this room again."""
    room = ctx.room
    if room is None:
        raise ctx.refuse("refuse.in_the_room")
    room.muted = False
    return [reply(ctx, ctx.say("quiet.room_on"))]


def mute_all(ctx: Context) -> list[Effect]:
    """全体静音: no room of any account."""
    for account in ctx.uow.places.accounts():
        account.paused = True
    return [reply_in_private(ctx, ctx.say("quiet.all_off"), or_here=True)]


def unmute_all(ctx: Context) -> list[Effect]:
    """全体恢复."""
    for account in ctx.uow.places.accounts():
        account.paused = False
    return [reply_in_private(ctx, ctx.say("quiet.all_on"), or_here=True)]
