"""The command line as a process of its own, as people start it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

COMMAND = (str(Path(sys.executable).with_name("xiaoshao")),)
DEADLINE = 60.0
"""Seconds after which a process counts as hanging, on a busy machine too."""


def environment(**settings: str) -> Mapping[str, str]:
    """This process's environment without settings of the program but these."""
    names = (
        "DATABASE_URL",
        "REDIS_URL",
        "MEDIA_DIR",
        "POLICY",
        "WORDING_FILE",
        "XIAOSHAO_WORDING",
        "CHANNELS",
        "ALARM",
        "WEB_HOST",
        "WEB_PORT",
        "LOG_LEVEL",
    )
    return {name: value for name, value in os.environ.items() if name not in names} | settings


def xiaoshao(
    *arguments: object, given: bytes = b"", folder: Path | None = None, **settings: str
) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=given,
        capture_output=True,
        timeout=DEADLINE,
        cwd=folder,
        env=environment(**settings),
        check=False,
    )


@contextmanager
def demo(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running demo on a free port, with its address."""
    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield process, found[0]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
