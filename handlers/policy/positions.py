"""On which line of a TOML file each key stands. tomllib says what a file holds, and nothing of where.

Only for text that tomllib has read: what is wrong with the form of a file is tomllib's to say.
"""

import re
from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]
"""Keys and places in lists, from the outside in."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_PLAIN = re.compile(r"[^\s,\]}#]+(?: (?=\d\d:)[^\s,\]}#]+)?")
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_CLOSING = {
    '"""': re.compile(r'(?:[^\\]|\\.)*?"""(?!")|(?:[^\\]|\\.)*?"""', re.DOTALL),
    "'''": re.compile(r"(?:.*?)'''(?!')", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]|\\.)*"'),
    "'": re.compile(r"[^']*'"),
}


def lines_of(text: str) -> Mapping[Path, int]:
    """The line, from 1, of each table, key and element of a list."""
    return _Finder(text).found


def nearest(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of the path, or of what it lies in; None: of nothing that the file says."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


class _Finder:
    """Walks over the text once."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._number, self._counted = 1, 0
        self.found: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}  # of [[lists of tables]]: how many elements so far
        self._document()

    # -- the text -------------------------------------------------------------------------------

    def _line(self) -> int:
        self._number += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._number

    def _pass(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match is not None, "tomllib has read it"
        self._at = match.end()
        return match[0]

    def _is(self, sign: str) -> bool:
        """Whether the sign stands here; passes it."""
        here = self._text.startswith(sign, self._at)
        self._at += len(sign) * here
        return here

    def _note(self, path: Path, line: int) -> None:
        for end in range(1, len(path) + 1):
            self.found.setdefault(path[:end], line)

    # -- what it says ---------------------------------------------------------------------------

    def _document(self) -> None:
        table: Path = ()
        self._at += self._text.startswith("\ufeff")
        while True:
            self._pass(_SPACE)
            if self._at >= len(self._text):
                return
            line = self._line()
            if self._is("[["):
                table = self._inside(self._keys())
                self._counts[table] = self._counts.get(table, -1) + 1
                self._note((*table, self._counts[table]), line)
                table = (*table, self._counts[table])
                self._pass(re.compile(r"\]\]"))
            elif self._is("["):
                table = self._inside(self._keys())
                self._note(table, line)
                self._pass(re.compile(r"\]"))
            else:
                self._pair(table)

    def _inside(self, keys: Path) -> Path:
        """The path of a header: behind the name of a list of tables, its last element is meant."""
        path: Path = ()
        for key in keys[:-1]:
            path = (*path, key)
            if path in self._counts:
                path = (*path, self._counts[path])
        return (*path, keys[-1])

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = (*table, *self._keys())
        self._note(path, line)
        self._pass(re.compile(r"="))
        self._value(path)

    def _keys(self) -> Path:
        keys: list[str | int] = []
        while True:
            self._pass(_BLANK)
            quote = next((sign for sign in "\"'" if self._is(sign)), "")
            keys.append(_plain(self._pass(_CLOSING[quote])[:-1], quote) if quote else self._pass(_BARE))
            self._pass(_BLANK)
            if not self._is("."):
                return tuple(keys)

    def _value(self, path: Path) -> None:
        self._pass(_BLANK)
        if self._is("["):
            for place in self._elements("]"):
                self._note((*path, place), self._line())
                self._value((*path, place))
        elif self._is("{"):
            for _ in self._elements("}"):
                self._pair(path)
        else:
            quote = next((sign for sign in _CLOSING if self._is(sign)), "")
            self._pass(_CLOSING[quote] if quote else _PLAIN)
            while quote in ('"""', "'''") and self._is(quote[0]):
                pass  # one or two more may belong to the string

    def _elements(self, end: str) -> Iterator[int]:
        place = 0
        while True:
            self._pass(_SPACE)
            if self._is(end):
                return
            yield place
            self._pass(_SPACE)
            self._is(",")
            place += 1


def _plain(key: str, quote: str) -> str:
    """A quoted key as tomllib names it."""
    if quote == "'":
        return key
    return _ESCAPED.sub(lambda found: _escape(found[1]), key)


def _escape(said: str) -> str:
    return chr(int(said[1:], 16)) if said[0] in "uU" else _ESCAPES.get(said, said)
