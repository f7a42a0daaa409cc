"""Serving an app to a browser: for the fixtures of `conftest.py`, and waiting for the page."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Page

ROOT = Path(__file__).parents[2]
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge"]


@dataclass(frozen=True)
class Server:
    """A running app: where it is, and its process."""

    url: str
    process: subprocess.Popen[bytes]


def chromium_of(kind: BrowserType) -> str | None:
    """Path of a Chromium on this machine, Playwright's own last."""
    return next(filter(None, map(shutil.which, [*NAMES, kind.executable_path])), None)


def start(script: Path, workspace: Path, base_path: str) -> Server:
    """Run `streamlit run script` on a free port, below `base_path`, and wait until it answers."""
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
    return Server(url, process)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def settle(page: Page) -> None:
    """Wait until the script has run and nothing more is asked of it."""
    page.wait_for_selector(IDLE, timeout=60_000)


def wait_until(page: Page, condition: str, arg: object = None) -> None:
    """Wait until a function in JavaScript is true of the page.

    Playwright's own `wait_for_function` evaluates texts inside the page, which its content security policy forbids.
    """
    for _ in range(300):
        if page.evaluate(condition, arg):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"this does not become true: {condition}")
