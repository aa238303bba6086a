"""The demo takes its throw-away folder along, whenever it is told to stop."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import environment

STARTING = """
import sys, threading
import bot.running
from bot.settings import Settings

def never_ends(engine):
    print("here", flush=True)
    threading.Event().wait(60)

bot.running.schema.upgrade = never_ends
bot.running.run_demo(Settings(), "127.0.0.1", 0)
"""
"""The demo, stopped between making its folder and listening to its signals."""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_stopped_while_it_starts_leaves_no_folder(tmp_path: Path, sign: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(TMPDIR=str(tmp_path)),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        assert [name.startswith("xiaoshao-demo-") for name in os.listdir(tmp_path)] == [True]
        process.send_signal(sign)
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert os.listdir(tmp_path) == []
