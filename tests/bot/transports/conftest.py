"""One gateway for all tests of a module: each channel that connects finds it as the last one left it."""

import asyncio
from collections.abc import Iterator

import pytest
from gateways import GatewayProcess


@pytest.fixture(scope="module")
def gateway() -> Iterator[GatewayProcess]:
    """A real gateway that serves, with a few people and a group."""
    process = GatewayProcess()
    try:
        asyncio.run(process.start())
        yield process
    finally:
        process.kill()
