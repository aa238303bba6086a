"""The readable specification: every file in tests/transcripts, played through the real program.

What was sent and what the database holds at the end is searched for what must not stand there (scanning.py).
"""

from pathlib import Path

import pytest
from scanning import everything
from structlog.testing import capture_logs
from transcript import run

from nlp.understander import Understander

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))


def test_there_are_transcripts() -> None:
    assert len(FILES) >= 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path, understander: Understander, updating: bool) -> None:
    written = path.read_text(encoding="utf-8")
    misplaced: list[str] = []
    with capture_logs() as logged:
        played = run(written, understander, lambda stage: misplaced.extend(everything(stage, logged)))
    assert not misplaced, "\n".join(misplaced)
    if updating:
        path.write_text(played, encoding="utf-8")
        return
    assert played == written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_transcript_says_what_it_shows(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
