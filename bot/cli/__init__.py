"""xiaoshao: the command line. Sentences that people see are Chinese."""

import os
import sys
from typing import TextIO

import typer
from typer.exceptions import TyperException

from bot.channel_config import ChannelsError
from bot.cli import feedback, hearing, identities, operating, outbox, policy, report, roster, running, wording
from bot.cli.output import ReaderGoneError, stop
from bot.settings import SettingsError
from bot.usage import usage_sentence
from handlers.policy.checking import PolicyError
from handlers.wording import WordingError
from models.engine import DatabaseUrlError

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="小哨：微网格群里的值守助手。",
)
for _part in (hearing, running, roster, operating, identities):
    cli.add_typer(_part.commands)
cli.add_typer(feedback.commands, name="feedback")
cli.add_typer(outbox.commands, name="outbox")
cli.add_typer(wording.commands, name="wording")
cli.add_typer(policy.commands, name="policy")
cli.add_typer(report.commands, name="report")
cli.add_typer(identities.roles, name="roles")


def main() -> None:
    """The entry point: expected errors leave as one sentence and exit code 2."""
    from bot.operating import NotReadyError
    from bot.replay.chatfile import ChatFileError
    from bot.roster.problems import RosterError

    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _in_utf8(stream)
    try:
        code = cli(standalone_mode=False, prog_name="xiaoshao")
    except SystemExit:
        raise
    except ReaderGoneError:
        # What is still buffered must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (ChatFileError, PolicyError, WordingError, DatabaseUrlError, NotReadyError, SettingsError) as error:
        stop(str(error))
    except (ChannelsError, RosterError) as error:
        stop(str(error))
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise SystemExit(2) from None  # the help was printed already
        stop(usage_sentence(error))
    except Exception as error:
        if os.environ.get("LOG_LEVEL") == "DEBUG":
            raise
        print(f"程序出错了（{type(error).__name__}）。设 LOG_LEVEL=DEBUG 再运行一次可以看到详情。", file=sys.stderr)
        raise SystemExit(1) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _in_utf8(stream: TextIO) -> None:
    """Rows are UTF-8 whatever the locale; a sign that cannot be written must not end the program."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace" if stream.writable() else "replace")
