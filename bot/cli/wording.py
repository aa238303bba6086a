"""xiaoshao wording: the sentences that the bot says."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import piping, verdict
from bot.settings import load_settings

commands = typer.Typer(no_args_is_help=True, help="小哨说的话：列出来，检查自己改的。")


@commands.command(name="check")
def check_wording(
    file: Annotated[Path, typer.Argument(help="自己的措辞文件")],
) -> None:
    """检查自己的措辞文件：哪一行、哪里不对、怎么改。"""
    from bot.wordings import checked

    verdict(*checked(file))


@commands.command(name="list")
def list_wording(
    key: Annotated[str, typer.Option("--key", help="只列这样开头的键，例如 refuse")] = "",
) -> None:
    """列出现在用的每句话，照抄就是措辞文件的写法。"""
    from bot.wordings import listed

    with piping():
        print("\n".join(listed(load_settings().wording_file, key)))
