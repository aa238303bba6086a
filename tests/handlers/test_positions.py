"""Each key of a TOML file is found on the line where it stands, however it is written."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.policy.positions import lines_of, nearest

PACKS = sorted((Path(__file__).parents[2] / "handlers/policies").glob("*.toml"))


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path into what tomllib has read."""
    inside = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*path, key)
        yield from paths(one, (*path, key))


@pytest.mark.parametrize("file", PACKS, ids=lambda file: file.stem)
def test_every_key_of_a_pack_has_its_line(file: Path) -> None:
    text = file.read_text("utf-8")
    lines, written = lines_of(text), text.splitlines()
    assert set(paths(tomllib.loads(text))) == set(lines)
    for path, line in lines.items():
        if isinstance(path[-1], str):
            assert path[-1] in written[line - 1], path


def test_what_the_file_does_not_say_lies_in_what_it_says() -> None:
    lines = lines_of('[a]\nb = [{ c = 1 },\n  { c = 2 }]\n[[d.e]]\nf = 1\n[[d.e]]\n[d.e.g]\nh = """x\n[z]\n"""\n')
    assert nearest(lines, ("a", "b", 1, "c")) == 3
    assert nearest(lines, ("a", "b", 1, "missing")) == 3
    assert nearest(lines, ("d", "e", 1, "g", "h")) == 8
    assert nearest(lines, ("d", "e", 0, "f")) == 5
    assert nearest(lines, ("nowhere",)) is None


# -- any file ---------------------------------------------------------------------------------------

bare = st.text("abcXYZ019_-", min_size=1, max_size=4)
quoted = st.text("ab .#=[]{}\",'\\中", min_size=0, max_size=4)
keys = st.one_of(bare, quoted)
words = st.text("ab #=[]{}\"',.\\\n中", max_size=8)
leaves = st.one_of(
    st.integers(-9, 9),
    st.booleans(),
    words,
    st.sampled_from([1.5, "07:30", "2026-11-30"]),
)


def written_key(key: str, draw: Any) -> str:
    if key and all(sign.isascii() and (sign.isalnum() or sign in "_-") for sign in key) and draw(st.booleans()):
        return key
    if "'" not in key and draw(st.booleans()):
        return f"'{key}'"
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written_value(value: Any, draw: Any, *, inline: bool = False) -> str:
    """A value in one of the ways to write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        gap = "" if inline else draw(st.sampled_from(["", " ", "\n", " # a ] comment\n"]))
        parts = [written_value(one, draw, inline=inline) for one in value]
        return "[" + gap + "".join(f"{part},{gap}" for part in parts) + "]"
    if isinstance(value, dict):
        pairs = [f"{written_key(key, draw)} = {written_value(one, draw, inline=True)}" for key, one in value.items()]
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        if not inline and draw(st.booleans()):
            return f'"""{escaped}"""'
        if "'" not in value and "\n" not in value and draw(st.booleans()):
            return f"'{value}'"
        return '"' + escaped.replace("\n", "\\n") + '"'
    return str(value)


inner = st.recursive(
    leaves, lambda child: st.one_of(st.lists(child, max_size=3), st.dictionaries(keys, child, max_size=3)), max_leaves=6
)


@st.composite
def files(draw: Any) -> tuple[str, dict[tuple[str, ...], int]]:
    """A file, and the line of each key that stands at the beginning of one."""
    text, expected = "", dict[tuple[str, ...], int]()

    def pairs(table: dict[str, Any], above: tuple[str, ...]) -> None:
        nonlocal text
        for key, value in table.items():
            text += draw(st.sampled_from(["", "\n", "# [no] table = 1\n", "  "]))
            expected[*above, key] = text.count("\n") + 1
            text += f"{written_key(key, draw)} = {written_value(value, draw)}{draw(st.sampled_from(['', ' # c']))}\n"

    pairs(draw(st.dictionaries(keys, inner, max_size=3)), ())
    for name in draw(st.lists(st.sampled_from(["t1", "t 2", "t#3"]), unique=True)):
        expected[(name,)] = text.count("\n") + 1
        text += f"[{written_key(name, draw)}]\n"
        pairs(draw(st.dictionaries(keys, inner, max_size=3)), (name,))
    return text, expected


@given(files())
@settings(max_examples=300, deadline=None)
def test_every_key_of_any_file_has_its_line(made: tuple[str, dict[tuple[str, ...], int]]) -> None:
    text, expected = made
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # a key of the top that is the name of a table as well
    lines = lines_of(text)
    assert set(lines) == set(paths(read))
    assert {path: lines[path] for path in expected} == expected
