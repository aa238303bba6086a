"""xiaoshao: the command line. Sentences that people see are Chinese."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer
from typer.exceptions import TyperException

from bot.logs import set_up
from bot.settings import SettingsError, load_settings
from bot.usage import file_sentence, usage_sentence
from handlers.policy.checking import PolicyError
from handlers.wording import WordingError
from models.engine import DatabaseUrlError

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="小哨：微网格群里的值守助手。",
)


class _ReaderGoneError(Exception):
    """Whoever read our output has gone: head, less."""


@contextmanager
def _piping() -> Iterator[None]:
    """Before typer sees it: it would take a reader that has enough for a failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise _ReaderGoneError from None


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
    except _ReaderGoneError:
        # What is still buffered must not fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (ChatFileError, PolicyError, WordingError, DatabaseUrlError, NotReadyError, SettingsError) as error:
        _stop(str(error))
    except RosterError as error:
        _stop(str(error))
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise SystemExit(2) from None  # the help was printed already
        _stop(usage_sentence(error))
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


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


@cli.command()
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
    with _piping():
        run(
            Options(file, as_json, shadow, report, clock, until, db, policy, not no_limits, on, settings.wording_file),
            sys.stdout,
        )


@cli.command()
def classify(
    file: Annotated[Path | None, typer.Argument(help="JSONL 文件，不写则读标准输入")] = None,
) -> None:
    """逐条判断：{"id","text"} 进，类别、把握和依据出。"""
    from bot.classifying import classify_stream

    set_up("ERROR")
    with _piping():
        if file is None:
            classify_stream(sys.stdin.buffer, sys.stdout)
            return
        try:
            lines = file.open("rb")
        except OSError as error:
            _stop(file_sentence(file.name, error))
        with lines:
            classify_stream(lines, sys.stdout)


@cli.command()
def explain(
    text: Annotated[list[str], typer.Argument(help="要看的一句话")],
) -> None:
    """一步一步说明为什么这样判断一句话。"""
    from bot.explaining import explain as explained

    set_up("ERROR")
    with _piping():
        print(explained(" ".join(text)))


feedback = typer.Typer(no_args_is_help=True, help="网格长改过的判断，可以用来改进。")
cli.add_typer(feedback, name="feedback")


@feedback.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="写到哪个文件，不写则写到标准输出")] = None,
) -> None:
    """导出网格长的误报、确认、忽略和改类别，每行一条 JSON。"""
    from bot.feedback import export as exported

    set_up("WARNING")
    lines = exported(load_settings())
    written = "".join(f"{line}\n" for line in lines)
    if file is None:
        with _piping():
            sys.stdout.write(written)
        return
    try:
        file.write_text(written, encoding="utf-8")
    except OSError as error:
        _stop(file_sentence(file.name, error))
    print(f"已导出 {len(lines)} 条。")


wording = typer.Typer(no_args_is_help=True, help="小哨说的话：列出来，检查自己改的。")
cli.add_typer(wording, name="wording")


@wording.command(name="check")
def check_wording(
    file: Annotated[Path, typer.Argument(help="自己的措辞文件")],
) -> None:
    """检查自己的措辞文件：哪一行、哪里不对、怎么改。"""
    from bot.wordings import checked

    lines, usable = checked(file)
    with _piping():
        print("\n".join(lines))
    if not usable:
        raise SystemExit(1)


@wording.command(name="list")
def list_wording(
    key: Annotated[str, typer.Option("--key", help="只列这样开头的键，例如 refuse")] = "",
) -> None:
    """列出现在用的每句话，照抄就是措辞文件的写法。"""
    from bot.wordings import listed

    with _piping():
        print("\n".join(listed(load_settings().wording_file, key)))


report = typer.Typer(no_args_is_help=True, help="周报和月报：按下级、按承办单位的数字。")
cli.add_typer(report, name="report")

_Node = Annotated[str | None, typer.Option("--node", help="网格编码，不写则是最上一级")]
_Period = Annotated[str | None, typer.Option("--period", help="哪一期：2026-W19、2026-05，不写则是上一期")]
_Csv = Annotated[Path | None, typer.Option("--csv", help="另存一张表，每个下级、每个承办单位一行")]


@report.command()
def week(node: _Node = None, period: _Period = None, csv: _Csv = None) -> None:
    """一周的数字和苗头。"""
    _report("week", node, period, csv)


@report.command()
def month(node: _Node = None, period: _Period = None, csv: _Csv = None) -> None:
    """一个月的数字。"""
    _report("month", node, period, csv)


