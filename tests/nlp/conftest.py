"""One loaded Understander for all tests of the package: loading takes a second."""

import pytest

from nlp.understander import Understander


@pytest.fixture(scope="session")
def ear() -> Understander:
    return Understander.load()
