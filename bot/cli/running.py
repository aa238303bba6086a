"""The bot at work: in the terminal, as a simulator, for good."""

import sys
from typing import Annotated

import typer

from bot.cli.output import piping
from bot.logs import set_up
from bot.settings import load_settings

commands = typer.Typer()


@commands.command()
def chat(
    policy: Annotated[str | None, typer.Option(help="规则包的名字")] = None,
) -> None:
    """在终端里和小哨说话：名字：话。"""
    from bot.chatting import talk

    set_up("ERROR")
    with piping():
        settings = load_settings()
        talk(sys.stdin, sys.stdout, policy or settings.policy, settings.wording_file)


@commands.command()
def demo(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="网页端口，0 表示随便一个空着的")] = None,
    host: Annotated[str | None, typer.Option(help="网页地址")] = None,
) -> None:
    """打开模拟器：一个村、三个微网格、十几个人。"""
    from bot.running import run_demo

    settings = load_settings()
    set_up(settings.log_level)
    run_demo(settings, host or settings.web_host, settings.web_port if port is None else port)


@commands.command()
def run() -> None:
    """正式运行：接通道文件里的账号，数据库自动升级。"""
    from bot.running import run_embedded

    settings = load_settings()
    set_up(settings.log_level)
    run_embedded(settings)
