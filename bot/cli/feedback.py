"""xiaoshao feedback: what leaders corrected."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import piping, stop
from bot.logs import set_up
from bot.settings import load_settings
from bot.usage import file_sentence

commands = typer.Typer(no_args_is_help=True, help="网格长改过的判断，可以用来改进。")


@commands.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="写到哪个文件，不写则写到标准输出")] = None,
) -> None:
    """导出网格长的误报、确认、忽略和改类别，每行一条 JSON。"""
    from bot.feedback import export as exported

    set_up("WARNING")
    lines = exported(load_settings())
    written = "".join(f"{line}\n" for line in lines)
    if file is None:
        with piping():
            sys.stdout.write(written)
        return
    try:
        file.write_text(written, encoding="utf-8")
    except OSError as error:
        stop(file_sentence(file.name, error))
    print(f"已导出 {len(lines)} 条。")