def _report(span: str, node: str | None, period: str | None, table: Path | None) -> None:
    from bot.reporting import report as made

    set_up("WARNING")
    text, rows = made(load_settings(), span, node, period)
    if table is not None:
        try:
            # With the mark by which a spreadsheet knows that it is UTF-8; lines end as the table says.
            table.write_text(rows, encoding="utf-8-sig", newline="")
        except OSError as error:
            _stop(file_sentence(table.name, error))
    with _piping():
        print(text)


@cli.command()
def chat(
    policy: Annotated[str | None, typer.Option(help="规则包的名字")] = None,
) -> None:
    """在终端里和小哨说话：名字：话。"""
    from bot.chatting import talk

    set_up("ERROR")
    with _piping():
        settings = load_settings()
        talk(sys.stdin, sys.stdout, policy or settings.policy, settings.wording_file)


@cli.command()
def demo(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="网页端口，0 表示随便一个空着的")] = None,
    host: Annotated[str | None, typer.Option(help="网页地址")] = None,
) -> None:
    """打开模拟器：一个村、三个微网格、十几个人。"""
    from bot.running import run_demo

    settings = load_settings()
    set_up(settings.log_level)
    run_demo(settings, host or settings.web_host, settings.web_port if port is None else port)


@cli.command()
def run() -> None:
    """正式运行（单机）：数据库自动升级，模拟器网页当作群。"""
    from bot.running import run_embedded

    settings = load_settings()
    set_up(settings.log_level)
    run_embedded(settings)


@cli.command()
def template(
    file: Annotated[Path, typer.Argument(help="写到哪个文件，例如 名册.xlsx")],
) -> None:
    """写一张空的名册表格：网格、群、人员、单位、负责。"""
    from bot.roster.command import make_template
    from handlers.wording import load_wording

    print(make_template(file, load_wording(load_settings().wording_file)))


@cli.command("import")
def import_roster(
    file: Annotated[Path, typer.Argument(help="填好的名册表格（.xlsx）")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改什么，不改数据库")] = False,
    remove_missing: Annotated[bool, typer.Option("--remove-missing", help="收回表里没有的人的角色")] = False,
) -> None:
    """导入名册表格；可以反复导入，有一处不对就什么都不改。"""
    from bot.clock import now
    from bot.operating import current_database
    from bot.roster.command import Importer, Options, progress_bar
    from handlers.policy import load_policy
    from handlers.wording import load_wording

    settings = load_settings()
    set_up("WARNING")
    with progress_bar() as advance:
        words, policy = load_wording(settings.wording_file), load_policy(settings.policy)
        importer = Importer(current_database(settings), policy, words, advance)
        lines = importer.run(Options(file, dry_run, remove_missing), now())
    with _piping():
        print("\n".join(lines))


@cli.command()
def migrate() -> None:
    """把数据库升级到最新的表结构。"""
    from bot.operating import migrate as upgrade

    set_up("WARNING")
    print(upgrade(load_settings()))


@cli.command()
def doctor() -> None:
    """检查：表结构、办理记录、没发出去的话、没听到的时段。"""
    from bot.operating import examine

    set_up("WARNING")
    findings = examine(load_settings())
    for finding in findings:
        print(("✗ " if finding.bad else "✓ ") + finding.text)
    if any(finding.bad for finding in findings):
        raise SystemExit(1)


@cli.command()
def pause() -> None:
    """全体静音：所有群都不再发言。"""
    from bot.operating import set_paused

    print(set_paused(load_settings(), True))


@cli.command()
def resume() -> None:
    """全体恢复。"""
    from bot.operating import set_paused

    print(set_paused(load_settings(), False))


@cli.command()
def code(
    name: Annotated[str, typer.Argument(help="姓名，和表格里一样")],
    place: Annotated[str | None, typer.Option(help="同名时写网格编码或名字")] = None,
) -> None:
    """给有身份的人发一次性的绑定码。"""
    from bot.vouching import issue_code

    set_up("WARNING")
    print(issue_code(load_settings(), name, place))


roles = typer.Typer(no_args_is_help=True, help="重新登录以后的身份核对。")
cli.add_typer(roles, name="roles")


@roles.command("resume")
def resume_roles(
    account: Annotated[str, typer.Argument(help="账号的名字，见 doctor")],
) -> None:
    """身份查清楚了，凭身份的命令恢复。"""
    from bot.vouching import resume_roles as resumed

    set_up("WARNING")
    print(resumed(load_settings(), account))


if __name__ == "__main__":
    main()
