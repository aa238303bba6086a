"""Every sentence that the bot says, in Chinese, by key."""

import string
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "zh.toml"


class WordingError(Exception):
    """A wording file cannot be used. str() names the key."""


class Wording:
    """Sentences by dotted key, with {variables}."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = dict(sentences)

    def say(self, key: str, **values: object) -> str:
        """The sentence of that key with its variables filled in. Raises WordingError when there is none."""
        try:
            return self._sentences[key].format(**values)
        except KeyError as error:
            raise WordingError(f"wording {key}: missing {error}") from None

    def name(self, group: str, code: str) -> str:
        """The Chinese name of a code: name("status", "open")."""
        return self.say(f"{group}.{code}")

    def get(self, key: str) -> str | None:
        return self._sentences.get(key)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._sentences)

    def variables(self, key: str) -> frozenset[str]:
        """The names that the sentence of that key wants filled in."""
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self._sentences[key]) if name)


def load_wording(override: Path | None = None) -> Wording:
    """The shipped sentences, with an operator's file laid over them. Raises WordingError."""
    sentences = _flatten(tomllib.loads(FILE.read_text(encoding="utf-8")))
    if override is None:
        return Wording(sentences)
    try:
        own = _flatten(tomllib.loads(override.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WordingError(f"措辞文件 {override.name} 读不了：{error}") from None
    shipped, changed = Wording(sentences), Wording(own)
    for key in own:
        if key not in sentences:
            raise WordingError(f"措辞文件 {override.name} 里的「{key}」不是已有的键")
        unknown = changed.variables(key) - shipped.variables(key)
        if unknown:
            raise WordingError(f"措辞文件 {override.name} 的「{key}」用了没有的变量：{'、'.join(sorted(unknown))}")
    return Wording(sentences | own)


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
