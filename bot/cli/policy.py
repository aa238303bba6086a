"""xiaoshao policy: check a pack, explain it, let a village go by it."""

from typing import Annotated

import typer

from bot.cli.output import piping, verdict
from bot.settings import load_settings

commands = typer.Typer(no_args_is_help=True, help="规则包：检查、说明、给哪个村用。")


@commands.command()
def check(
    file: Annotated[str, typer.Argument(help="规则包的名字，或一个 .toml 文件")],
) -> None:
    """检查规则包：哪一行、哪一项不对、怎么改，一次列全。"""
    from bot.policies import checked

    verdict(*checked(file))


@commands.command()
def show(
    name: Annotated[str, typer.Argument(help="规则包的名字，或一个 .toml 文件")],
) -> None:
    """用大白话说明一个规则包，给领导看。"""
    from bot.policies import shown

    with piping():
        print(shown(name, load_settings().wording_file))


@commands.command()
def use(
    place: Annotated[str, typer.Argument(help="村社区（或镇街、区）的编码或名字")],
    name: Annotated[str, typer.Argument(help="规则包的名字，或一个 .toml 文件；「无」是跟着上一级")],
) -> None:
    """让一个村社区（或镇街、区）和它下面用哪个规则包。"""
    from bot.packing import use as put

    print("\n".join(put(load_settings(), place, name)))
