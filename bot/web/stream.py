"""The one server-sent event stream of a page.

A push of the stage only says that something is new; what is new is read from the stage when it is written. So a slow
page never has a growing queue behind it, many pushes become one, and nothing is lost or sent twice:
bubbles follow a cursor, tickets are compared with what this page was last told.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.web.scene import Json, bubble_json, dumps, local, ticket_json, village_json
from bot.web.stage import Bubble, Event, Stage

HEARTBEAT = 15.0  # seconds; finds pages that went away without a word, and moves a running clock

log = logging.getLogger(__name__)


class Stream:
    """What one page has been told, and what it must be told next."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._zone = ZoneInfo(stage.zone)
        self._news: set[str] = set()
        self._wake = asyncio.Event()
        self._last_bubble = _last_id(stage.bubbles())
        self._minute = ""
        self._board: dict[str, Json] = {}
        self._numbers: list[str] = []

    async def listen(self, pushes: AsyncIterator[Event]) -> None:
        """Note the kinds of the stage's pushes until it ends."""
        async for push in pushes:
            self._news.add(push.kind)
            self._wake.set()

    async def write(self, response: web.StreamResponse) -> None:
        """Send news as it comes. Returns when the page is gone."""
        with contextlib.suppress(ConnectionError):
            # The page asks for the scene once the stream is open, so nothing falls between the two.
            await response.write(b"retry: 1000\n\n")
            while True:
                try:
                    await asyncio.wait_for(self._wake.wait(), HEARTBEAT)
                except TimeoutError:
                    await response.write(b": still here\n\n")
                self._wake.clear()
                news, self._news = self._news, set()
                for kind, data in [*self._told(news), *await self._board_news(news)]:
                    await response.write(b"event: %s\ndata: %s\n\n" % (kind.encode(), dumps(data)))

    def _told(self, news: set[str]) -> Iterator[tuple[str, Json]]:
        if "rooms" in news:
            yield "rooms", village_json(self._stage)
        now = local(self._stage.now(), self._zone)
        if "clock" in news or now[:16] != self._minute:
            self._minute = now[:16]
            yield "clock", {"now": now}
        # Looked at on every wake: a bubble is never late because its push was merged with another.
        for bubble in after(self._stage.bubbles(), self._last_bubble):
            self._last_bubble = bubble.id
            yield "bubble", bubble_json(bubble, self._zone)

    async def _board_news(self, news: set[str]) -> list[tuple[str, Json]]:
        """The tickets that differ from what this page knows, and the order of all."""
        if "board" not in news:
            return []
        board = {ticket.number: ticket_json(ticket, self._zone) for ticket in await self._stage.board()}
        changed = [ticket for number, ticket in board.items() if self._board.get(number) != ticket]
        numbers = list(board)
        if not changed and numbers == self._numbers:
            return []
        self._board, self._numbers = board, numbers
        return [("board", {"numbers": numbers, "changed": changed})]


def after(bubbles: Sequence[Bubble], last: str | None) -> list[Bubble]:
    """The bubbles behind the one called last; all, when it is no longer kept (the page drops what it knows)."""
    fresh: list[Bubble] = []
    for bubble in reversed(bubbles):
        if bubble.id == last:
            break
        fresh.append(bubble)
    return fresh[::-1]


def _last_id(bubbles: Sequence[Bubble]) -> str | None:
    return bubbles[-1].id if bubbles else None


async def serve(request: web.Request, stage: Stage, stopping: asyncio.Event) -> web.StreamResponse:
    """Keep one page up to date until it leaves, the stage ends or the server stops."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    stream = Stream(stage)
    pushes = stage.subscribe()
    # The subscription begins before the page learns that the stream is open.
    listening = asyncio.create_task(stream.listen(pushes))
    await response.prepare(request)
    tasks = [listening, asyncio.create_task(stream.write(response)), asyncio.create_task(stopping.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                # The page opens a new stream by itself; the cause must not get lost with this one.
                log.error("a page's stream ended", exc_info=outcome)
        if (close := getattr(pushes, "aclose", None)) is not None:
            await close()
    return response
