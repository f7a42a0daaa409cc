"""A real Chromium in front of a real server: `app_server(script, workspace)` and `page`."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.serving import Server, chromium_of, start

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
ABSENT = "no Chromium found; install one with `playwright install --with-deps chromium` or `apt-get install chromium`"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; where there is none the test is skipped, or fails under `AEEXPLORER_REQUIRE_BROWSER=1`."""
    with sync_playwright() as playwright:
        path = chromium_of(playwright.chromium)
        if path is None:
            if os.environ.get("AEEXPLORER_REQUIRE_BROWSER") == "1":
                pytest.fail(ABSENT)
            pytest.skip(ABSENT)
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh window (1400 by 1000); the test fails if the page raised or logged an error."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(15_000)
    opened = context.new_page()
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    opened.on("console", note)
    yield opened
    context.close()
    assert problems == []


@pytest.fixture(scope="session")
def app_server() -> Iterator[Callable[..., Server]]:
    """Start `streamlit run script` once for each (script, workspace, base path) and stop all at the end."""
    running: dict[tuple[Path, Path, str], Server] = {}

    def serve(script: Path, workspace: Path, base_path: str = "") -> Server:
        if (script, workspace, base_path) not in running:
            running[script, workspace, base_path] = start(script, workspace, base_path)
        return running[script, workspace, base_path]

    yield serve
    for server in running.values():
        server.process.terminate()
        server.process.wait(30)
