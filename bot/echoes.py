"""Which of the posts whose fate is unknown an echo belongs to.

A post is known by where it went and by a salted hash of its words, so that neither is kept longer than before.
"""

import hashlib
import secrets
import unicodedata
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.transports.base import Echo, Post

MOST = 2000
"""Posts that are waited for; each echo takes one, so that there are more only where a channel echoes nothing."""
KEPT = timedelta(hours=1)
"""How long an echo may be late."""

_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Awaited:
    row: int
    place: _Place
    mark: str
    at: datetime


class Echoes:
    """The posts of one account in the order in which they were given to the channel.

    What was sent for sure waits for its echo too: of two posts alike the first echo is the first one's.
    """

    def __init__(self) -> None:
        self._awaited: deque[_Awaited] = deque(maxlen=MOST)

    def expect(self, post: Post) -> str | None:
        """A post is given to the channel; returns the mark to keep with its row, None: it goes to no known place."""
        place = _place(post.room, post.to)
        if place is None:
            return None
        mark = _marked(post.text, secrets.token_hex(8))
        self._awaited.append(_Awaited(post.row, place, mark, post.at))
        return mark

    def remember(self, row: int, room: str | None, to: str | None, mark: str, at: datetime) -> None:
        """At start: a post that was given to the channel by an earlier process."""
        place = _place(room, to)
        if place is not None:
            self._awaited.append(_Awaited(row, place, mark, at))

    def forget(self, row: int) -> None:
        """The channel refused the post: the try comes back from nowhere."""
        last = next((one for one in reversed(self._awaited) if one.row == row), None)
        if last is not None:
            self._awaited.remove(last)

    def match(self, echo: Echo) -> int | None:
        """The row of the oldest post that the echo may be of, which waits no longer; None: there is none."""
        while self._awaited and self._awaited[0].at < echo.at - KEPT:
            self._awaited.popleft()
        place = _place(echo.room, echo.to)
        for one in self._awaited:
            if one.place == place and one.mark == _marked(echo.text, one.mark.partition(":")[0]):
                self._awaited.remove(one)
                return one.row
        return None


def _place(room: str | None, to: str | None) -> _Place | None:
    if room is not None:
        return "room", room
    return None if to is None else ("to", to)


def _marked(text: str, salt: str) -> str:
    """Salt and hash of words as channels give them back: they change spaces and line ends."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    digest = hashlib.sha256(f"{salt}\x1f{plain}".encode()).hexdigest()
    return f"{salt}:{digest}"
