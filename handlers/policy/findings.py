"""All that is wrong with a pack at once: each mistake with its line, where in the pack, and what to do."""

import difflib
import re
import tomllib
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from handlers.policy.checking import contradictions
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy
from handlers.policy.positions import lines_of, nearest

Where = tuple[str | int, ...]
_ROUNDS = 20
"""Taking mistakes out of a pack, so that what is behind them is seen too, comes to an end sooner than this."""
_TOGETHER = {"routing": {"routing"}, "items": {"items", "routing"}, "points": {"points"}, "boards": {"boards"}}
"""Parts whose values are judged by each other: as long as one is wrong, what does not fit is not told."""
_NAMED = re.compile(r"([\w.\-]*)「(.*?)」(?:的「(.*?)」)?(?:\.([\w.]+))?")
_SYNTAX = (
    ("Cannot overwrite", "这个键前面写过了，请只留一处。"),
    ("Cannot declare", "这一组前面写过了，请并到一起，或者每一条都写成 [[组名]]。"),
    ("Cannot redefine", "这一组前面写过了，请并到一起。"),
    ("Cannot mutate", "这一组前面已经写完整了，请把这里的并过去。"),
    ("Duplicate inline", "花括号里同一个键写了两次，请只留一个。"),
    ("Expected '='", "键后面少了等号：请写成 键 = 值。"),
    ("Expected ']'", "方括号没有关上，请补上 ]。"),
    ("Unclosed array", "方括号没有关上，请补上 ]，各项之间用英文逗号。"),
    ("Unclosed inline", "花括号没有关上，请补上 }，各项之间用英文逗号。"),
    ("Unterminated string", "引号没有关上，请补上。"),
    ("Illegal character", "有不能用的符号：引号、逗号、等号请用英文的，字要放在英文引号里。"),
    ("Unescaped", "引号里的反斜杠请写成两个 \\\\。"),
    ("Expected newline", "一行只写一项，请换行；字要放在英文引号里。"),
    ("Invalid initial character", "键请用英文名，中文的键要放在英文引号里。"),
    ("Invalid statement", "这一行看不懂：请写成 键 = 值，组名写成 [组名]。"),
    ("Invalid value", '等号后面的值看不懂：字要放在英文引号里，例如 "08:30"；真假写 true、false。'),
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """line from 1, None where it cannot be told; where: as the key would be written."""

    line: int | None
    where: str
    text: str

    def __str__(self) -> str:
        place = "" if self.line is None else f"第 {self.line} 行"
        place = " ".join(part for part in (place, self.where) if part)
        return f"{place}：{self.text}" if place else self.text


def mistakes_in(file: Path, default: Mapping[str, Any]) -> list[Mistake]:
    """Everything that keeps the pack in that file from being used, by line."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return [Mistake(None, file.name, "没有这个文件，请检查路径。")]
    except IsADirectoryError:
        return [Mistake(None, file.name, "这是一个文件夹，请写里面的 .toml 文件。")]
    except OSError:
        return [Mistake(None, file.name, "读不了这个文件，请检查权限。")]
    except UnicodeDecodeError:
        return [Mistake(None, file.name, "不是 UTF-8 编码，请另存为 UTF-8。")]
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [_syntax(str(error), text)]
    lines = lines_of(text)
    found: dict[Mistake, None] = {}
    for where, what in _all_wrong(own, default):
        found[Mistake(nearest(lines, where), written(where), what)] = None
    return sorted(found, key=lambda one: one.line or 0)


def written(where: Where) -> str:
    """routing.steps[2].solve_days: the second of a list has the number 2."""
    text = ""
    for part in where:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _syntax(said: str, text: str) -> Mistake:
    found = re.search(r"line (\d+)", said)
    line = int(found[1]) if found is not None else text.count("\n") + 1
    what = next((remedy for sign, remedy in _SYNTAX if said.startswith(sign)), "格式不对：请写成 键 = 值。")
    return Mistake(line, "", f"{what}改好再检查一遍，才看得到后面还有没有。")


def _all_wrong(own: Mapping[str, Any], default: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    """(where, what): first each value by itself, then what does not fit together among the values that are sound."""
    left, broken = dict(own), set[str]()
    for _ in range(_ROUNDS):
        try:
            policy = Policy.model_validate(laid_over(default, left))
            break
        except ValidationError as error:
            for one in error.errors():
                where = _own_part(left, _place(one["loc"]))
                yield where, in_chinese(one, where)
                broken.add(str(where[0]) if where else "")
            # The last of a list first, so that the others stay where they are.
            for where in sorted({_own_part(left, _place(one["loc"])) for one in error.errors()}, reverse=True):
                left = _without(left, where)
    else:
        return
    for part in ("zone", "calendar"):  # without these nothing else can be judged
        place, what = next(contradictions(policy), ("", ""))
        if place.partition(".")[0] == part:
            yield _found(own, place), what
            left = _without(left, (part,))
            policy = Policy.model_validate(laid_over(default, left))
    for place, what in contradictions(policy):
        where = _found(own, place)
        part = str(where[0]) if where else ""
        if not broken & _TOGETHER.get(part, set()):
            yield where, what


# -- what one value is -----------------------------------------------------------------------------


def _place(loc: Sequence[str | int]) -> Where:
    """Where the file has it: without what pydantic adds about keys of tables."""
    return tuple(part for part in loc if part != "[key]")


def _own_part(own: Mapping[str, Any], where: Where) -> Where:
    """As much of the path as the file says, and one key more where that is what is missing."""
    at: Any = own
    for depth, part in enumerate(where):
        try:
            at = at[part]
        except (KeyError, IndexError, TypeError):
            return where[: depth + 1]
    return where


def _without(table: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """The pack without that value; of a list the whole element goes."""
    if not where:
        return {}
    copy, key = dict(table), where[0]
    value = copy.get(str(key))
    if len(where) == 2 and isinstance(value, Mapping) and where[1] not in value:
        del copy[str(key)]  # it lacks something, so that all of it goes
    elif len(where) > 1 and isinstance(value, Mapping):
        copy[str(key)] = _without(value, where[1:])
    elif len(where) > 1 and isinstance(value, list) and isinstance(where[1], int):
        copy[str(key)] = [one for number, one in enumerate(value) if number != where[1]]
    else:
        copy.pop(str(key), None)
    return copy


def in_chinese(error: ErrorDetails, where: Where) -> str:
    """What is wrong with a value, and what may stand there. where: its place in the file."""
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "extra_forbidden":
        return _unknown(str(where[-1]), _siblings(where[:-1]))
    if kind == "missing":
        return f"少了 {error['loc'][-1]}，请补上。"
    if kind == "value_error":
        said = str(context.get("error", error["msg"])).removeprefix("Value error, ")
        return said if said.endswith("。") else f"{said}。"
    remedy = _REMEDIES.get(kind)
    if remedy is None:
        remedy = next((text for sign, text in _KINDS if sign in kind), "这个值不能用，请对照 default.toml 的写法。")
    limits = {key: f"{limit:g}" if isinstance(limit, int | float) else limit for key, limit in context.items()}
    if "expected" in limits:
        limits["expected"] = "、".join(re.findall(r"'(.*?)'", str(limits["expected"])))
    return f"{remedy.format(**limits)}现在写的是 {_shown(value)}。"


_REMEDIES = {
    "greater_than": "要大于 {gt}。",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than": "要小于 {lt}。",
    "less_than_equal": "不能大于 {le}。",
    "enum": "只能是 {expected} 里的一个。",
    "literal_error": "只能是 {expected} 里的一个。",
    "too_short": "至少要有 {min_length} 项。",
    "too_long": "最多 {max_length} 项。",
    "string_too_short": "不能少于 {min_length} 个字。",
    "string_too_long": "最多 {max_length} 个字。",
    "int_from_float": "要写整数。",
}
_KINDS = (
    ("int_", "要写整数，不带引号。"),
    ("float_", "要写数，不带引号。"),
    ("finite", "要写数。"),
    ("bool_", "要写 true 或 false，不带引号。"),
    ("string_", '要写引号里的字，例如 "小哨"。'),
    ("date", '要写日期，例如 "2026-10-01"。'),
    ("time_", '要写钟点，例如 "08:30"。'),
    ("tuple_", "要写成列表：[ …, … ]。"),
    ("list_", "要写成列表：[ …, … ]。"),
    ("model_", "要写成一组：[组名] 下面一行一项，或 {{ 键 = 值 }}。"),
    ("dict_", "要写成一组：[组名] 下面一行一项，或 {{ 键 = 值 }}。"),
)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "一组"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 30 else f"{text[:29]}…"


def _unknown(key: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.6)
    if near:
        return f"没有「{key}」这一项，想写的可能是「{near[0]}」，请改好。"
    some = "、".join(names[:8]) + ("…" if len(names) > 8 else "")
    return f"没有「{key}」这一项，请删掉；这里可以写的：{some}。"


def _siblings(where: Where) -> list[str]:
    """The keys that may stand there."""
    model: Any = Policy
    for part in where:
        model = _inside(model, part)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items() if not field.exclude]
    return []


def _inside(model: Any, part: str | int) -> Any:
    """The type of what stands at a key of a table, or at a place of a list."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        return _bare(fields.get(str(part)))
    inner = get_args(model)
    if get_origin(model) is dict and len(inner) > 1:
        return _bare(inner[1])
    return _bare(inner[0]) if inner and isinstance(part, int) else None


def _bare(annotation: Any) -> Any:
    """Without "or None"."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next((one for one in get_args(annotation) if one is not type(None)), None)
    return annotation


# -- what does not fit together --------------------------------------------------------------------


def _found(own: Mapping[str, Any], place: str) -> Where:
    """Where in the file the checks mean by 「routing.steps「重点哨」」 or disputes.quarrels."""
    match = _NAMED.fullmatch(place)
    if match is None:
        parts = place.replace("[", ".").replace("]", "").split(".")
        return tuple(int(part) - 1 if part.isdigit() else part for part in parts)
    path, name, inner, rest = match.groups()
    where: Where = tuple(path.split(".")) if path else ()
    at: Any = own
    for part in where:
        at = at.get(part, {}) if isinstance(at, Mapping) else {}
    number = _named(at, name, inner)
    if number is None:
        return where
    where = (*where, number)
    if inner is not None:
        lists = ((key, _named(value, inner)) for key, value in at[number].items() if isinstance(value, list))
        where += next(((key, found) for key, found in lists if found is not None), ())
    return where + (tuple(rest.split(".")) if rest else ())


def _named(entries: Any, name: str, inner: str | None = None) -> int | None:
    """The place in a list of the last entry of that name; inner: that has a list with such an entry, if any has."""
    if not isinstance(entries, list):
        return None
    of = [number for number, one in enumerate(entries) if isinstance(one, Mapping) and name in _names(one)]
    having = [number for number in of if inner is not None and _has(entries[number], inner)]
    found = having or of
    return found[-1] if found else None


def _has(entry: Mapping[str, Any], inner: str) -> bool:
    return any(_named(value, inner) is not None for value in entry.values())


def _names(entry: Mapping[str, Any]) -> list[str]:
    both = "·".join(str(entry[key]) for key in ("name", "stage") if entry.get(key))
    code = entry.get("code")
    return [str(code)] if code else [both, str(entry.get("name", "")), str(entry.get("level", ""))]
