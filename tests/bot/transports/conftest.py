"""One gateway for all tests here: each channel that connects finds it serving and its messenger as at first."""

import asyncio
from collections.abc import Iterator

import pytest
from gateways import GatewayProcess


@pytest.fixture(scope="session")
def gateway_process() -> Iterator[GatewayProcess]:
    """The process; started by the first who needs it, restarted by whoever kills it."""
    process = GatewayProcess()
    yield process
    process.kill()


@pytest.fixture
def gateway(gateway_process: GatewayProcess) -> GatewayProcess:
    """A real gateway that serves, with a few people and a group."""
    asyncio.run(gateway_process.fresh())
    return gateway_process
