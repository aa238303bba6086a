"""xiaoshao outbox: what the bot has to say and has not said."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bot.cli.output import piping
from bot.logs import set_up
from bot.settings import load_settings

commands = typer.Typer(help="没发出去的消息：看、重发、丢掉。")


@commands.callback(invoke_without_command=True)
def show(
    ctx: typer.Context,
    state: Annotated[list[str] | None, typer.Option(help="只看这种状态（可写多次）：待发、卡住、对方不收…")] = None,
    account: Annotated[str | None, typer.Option(help="只看这个账号")] = None,
    room: Annotated[str | None, typer.Option(help="只看这个群：群名")] = None,
    since: Annotated[str | None, typer.Option(help="从什么时候起：2026-05-06、3d、12h")] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多列多少条")] = 100,
    text: Annotated[bool, typer.Option("--text", help="连内容一起列（私聊的也在内，别给别人看）")] = False,
) -> None:
    """列出没发出去的消息：编号、状态、发到哪里、为什么、下次什么时候发。"""
    from bot.clock import now
    from bot.outbox_desk import Filters, listed

    if ctx.invoked_subcommand is not None:
        return
    set_up("WARNING")
    filters = Filters(tuple(state or ()), account, room, since, limit, text)
    lines = listed(load_settings(), filters, now())
    with piping():
        for line in lines:
            print(line)


@commands.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="编号，见 xiaoshao outbox")] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="这种状态的全部重发：卡住、对方不收、可能已发、过期没发")
    ] = None,
) -> None:
    """重新排队。可能已发的会标成第二遍。有一条不能重发就以 1 结束。"""
    from bot.clock import now
    from bot.outbox_desk import retry as again

    if not ids and not state:
        raise typer.BadParameter("请写编号，或 --state 卡住。")
    set_up("WARNING")
    done = again(load_settings(), ids or (), tuple(state or ()), now())
    _finish(done.lines, failed=done.failed)


@commands.command()
def drop(ids: Annotated[list[int], typer.Argument(help="编号，见 xiaoshao outbox")]) -> None:
    """不发了。有一条不能丢掉就以 1 结束。"""
    from bot.outbox_desk import drop as given_up

    set_up("WARNING")
    done = given_up(load_settings(), ids)
    _finish(done.lines, failed=done.failed)


def _finish(lines: Sequence[str], *, failed: bool) -> None:
    print("\n".join(lines))
    if failed:
        raise SystemExit(1)
