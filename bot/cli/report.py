"""xiaoshao report: weekly and monthly reports."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import piping, stop
from bot.logs import set_up
from bot.settings import load_settings
from bot.usage import file_sentence

commands = typer.Typer(no_args_is_help=True, help="周报和月报：按下级、按承办单位的数字。")

_Node = Annotated[str | None, typer.Option("--node", help="网格编码，不写则是最上一级")]
_Period = Annotated[str | None, typer.Option("--period", help="哪一期：2026-W19、2026-05，不写则是上一期")]
_Csv = Annotated[Path | None, typer.Option("--csv", help="另存一张表，每个下级、每个承办单位一行")]


@commands.command()
def week(node: _Node = None, period: _Period = None, csv: _Csv = None) -> None:
    """一周的数字和苗头。"""
    show("week", node, period, csv)


@commands.command()
def month(node: _Node = None, period: _Period = None, csv: _Csv = None) -> None:
    """一个月的数字。"""
    show("month", node, period, csv)


def show(span: str, node: str | None, period: str | None, table: Path | None) -> None:
    """Print the report of that span; its figures go into the table too."""
    from bot.reporting import report as made

    set_up("WARNING")
    text, rows = made(load_settings(), span, node, period)
    if table is not None:
        try:
            # With the mark by which a spreadsheet knows that it is UTF-8; lines end as the table says.
            table.write_text(rows, encoding="utf-8-sig", newline="")
        except OSError as error:
            stop(file_sentence(table.name, error))
    with piping():
        print(text)
