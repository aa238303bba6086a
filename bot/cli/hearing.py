"""What the bot makes of talk: replay, classify, explain."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import piping, stop
from bot.logs import set_up
from bot.settings import load_settings
from bot.usage import file_sentence

commands = typer.Typer()


@commands.command()
def replay(
    file: Annotated[Path, typer.Argument(help="聊天记录：JSONL、CSV 或从微信复制的文字")],
    as_json: Annotated[bool, typer.Option("--json", help="每行一条 JSON")] = False,
    shadow: Annotated[bool, typer.Option(help="不发言，写一份 HTML 报告")] = False,
    report: Annotated[Path | None, typer.Option(help="报告写到哪里（默认同名 .html）")] = None,
    clock: Annotated[bool, typer.Option("--clock", help="到点提醒和日报")] = False,
    until: Annotated[str | None, typer.Option(help="最后一条之后时间走到什么时候")] = None,
    db: Annotated[str | None, typer.Option(help="把结果留在这个数据库里")] = None,
    policy: Annotated[str | None, typer.Option(help="规则包的名字")] = None,
    no_limits: Annotated[bool, typer.Option("--no-limits", help="不限发言次数和时段")] = False,
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="没写日期的记录是哪一天")] = None,
) -> None:
    """用已有的聊天记录跑一遍。"""
    from bot.replay.command import Options
    from bot.replay.command import replay as run

    settings = load_settings()
    set_up(settings.log_level if not as_json else "ERROR")
    on: date | None = None if day is None else day.date()
    with piping():
        run(
            Options(file, as_json, shadow, report, clock, until, db, policy, not no_limits, on, settings.wording_file),
            sys.stdout,
        )


@commands.command()
def classify(
    file: Annotated[Path | None, typer.Argument(help="JSONL 文件，不写则读标准输入")] = None,
) -> None:
    """逐条判断：{"id","text"} 进，类别、把握和依据出。"""
    from bot.classifying import classify_stream

    set_up("ERROR")
    with piping():
        if file is None:
            classify_stream(sys.stdin.buffer, sys.stdout)
            return
        try:
            lines = file.open("rb")
        except OSError as error:
            stop(file_sentence(file.name, error))
        with lines:
            classify_stream(lines, sys.stdout)


@commands.command()
def explain(
    text: Annotated[list[str], typer.Argument(help="要看的一句话")],
) -> None:
    """一步一步说明为什么这样判断一句话。"""
    from bot.explaining import explain as explained

    set_up("ERROR")
    with piping():
        print(explained(" ".join(text)))
