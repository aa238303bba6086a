"""Ours against the stock client on a real gateway: python -m bench.wechaty [--smoke] [--seconds N] [--freeze N].

Each client runs in a process of its own against its own gateway (tests/gateway, from npm) and answers every twentieth
message: 50 a second for --seconds, then bursts of 500 and of 5,000 as fast as the gateway puts them. `stock` is the
`wechaty` package as its documentation uses it, `ours` the channel, `stubs` bare calls, 32 at a time, with nothing
around them: the ceiling. --freeze stops the gateway for so long and looks how ours comes back, with its defaults.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.output import headline, keep
from bench.wechaty_client import CLIENTS, EVERY, client

TESTS = Path(__file__).parents[1] / "tests"
RATE = 50
BURSTS = (500, 5000)
QUIET = 10.0
"""Seconds without a message or an answer after which what is missing counts as lost."""
ROOMS = [f"{number}@chatroom" for number in range(50)]


@dataclass(frozen=True, slots=True)
class Figures:
    """One load on one client. Milliseconds from the gateway's telling to its being asked to send the answer."""

    client: str
    load: str
    count: int
    lost: int
    unanswered: int
    p50: float
    p99: float
    rate: float
    megabytes: float


class Client:
    """A client in a process of its own."""

    def __init__(self, name: str, port: int, token: str) -> None:
        # Stock makes a folder where it runs.
        self._folder = tempfile.TemporaryDirectory(prefix="xiaoshao-bench-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.wechaty", "--client", name, "--port", str(port)],
            cwd=self._folder.name,
            env=os.environ | {"PYTHONPATH": str(TESTS.parent), "BENCH_TOKEN": token},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    async def line(self, seconds: float = 60) -> Any:
        """What it says next."""
        assert self._process.stdout is not None
        text = await asyncio.wait_for(asyncio.to_thread(self._process.stdout.readline), seconds)
        if not text:
            raise RuntimeError("the client ended")
        return json.loads(text)

    async def heard(self) -> int:
        """How many messages it has heard."""
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return int((await self.line())["heard"])

    def megabytes(self) -> float:
        """The most memory it ever had resident."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def end(self) -> None:
        """Kill it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
        self._folder.cleanup()


