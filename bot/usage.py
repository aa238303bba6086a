"""What the command line says to a command that is written wrongly: one Chinese sentence."""

from typer import BadParameter, Context
from typer.exceptions import TyperException

UsageError = BadParameter.__mro__[1]
"""What typer raises for every kind of wrong usage; it has no public name of its own."""


_ARGUMENTS = {"file": "文件", "text": "要看的一句话"}
"""What our arguments are called; options are called as they are written."""


def usage_sentence(error: TyperException) -> str:
    """What is wrong and where to look it up. typer's own texts are English."""
    name = type(error).__name__
    param = getattr(error, "param", None)
    shown = "" if param is None else _ARGUMENTS.get(param.opts[0], param.opts[0])
    option = getattr(error, "option_name", "")
    if name == "MissingParameter":
        what = f"少了{shown or '参数'}"
    elif name == "NoSuchOption":
        what = f"没有 {option} 这个选项"
    elif name == "BadOptionUsage":
        what = f"{option} 后面少了值"
    elif isinstance(error, BadParameter):
        what = f"{shown or '参数'} 的值不对"
    elif "No such command" in str(error):
        what = "没有这个命令"
    else:
        what = "用法不对"
    context: Context | None = getattr(error, "ctx", None)
    return f"{what}，请看 {'xiaoshao' if context is None else context.command_path} --help。"


def file_sentence(name: str, error: OSError) -> str:
    """Why a file cannot be read or written."""
    match error:
        case FileNotFoundError():
            why = "没有这个文件或文件夹"
        case IsADirectoryError():
            why = "这是一个文件夹，要给的是里面的文件"
        case PermissionError():
            why = "没有权限"
        case _:
            why = error.strerror or type(error).__name__
    return f"用不了文件 {name}：{why}，请检查路径和权限。"
