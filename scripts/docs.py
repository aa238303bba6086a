"""Write the pages of docs/ that are made from the code: python scripts/docs.py [--check].

docs/permissions.md from the registry of commands, docs/states.md from the state table, and the
drawings of the states between the markers in docs/architecture.md. --check writes nothing and
fails when a page is stale.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from handlers.commands import COMMANDS
from handlers.discreet.standing import READS, Kind, Privacy, Standing
from handlers.registry import Command
from handlers.wording import Wording, load_wording
from models.codes import Role, Status, TicketKind
from models.states import ENDED, FINISHED, TABLE, TERMS, Move, allowed, statuses

DOCS = Path(__file__).parent.parent / "docs"
BEGIN, END = "<!-- states: written by scripts/docs.py -->", "<!-- states: end -->"
MADE = "<!-- 由 scripts/docs.py 生成，请改代码后运行 make docs，不要手改 -->"

KIND_NAMES = {
    TicketKind.WISH: "Wish (微心愿)",
    TicketKind.COMPLAINT: "Complaint (诉求, 投诉)",
    TicketKind.DISPUTE: "Dispute (纠纷)",
}

CAUSES: Mapping[Move, str] = {
    Move.OPEN: "talk that the bot is sure of, 登记, 确认 S‹编号›",
    Move.APPROVE: "同意 N by a leader where `wishes.approval` asks for it, or filled in by 交办 N @人",
    Move.CLAIM: "认领 N",
    Move.ASSIGN: "交办 N @人 (转办), or filled in by 完成 N of an emergency that nobody claimed",
    Move.HAND_BACK: "放弃 N or 忘记我 of the last who had it",
    Move.EXPIRE: "the clock: nobody has done it in `claims.expire_days`; of what was given, `claims.remind_days` more",
    Move.DO: "完成 N",
    Move.ACCEPT: "受理 N, or filled in by 处理 N and 办结 N",
    Move.PROCESS: "处理 N, or filled in by 办结 N",
    Move.RESOLVE: "办结 N",
    Move.CLOSE: "满意 N, 一般 N, 确认 N by a requester",
    Move.CLOSE_SILENT: "the clock: no answer for `evaluation.silence_days`; counted as 未评价",
    Move.SEND_BACK: "不满意 N by a requester; 不同意 N of a panel or of the leader in its place",
    Move.REOPEN: "不满意 N by a requester within `evaluation.reopen_days` of closing",
    Move.HAND_OVER: "转纠纷 N; talk of its only requester that is a dispute by now",
    Move.MERGE: "合并 N M; 拆分 M takes it back within `routing.undo_hours`, to the status before",
    Move.WITHDRAW: "撤回 N of the last requester, 发错群了 within minutes, 忘记我",
    Move.REJECT: "误报 N; 不同意 N of a wish that waits for consent",
}
"""What makes each move happen. A test checks that no move is missing."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    check = parser.parse_args().check
    stale = stale_pages()
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(DOCS.parent)} is stale: run make docs", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(DOCS.parent)}")
    return int(check and bool(stale))


def stale_pages() -> dict[Path, str]:
    """The generated pages that differ from what the code says now, with what they should say."""
    words = load_wording()
    pages: dict[Path, Callable[[str], str]] = {
        DOCS / "permissions.md": lambda _: permissions(words),
        DOCS / "states.md": lambda _: states(words),
        DOCS / "architecture.md": with_drawings,
    }
    found = {}
    for path, page in pages.items():
        written = path.read_text(encoding="utf-8") if path.exists() else ""
        text = page(written)
        if text != written:
            found[path] = text
    return found


# -- permissions --------------------------------------------------------------------------------


def permissions(words: Wording) -> str:
    """The table command × role × where, and the spellings of each command."""
    groups = role_groups()
    heads = ["<br>".join(words.name("role", role.value) for role in group) for group in groups]
    rows = [
        [
            f"`{command.usage}`",
            *("✓" if command.open_to(frozenset(group[:1])) else "" for group in groups),
            _where(command),
            command.relation,
        ]
        for command in COMMANDS
    ]
    spellings = [
        [f"`{command.usage}`", "、".join(command.words[1:]), command.help, f"`{command.example}`"]
        for command in COMMANDS
    ]
    return "\n".join(
        [
            MADE,
            "",
            "# 谁能用哪条命令",
            "",
            "“✓”是身份上允许；“还要”写的是除身份以外的条件，由命令自己再查一遍，例如只有提出人能评价。身份从所在的格往下都有效："
            "村支部书记在本村每个微网格都算书记，别的村不算。一件事转给了谁，谁就能办这件事，不看身份。不能用的人会收到一句说明，"
            "什么都不会改。",
            "",
            *table(["命令", *heads, "哪里", "还要"], rows),
            "",
            "不带编号的命令在群里要带 @小哨、以“小哨”开头，或者引用小哨的话；带编号的命令整行相符就算，不用 @。"
            "私聊什么都不用带。",
            "",
            *readers(),
            "",
            "## 也可以这样说",
            "",
            *table(["命令", "同样的说法", "做什么", "例子"], spellings),
            "",
        ]
    )


