"""A process of the bot over an SQLite file that kills itself at a chosen point. Run by test_crash.py.

    python crashing_process.py FILE SENT POINT TEXT

SENT is the channel: a line for each post that arrived there. POINT is where the process dies.
"""

import os
import signal
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[0]), str(Path(__file__).parents[1])]

from plain import plain_app  # noqa: E402  (the folder of the tests must be on the path first)
from worlds import ACCOUNT, after  # noqa: E402

from bot.transports.base import Post, Sent  # noqa: E402
from models.engine import open_engine  # noqa: E402
from models.message import Message  # noqa: E402
from models.uow import UnitOfWork  # noqa: E402


def die() -> None:
    """As by kill -9 or the power cord: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def deliver(sent: Path, post: Post) -> Sent:
    """The channel: what stands in its file has arrived."""
    with sent.open("a", encoding="utf-8") as file:
        file.write(f"{post.row}\t{post.kind.value}\t{post.doubled}\n")
    return Sent(f"sent-{post.row}")


def main(file: str, sent: Path, point: str, text: str) -> None:
    shard = plain_app(open_engine(f"sqlite:///{file}"), (ACCOUNT,)).shards[ACCOUNT]
    shard.start(after(0))
    shard.beat(after(1))
    message = Message("m1", ACCOUNT, "r1", "王阿姨", text, after(2), sender_name="王阿姨")
    if point == "before the commit":
        UnitOfWork.commit = lambda uow: (uow.flush(), die())  # type: ignore[method-assign, assignment]
    if text:
        shard.handle(message, after(2))
        shard.handle(message, after(2))
    if point == "after the commit":
        die()
    while (post := shard.relay.take(after(2))) is not None:
        if point == "before sending":
            die()
        outcome = deliver(sent, post)
        if point == "after sending":
            die()
        shard.relay.settle(post, outcome, after(2))
        if point == "after settling":
            die()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
