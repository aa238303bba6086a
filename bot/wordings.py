"""xiaoshao wording: the sentences that the bot says, for whoever changes them."""

import json
from itertools import groupby
from pathlib import Path

from handlers.wording import WordingError, load_wording, shipped
from handlers.wording.checking import check


def checked(path: Path) -> tuple[list[str], bool]:
    """What to tell the operator of his file, line by line, and whether it can be used."""
    own, findings = check(path, shipped())
    lines = [("✗ " if finding.bad else "△ ") + str(finding) for finding in findings]
    faults = sum(finding.bad for finding in findings)
    if faults and not own:
        return lines, False
    if faults:
        return [*lines, f"{path.name} 有 {faults} 处要改，改好再用。"], False
    return [*lines, f"{path.name} 可以用，改了 {len(own)} 句。"], True


def listed(path: Path | None, prefix: str) -> list[str]:
    """The sentences in force whose keys begin so, as they would stand in a file. Raises WordingError."""
    words = load_wording(path)
    keys = [key for key in shipped() if key.startswith(prefix)]
    if not keys:
        raise WordingError(f"没有「{prefix}」开头的键，不带 --key 可以看到全部。")
    lines: list[str] = []
    for group, members in groupby(keys, key=lambda key: key.rpartition(".")[0]):
        lines += ["", f"[{group}]"] if lines else [f"[{group}]"]
        for key in members:
            lines.append(f"{key.rpartition('.')[2]} = {json.dumps(words.get(key), ensure_ascii=False)}")
    return lines
