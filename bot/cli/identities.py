"""Who somebody is: code, roles."""

from typing import Annotated

import typer

from bot.logs import set_up
from bot.settings import load_settings

commands = typer.Typer()


@commands.command()
def code(
    name: Annotated[str, typer.Argument(help="姓名，和表格里一样")],
    place: Annotated[str | None, typer.Option(help="同名时写网格编码或名字")] = None,
) -> None:
    """给有身份的人发一次性的绑定码。"""
    from bot.vouching import issue_code

    set_up("WARNING")
    print(issue_code(load_settings(), name, place))


roles = typer.Typer(no_args_is_help=True, help="重新登录以后的身份核对。")


@roles.command("resume")
def resume_roles(
    account: Annotated[str, typer.Argument(help="账号的名字，见 doctor")],
) -> None:
    """身份查清楚了，凭身份的命令恢复。"""
    from bot.vouching import resume_roles as resumed

    set_up("WARNING")
    print(resumed(load_settings(), account))
