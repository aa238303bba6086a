"""One loaded Understander for all tests of the package: loading takes a second."""

from collections.abc import Iterator

import pytest

from nlp.understander import Understander


@pytest.fixture(scope="session")
def ear() -> Iterator[Understander]:
    yield Understander.load()