STANDING_NAMES: Mapping[Standing, str] = {
    Standing.ACCUSED: "话里说的就是他",
    Standing.ASKER: "提出人",
    Standing.LEFT: "提出人，已经撤回",
    Standing.HOLDER: "经办人：转给他、先听到、回过“收到”，或代理这样的人",
    Standing.GIVEN: "认领人，联系方式已经给他",
    Standing.HELPER: "认领人，联系方式没给他",
    Standing.IN_CHARGE: "现在该办这件事的工作人员",
    Standing.PRIVY: "不公开的事：转出、被叫到、开会要议它，或事情所到的那一级及以下的负责人",
    Standing.STAFF: "当地及上级的工作人员（公开的事）",
    Standing.ABOVE: "不公开的事：还没到他那一级的上级",
    Standing.COLLEAGUE: "承办单位的人",
    Standing.COMPANY: "当地物业（没交给哪个单位的事）",
    Standing.JOINER: "跟着提的人",
    Standing.PANEL: "被请来评议的人",
    Standing.NEIGHBOUR: "在当地有身份的其他人",
    Standing.STAFF_ROOM: "职工群",
    Standing.GROUP: "居民群",
}
KIND_COLUMNS: Mapping[Kind, str] = {
    Kind.EXISTS: "有这件事：编号、类别、状态、经过的时间",
    Kind.OUTLINE: "标题和地点（遮去号码）",
    Kind.WORDS: "原话、原来的地点",
    Kind.SENSITIVE: "后来说到的健康、低保、孩子",
    Kind.NAMES: "是谁提的",
    Kind.CONTACT: "联系方式",
    Kind.NOTES: "工作人员写的话",
}
PRIVACY_NAMES: Mapping[Privacy, str] = {
    Privacy.PUBLIC: "公",
    Privacy.QUIET: "静",
    Privacy.PRIVATE: "密",
    Privacy.DELICATE: "敏",
}


def readers() -> list[str]:
    """The table standing × kind × privacy."""
    rows = [
        [
            STANDING_NAMES[who],
            *("".join(PRIVACY_NAMES[one] for one in Privacy if one in READS[who][kind]) or "—" for kind in Kind),
        ]
        for who in Standing
    ]
    return [
        "## 一件事，谁能看到什么",
        "",
        "公：公开的事；静：公开，但群里只说编号和类别（没人看懂、等同意、后来说到敏感的事）；密：不公开的事（纠纷、家暴、轻生、"
        "上访）；敏：说到健康、低保、孩子的事。又密又敏的，两样都让看才能看。一个人有几种身份时，哪种能看就能看；只有“话里说的就是他”"
        "压过其他一切。私聊里照本人的身份，群里照群。",
        "",
        *table(["他是什么人", *KIND_COLUMNS.values()], rows),
    ]


def role_groups() -> list[tuple[Role, ...]]:
    """Roles that may use exactly the same commands, in the order of the codes."""
    groups: dict[tuple[bool, ...], list[Role]] = {}
    for role in Role:
        groups.setdefault(tuple(command.open_to(frozenset({role})) for command in COMMANDS), []).append(role)
    return [tuple(roles) for roles in groups.values()]


def _where(command: Command) -> str:
    if command.in_group and command.in_private:
        return "群、私聊"
    return "群" if command.in_group else "私聊"


# -- states -------------------------------------------------------------------------------------


def states(words: Wording) -> str:
    """The state table of each kind, with what causes each move."""
    lines = [
        MADE,
        "",
        "# States of a ticket",
        "",
        "From `models/states.py`, the only place that decides what may follow what. Level (how far up a ticket was",
        "reported), the number of reopenings and privacy are fields of the ticket, not statuses. The drawings stand in",
        "[architecture.md](architecture.md#the-life-of-a-ticket).",
        "",
        "## Statuses",
        "",
        *table(
            ["status", "what people read", "wish", "complaint", "dispute", ""],
            [
                [f"`{status}`", words.name("status", status.value)]
                + ["✓" if status in statuses(kind) else "" for kind in TicketKind]
                + [_remark(status)]
                for status in Status
            ],
        ),
    ]
    for kind in TicketKind:
        moves = [
            [f"`{before}`", f"`{move}`", f"`{after}`", CAUSES[move]] for (before, move), after in TABLE[kind].items()
        ]
        lines += ["", f"## {KIND_NAMES[kind]}", "", f"Opens as `{TERMS[kind].first}`.", ""]
        lines += table(["from", "move", "to", "caused by"], moves)
    endings = [[f"`{move}`", f"`{status}`", CAUSES[move]] for move, status in _endings().items()]
    lines += ["", "## From every status that has not ended", "", *table(["move", "to", "caused by"], endings)]
    unused = [move for move in Move if move is not Move.OPEN and not _somewhere(move)]
    assert not unused, f"moves that no table has: {unused}"
    return "\n".join([*lines, ""])


def _remark(status: Status) -> str:
    if status in ENDED:
        return "ended: nothing is owed any more"
    return "finished: waits for the requester" if status in FINISHED else ""


def _endings() -> dict[Move, Status]:
    """The moves that any ticket may make before it has ended."""
    firsts = {kind: terms.first for kind, terms in TERMS.items()}
    found = {}
    for move in (Move.MERGE, Move.WITHDRAW, Move.REJECT):
        (target,) = {allowed(kind, first, move) for kind, first in firsts.items()}
        assert target is not None
        found[move] = target
    return found


def _somewhere(move: Move) -> bool:
    return move in _endings() or any(move == other for rows in TABLE.values() for _, other in rows)


def drawing(kind: TicketKind) -> list[str]:
    """The mermaid drawing of one kind's own table; the common endings are left out."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {TERMS[kind].first}"]
    lines += [f"    {before} --> {after}: {move}" for (before, move), after in TABLE[kind].items()]
    return [*lines, f"    {Status.CLOSED} --> [*]", "```"]


def with_drawings(page: str) -> str:
    """The page with its drawings of the states made anew."""
    top, begin, rest = page.partition(BEGIN)
    _, end, bottom = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"docs/architecture.md has lost its markers {BEGIN} … {END}")
    parts = [line for kind in TicketKind for line in (f"**{KIND_NAMES[kind]}**", "", *drawing(kind), "")]
    return top + "\n".join([BEGIN, "", *parts, END]) + bottom


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    raise SystemExit(main())
