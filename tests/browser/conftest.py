"""A real Chromium in front of a real server: `app_server(script, workspace)` and `page`."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).parents[2]
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge"]
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
ABSENT = "no Chromium found; install one with `playwright install --with-deps chromium` or `apt-get install chromium`"


@dataclass(frozen=True)
class Server:
    """A running app: where it is, and its process."""

    url: str
    pid: int


def chromium_of(playwright: Playwright) -> str | None:
    """Path of a Chromium on this machine, Playwright's own last."""
    own = playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, [*NAMES, own])), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; where there is none the test is skipped, or fails under `AEEXPLORER_REQUIRE_BROWSER=1`."""
    with sync_playwright() as playwright:
        path = chromium_of(playwright)
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
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda problem: problems.append(str(problem)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert problems == []


@pytest.fixture(scope="session")
def app_server() -> Iterator[Callable[..., Server]]:
    """Start `streamlit run script` once for each (script, workspace, base path) and stop all at the end."""
    running: dict[tuple[Path, Path, str], tuple[subprocess.Popen[bytes], Server]] = {}

    def start(script: Path, workspace: Path, base_path: str = "") -> Server:
        if (script, workspace, base_path) not in running:
            running[script, workspace, base_path] = _start(script, workspace, base_path)
        return running[script, workspace, base_path][1]

    yield start
    for process, _ in running.values():
        process.terminate()
        process.wait(30)


def _start(script: Path, workspace: Path, base_path: str) -> tuple[subprocess.Popen[bytes], Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.baseUrlPath": base_path,
        "browser.gatherUsageStats": "false",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script), *(f"--{k}={v}" for k, v in options.items())]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "AEEXPLORER_WORKSPACE": str(workspace),
        "OMP_NUM_THREADS": "1",
    }
    log = workspace / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=workspace, env=environment, stdout=sink, stderr=sink)
    url = f"http://127.0.0.1:{port}/{base_path}".rstrip("/")
    while not _answers(f"{url}/_stcore/health"):
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}:\n{log.read_text()}")
    return process, Server(url, process.pid)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def settle(page: Page) -> None:
    """Wait until the script has run and nothing more is asked of it."""
    page.wait_for_selector(IDLE, timeout=60_000)
