"""What is wrong with an operator's wording file: each finding with its line and what to do."""

import difflib
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "zh.toml"
LONGEST = 140
"""Characters of a sentence, variables aside: more is a wall of text in a group."""
LONGEST_REFUSAL = 60
STIFF = (
    "请知悉", "请您知晓", "望周知", "特此", "予以", "敬请", "尊敬的", "亲爱的用户", "贵方", "该用户", "请勿回复",
    "您好，系统", "您好,系统", "系统提示", "系统检测", "温馨提示", "操作成功", "操作失败",
)  # fmt: skip
"""How offices and machines write, and no grid worker types."""
_HEADER = re.compile(r"\s*\[\s*([\w.\-\"']+)\s*\]")
_KEY = re.compile(r"\s*([\w.\-\"']+)\s*=")


@dataclass(frozen=True, slots=True)
class Finding:
    """line from 1, None where it cannot be told. bad: the file cannot be used so; else it is only advice."""

    bad: bool
    line: int | None
    text: str

    def __str__(self) -> str:
        return self.text if self.line is None else f"第 {self.line} 行：{self.text}"


def shipped() -> dict[str, str]:
    """The sentences that come with the program."""
    return {key: str(value) for key, value in flatten(tomllib.loads(FILE.read_text(encoding="utf-8"))).items()}


def check(path: Path, shipped: Mapping[str, str]) -> tuple[dict[str, str], list[Finding]]:
    """The sentences of a file and all that is wrong with them, by line. Without sentences it could not be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, [Finding(True, None, "没有这个文件，请检查路径。")]
    except OSError:
        return {}, [Finding(True, None, "读不了这个文件，请检查权限。")]
    except UnicodeDecodeError:
        return {}, [Finding(True, None, "不是 UTF-8 编码，请另存为 UTF-8。")]
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found is not None else None
        return {}, [Finding(True, line, '格式不对：每句写成 键 = "话"，引号用英文的，组名写成 [组名]。')]
    own = flatten(table)
    lines = _lines(text)
    findings = [
        Finding(bad, lines.get(key), f"「{key}」{what}") for key in own for bad, what in _judge(key, own[key], shipped)
    ]
    sentences = {key: value for key, value in own.items() if isinstance(value, str)}
    return sentences, sorted(findings, key=lambda finding: finding.line or 0)


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def variables(sentence: str) -> frozenset[str]:
    """The names that a sentence wants filled in. Raises ValueError when its braces do not fit."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


def judged(own: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """(key, whether it cannot be used so, what is wrong) of sentences by dotted key that replace the shipped ones."""
    sentences = shipped() if own else {}
    for key, value in own.items():
        yield from ((key, bad, f"这句{what}") for bad, what in _judge(key, value, sentences))


def _judge(key: str, value: object, shipped: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    if key not in shipped:
        near = difflib.get_close_matches(key, shipped, n=1)
        hint = f"是不是想写「{near[0]}」？" if near else "xiaoshao wording list 列出全部的键。"
        yield True, f"不是已有的键，{hint}"
        return
    if not isinstance(value, str):
        yield True, "后面要写引号里的一句话。"
        return
    yield from _braces(value, shipped[key])
    yield from _manner(key, value, shipped[key])


def _braces(value: str, original: str) -> Iterator[tuple[bool, str]]:
    try:
        parts = list(string.Formatter().parse(value))
        named = variables(value)
    except ValueError:
        yield True, "的花括号不成对，请照原句写成 {名字}。"
        return
    wanted = variables(original)
    allowed = "、".join(f"{{{name}}}" for name in sorted(wanted)) or "不带花括号"
    for name in sorted(named - wanted):
        yield True, f"没有 {{{name}}} 这个变量，可用的：{allowed}。"
    for name in sorted(wanted - named):
        yield True, f"少了变量 {{{name}}}，请放回句子里。"
    if any(spec or conversion for _, _, spec, conversion in parts):
        yield True, "的花括号里只能写名字，请去掉冒号和感叹号。"


def _manner(key: str, value: str, original: str) -> Iterator[tuple[bool, str]]:
    if original.strip() and not value.strip():
        yield True, "不能空着；不想改就删掉这一行。"
    if "\n" in value and "\n" not in original:
        yield True, "原来是一行，请不要换行。"
    limit = max(LONGEST_REFUSAL if key.startswith("refuse.") else LONGEST, len(original))
    if not key.startswith("cue.") and len(value) > limit:
        yield True, f"太长：{len(value)} 个字，最多 {limit} 个，请写短些。"
    for stiff in STIFF:
        if stiff in value:
            yield False, f"里的“{stiff}”像公文或机器说的话，换成平常话更好。"


def _lines(text: str) -> dict[str, int]:
    """On which line each key stands; keys inside of long strings in triple quotes are skipped."""
    found: dict[str, int] = {}
    head, inside = "", False
    for number, line in enumerate(text.splitlines(), start=1):
        was_inside = inside
        inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if was_inside:
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            head = _plain(header[1]) + "."
        elif key is not None:
            found.setdefault(head + _plain(key[1]), number)
    return found


def _plain(key: str) -> str:
    return key.replace('"', "").replace("'", "")
