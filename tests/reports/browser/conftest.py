"""A real browser, one for all tests of a file, and every page of this project in it."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from made_pages import Pages, make

from reports import serve

CHROMIUM = "/usr/bin/chromium"
QUIET = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update")
"""A browser that does what it is told, and nothing of its own."""


@pytest.fixture(scope="module")
def browser_tab() -> Iterator[Any]:
    """A tab of Debian's Chromium, driven by Playwright, whose own downloads are never used.

    Not for longer than it is needed: as long as Playwright is there, this thread has a running event loop.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (the dev extra)")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"needs Debian's chromium as {CHROMIUM}")
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        tab = started.new_page()
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("requestfailed", lambda request: tab.complaints.append(request.url))
        tab.on("request", lambda request: tab.requests.append(request.url))
        yield tab
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Every page, as a file and, for two of them, from the server."""
    made = make(tmp_path_factory.mktemp("pages"))
    with serve.make(made.folder, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        made.addresses["index"] = serve.address(server)
        made.addresses["served"] = f"{serve.address(server)}conformance/results.json?page"
        yield made
        server.shutdown()
        thread.join()
