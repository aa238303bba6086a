"""The roster as a spreadsheet: template, import."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import piping
from bot.logs import set_up
from bot.settings import load_settings

commands = typer.Typer()


@commands.command()
def template(
    file: Annotated[Path, typer.Argument(help="写到哪个文件，例如 名册.xlsx")],
) -> None:
    """写一张空的名册表格：网格、群、人员、单位、负责。"""
    from bot.roster.command import make_template
    from handlers.packs import worded
    from handlers.policy import load_policy
    from handlers.wording import load_wording

    settings = load_settings()
    print(make_template(file, worded(load_wording(settings.wording_file), load_policy(settings.policy))))


@commands.command("import")
def import_roster(
    file: Annotated[Path, typer.Argument(help="填好的名册表格（.xlsx）")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改什么，不改数据库")] = False,
    remove_missing: Annotated[bool, typer.Option("--remove-missing", help="收回表里没有的人的角色")] = False,
) -> None:
    """导入名册表格；可以反复导入，有一处不对就什么都不改。"""
    from bot.clock import now
    from bot.operating import current_database
    from bot.roster.command import Importer, Options, progress_bar
    from handlers.packs import worded
    from handlers.policy import load_policy
    from handlers.wording import load_wording

    settings = load_settings()
    set_up("WARNING")
    with progress_bar() as advance:
        policy = load_policy(settings.policy)
        words = worded(load_wording(settings.wording_file), policy)
        importer = Importer(current_database(settings), policy, words, advance)
        lines = importer.run(Options(file, dry_run, remove_missing), now())
    with piping():
        print("\n".join(lines))