async def load(gateway: Any, one: Client, name: str, count: int, rate: int | None) -> Figures:
    """Put so many messages and wait until all are answered, or nothing moves any more."""
    heard_before, sent_before = await one.heard(), (await gateway.do("state"))["sent"]
    began = time.perf_counter()
    put = await gateway.do("burst", count=count, rooms=ROOMS, **{"from": "li"}, text="第 {n} 号", rate=rate)
    expected, moved, last = (count + EVERY - 1) // EVERY, time.perf_counter(), (0, 0)
    while time.perf_counter() - moved < QUIET:
        now = (await one.heard() - heard_before, (await gateway.do("state"))["sent"] - sent_before)
        if now != last:
            last, moved = now, time.perf_counter()
        if now[0] >= count and now[1] >= expected:
            break
        await asyncio.sleep(0.05)
    answers = await gateway.do("sent", **{"from": sent_before})
    waits = sorted(answer["at"] - put[int(answer["text"].split()[-1])] for answer in answers)
    return Figures(
        client=name,
        load=f"{rate} a second" if rate else f"burst of {count:,}",
        count=count,
        lost=count - last[0],
        unanswered=expected - last[1],
        p50=waits[len(waits) // 2] if waits else float("nan"),
        p99=waits[min(len(waits) - 1, int(len(waits) * 0.99))] if waits else float("nan"),
        rate=last[0] / (moved - began),
        megabytes=one.megabytes(),
    )


async def compare(names: Sequence[str], seconds: float, bursts: Sequence[int]) -> list[Figures]:
    """Every load on every client, one after the other."""
    from gateways import TOKEN, gateway_running

    figures = []
    for name in names:
        async with gateway_running() as gateway:
            for room in ROOMS:
                await gateway.do("room", id=room, members=["li", "bot"])
            one = Client(name, gateway.port, TOKEN)
            try:
                assert (await one.line())["ready"]
                figures.append(await load(gateway, one, name, int(RATE * seconds), RATE))
                for burst in bursts:
                    figures.append(await load(gateway, one, name, burst, None))
            finally:
                one.end()
    return figures


async def freeze(seconds: float) -> str:
    """Stop the gateway for so long; when it was noticed, and how long after its return the channel hears again."""
    from gateways import ROOM, gateway_running, listening

    from bot.transports.base import LoggedIn, Outage
    from bot.transports.wechaty import Patience
    from models.message import Message

    async with gateway_running() as gateway, listening(gateway, Patience()) as ear:
        before, stopped = len(ear.events), time.perf_counter()
        assert ear.transport._parts is not None
        up = ear.transport._parts.supervisor.up
        gateway.signal(signal.SIGSTOP)
        noticed = float("nan")
        while time.perf_counter() - stopped < seconds:
            await asyncio.sleep(0.05)
            if not up.is_set() and noticed != noticed:
                noticed = time.perf_counter() - stopped
        gateway.signal(signal.SIGCONT)
        resumed = time.perf_counter()
        await ear.wait(LoggedIn, after=before)
        said = await gateway.say("又来了", room=ROOM)
        await ear.wait(Message, lambda one: one.id == said, after=before)
        back = time.perf_counter() - resumed
        gaps = [one for one in ear.events[before:] if isinstance(one, Outage)]
    length = sum((gap.until - gap.since).total_seconds() for gap in gaps)
    return (
        f"Gateway stopped for {seconds:.0f} s: noticed after {noticed:.1f} s, heard again {back:.1f} s after its "
        f"return, told as {len(gaps)} gap(s) of {length:.0f} s altogether."
    )


def report(figures: Sequence[Figures], frozen: str | None) -> str:
    """The table, as Markdown that is also readable on a terminal."""
    lines = [
        headline(),
        "",
        f"Every {EVERY}th message is answered. ms from the gateway's telling a message to its being asked to send the "
        "answer; MB: the most ever resident in the client.",
        "",
        "| load | client | messages | lost | unanswered | p50 ms | p99 ms | a second | MB | rate ÷ stock |",
        "| :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    stock = {one.load: one for one in figures if one.client == "stock"}
    for one in sorted(figures, key=lambda one: (one.count, one.load)):
        base = stock.get(one.load)
        ratio = "–" if base is None or not base.rate else f"{one.rate / base.rate:.2f}"
        lines.append(
            f"| {one.load} | {one.client} | {one.count:,} | {one.lost} | {one.unanswered} | {one.p50:,.0f} | "
            f"{one.p99:,.0f} | {one.rate:,.0f} | {one.megabytes:.0f} | {ratio} |"
        )
    return "\n".join([*lines, "", *([frozen, ""] if frozen else [])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="of 50 messages a second")
    parser.add_argument("--bursts", type=int, nargs="*", default=list(BURSTS))
    parser.add_argument("--clients", nargs="*", choices=CLIENTS, default=list(CLIENTS))
    parser.add_argument("--freeze", type=float, help="seconds to stop the gateway for, too")
    parser.add_argument("--smoke", action="store_true", help="a few messages, to see that it works")
    parser.add_argument("--write", action="store_true", help="keep the table in bench/results/")
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        asyncio.run(client(options.client, options.port, os.environ["BENCH_TOKEN"]))
        return
    sys.path.insert(0, str(TESTS))
    seconds, bursts = (1.0, [40]) if options.smoke else (options.seconds, options.bursts)
    figures = asyncio.run(compare(options.clients, seconds, bursts))
    frozen = asyncio.run(freeze(options.freeze)) if options.freeze else None
    text = report(figures, frozen)
    print(text, end="")
    if options.write:
        keep("wechaty", "Wechaty", text)


if __name__ == "__main__":
    main()
