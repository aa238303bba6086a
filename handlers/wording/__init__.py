"""Every sentence that the bot says, in Chinese, by key."""

from collections.abc import Mapping
from pathlib import Path

from handlers.wording.checking import FILE, check, shipped, variables

__all__ = ["FILE", "Wording", "WordingError", "load_wording", "shipped"]


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

    def with_own(self, sentences: Mapping[str, str]) -> "Wording":
        """These sentences with others laid over them."""
        return Wording(self._sentences | dict(sentences))

    def get(self, key: str) -> str | None:
        return self._sentences.get(key)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._sentences)

    def variables(self, key: str) -> frozenset[str]:
        """The names that the sentence of that key wants filled in."""
        return variables(self._sentences[key])


def load_wording(override: Path | None = None) -> Wording:
    """The shipped sentences, with an operator's file laid over them. Raises WordingError with all that is wrong."""
    sentences = shipped()
    if override is None:
        return Wording(sentences)
    own, findings = check(override, sentences)
    faults = [str(finding) for finding in findings if finding.bad]
    if faults:
        raise WordingError("\n".join(f"措辞文件 {override.name} {fault}" for fault in faults))
    return Wording(sentences | own)
