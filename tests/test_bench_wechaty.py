"""The comparison of the Wechaty channel with the stock client runs and loses nothing."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_both_hear_and_answer_everything() -> None:
    command = [sys.executable, "-m", "bench.wechaty", "--smoke", "--clients", "stock", "ours"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert ran.returncode == 0, ran.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in ran.stdout.splitlines()]
    rows = [row for row in rows if len(row) == 10 and row[1] in ("stock", "ours")]
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("burst of 40", "stock", "0", "0"),
        ("burst of 40", "ours", "0", "0"),
        ("50 a second", "stock", "0", "0"),
        ("50 a second", "ours", "0", "0"),
    ]
    assert "wrote" not in ran.stdout
    assert not (ROOT / ".wechaty").exists()
