"""Fixtures shared by all tests."""

from collections.abc import Iterator

import pytest
import structlog
from databases import empty_engine, engine, postgres, postgres_engine, sqlite_engine  # noqa: F401  (fixtures)
from hypothesis import settings

from nlp.understander import Understander

# The same examples at every run, on fast and on slow machines alike.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-transcripts", action="store_true", help="write what the bot says now into the files")


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """Whoever sets the logs up writes to a stream of his test, which is closed when the next test logs."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def understander() -> Understander:
    """The real one, loaded once."""
    return Understander.load()


@pytest.fixture
def updating(request: pytest.FixtureRequest) -> bool:
    """Whether transcripts are rewritten instead of compared."""
    return bool(request.config.getoption("--update-transcripts"))
