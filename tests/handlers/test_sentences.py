"""No sentence that people read stands outside of handlers/wording/."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SENTENCE = re.compile("[\u4e00-\u9fff][。！？；]|[\u4e00-\u9fff]{3,}，[\u4e00-\u9fff]{2,}")

OPERATORS = {
    "handlers/commands",  # help and examples of each command: 帮助 and the docs are made from it
    "handlers/policy",  # what is wrong with a policy pack
    "handlers/wording/__init__.py",  # what is wrong with a wording file
    "handlers/wording/checking.py",
}
"""What is read by whoever runs the program, not by residents, party members and leaders."""
PATTERNS = {
    "handlers/numbers.py",
    "handlers/parsing.py",
    "handlers/talk/keys.py",
    "handlers/report/periods.py",
    "models/masking.py",
}
"""Patterns, which look for what people write."""


def _sentences(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spoken = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    notes = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)} | spoken  # docstrings
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node in notes:
            continue
        if _SENTENCE.search(node.value):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"


def test_no_sentence_stands_outside_of_the_wording() -> None:
    found = []
    for folder in ("handlers", "models", "nlp"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            places = {name, str(path.parent.relative_to(ROOT))}
            if places.isdisjoint(OPERATORS | PATTERNS) and "migrations" not in name:
                found += list(_sentences(path))
    for name in (
        "dispatcher", "performing", "committing", "relay", "outgoing", "addressing", "channel", "shard", "clock", "app",
    ):  # fmt: skip
        found += list(_sentences(ROOT / "bot" / f"{name}.py"))
    assert found == []
