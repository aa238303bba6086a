"""Fixtures of the process side: a browser, the simulator's server over a made-up stage."""

import io
import logging
import shutil
import sys
from collections.abc import Iterator

import pytest
import structlog
from browsing import FLAGS, opened
from playwright.sync_api import Browser, Page, sync_playwright
from simulating import Served

from bot.logs import set_up


# Not for the session: while playwright runs, its event loop holds the thread that other tests use for theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.fail("no Chromium: run `make browser`")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=FLAGS)


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served()
    yield server
    server.stop()


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Page]:
    """The open page over the made-up stage, wide and as on a phone."""
    with opened(browser, f"http://127.0.0.1:{served.port}/", request.param) as page:
        yield page


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the program logs at INFO; to be asked for before the program is built."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    handlers = logging.getLogger().handlers[:]
    set_up("INFO")
    yield written
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
