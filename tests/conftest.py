"""Fixtures shared by all tests."""

import pytest

from nlp.understander import Understander


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-transcripts", action="store_true", help="write what the bot says now into the files")


@pytest.fixture(scope="session")
def understander() -> Understander:
    """The real one, loaded once."""
    return Understander.load()


@pytest.fixture
def updating(request: pytest.FixtureRequest) -> bool:
    """Whether transcripts are rewritten instead of compared."""
    return bool(request.config.getoption("--update-transcripts"))
