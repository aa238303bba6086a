"""What an operator does with the database and for all rooms: migrate, doctor, pause, resume."""

from typing import Annotated

import typer

from bot.logs import set_up
from bot.settings import load_settings

commands = typer.Typer()


@commands.command()
def migrate() -> None:
    """把数据库升级到最新的表结构。"""
    from bot.operating import migrate as upgrade

    set_up("WARNING")
    print(upgrade(load_settings()))


@commands.command()
def doctor(
    online: Annotated[bool, typer.Option("--online", help="真的去连每个通道，半分钟以内")] = False,
) -> None:
    """检查：账号和通道、表结构、办理记录、没发出去的话、没听到的时段。"""
    from bot.operating import examine

    set_up("WARNING")
    findings = examine(load_settings(), online=online)
    for finding in findings:
        print(f"{finding.mark} {finding.text}")
    if any(finding.bad for finding in findings):
        raise SystemExit(1)


@commands.command()
def pause() -> None:
    """全体静音：所有群都不再发言。"""
    from bot.operating import set_paused

    print(set_paused(load_settings(), True))


@commands.command()
def resume() -> None:
    """全体恢复。"""
    from bot.operating import set_paused

    print(set_paused(load_settings(), False))
