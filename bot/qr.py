"""The login QR code in the terminal; what it says never stands anywhere else."""

import io
import sys
from collections.abc import Callable

import segno


def show(account: str, text: str, say: Callable[[str], None]) -> None:
    """Draw it for whoever sits at the terminal. Where output goes into a file or a journal, only say that it waits."""
    if not sys.stdout.isatty():
        say(f"账号「{account}」要扫码登录。现在的输出不是终端，二维码不能写进日志：请在终端里运行 xiaoshao run 扫码。")
        return
    say(f"账号「{account}」要扫码登录，请用手机微信扫：")
    print(drawn(text), flush=True)


def drawn(text: str) -> str:
    """The code in half-block characters."""
    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, compact=True)
    return out.getvalue()
