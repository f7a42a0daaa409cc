"""The server in a real browser: errors are sentences, other names do not get in, and closed tabs give back what they held."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FLAGS
from tests.browser.serving import Server, chromium_of, settle

pytestmark = pytest.mark.xdist_group("browser")
FAILING = Path(__file__).with_name("failing_app.py")


@pytest.fixture
def failing(app_server: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The app that fails at will."""
    folder = tmp_path_factory.getbasetemp() / "failing"
    folder.mkdir(exist_ok=True)
    return app_server(FAILING, folder)


@pytest.fixture
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What that app has logged."""
    return tmp_path_factory.getbasetemp() / "failing" / "server.log"


def expect_sentence(page: Page, log: Path) -> None:
    """Expect an error as a sentence with an id that the log explains, and nothing else of it."""
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("Something went wrong on this page")
    error_id = re.search(r"under error ([0-9a-f]{8})", alert.inner_text())
    assert error_id is not None
    text = page.inner_text("body")
    assert not re.search(r"Traceback|KeyError|Reconstructions|Ask Google|Ask ChatGPT|\.py", text)
    assert page.get_by_test_id("stException").count() == 0
    assert f"error {error_id[1]}" in log.read_text()


@pytest.mark.parametrize("where", ["callback", "fragment"])
def test_an_error_after_a_click_is_a_sentence(page: Page, failing: Server, log: Path, where: str) -> None:
    page.goto(failing.url)
    settle(page)
    page.get_by_role("button", name=f"Fail in a {where}").click()
    expect_sentence(page, log)


def test_an_error_of_a_page_is_a_sentence_and_reload_starts_anew(page: Page, failing: Server, log: Path) -> None:
    page.goto(f"{failing.url}/?fail=1")
    settle(page)
    expect_sentence(page, log)
    expect(page.get_by_text("visit 1")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Reload").click()
    settle(page)
    assert page.url.endswith("?fail=1")
    expect(page.get_by_text("visit 1")).to_be_visible()  # a new session


def test_a_rebound_name_gets_nothing(browser: Browser, failing: Server) -> None:
    rebound = browser.browser_type.launch(
        executable_path=chromium_of(browser.browser_type), args=[*FLAGS, "--host-resolver-rules=MAP evil.example 127.0.0.1"]
    )
    try:
        page = rebound.new_page()
        port = failing.url.rpartition(":")[2]
        answer = page.goto(f"http://evil.example:{port}/")
        assert answer is not None
        assert answer.status == 403
        assert "does not answer to the name evil.example" in answer.text()
        opened = page.evaluate(
            """(url) => new Promise((done) => {
                const socket = new WebSocket(url, ["streamlit"]);
                socket.onopen = () => done("open"); socket.onerror = () => done("refused");
            })""",
            f"ws://127.0.0.1:{port}/_stcore/stream",
        )
        assert opened == "refused"
    finally:
        rebound.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_closed_tabs_give_their_file_descriptors_back(browser: Browser, failing: Server) -> None:
    descriptors = Path(f"/proc/{failing.process.pid}/fd")
    page = browser.new_page()
    page.goto(failing.url)
    settle(page)
    before = len(list(descriptors.iterdir()))
    for _ in range(8):
        page.reload()
        settle(page)
    # each session that stays would hold three
    assert len(list(descriptors.iterdir())) <= before + 6
    page.context.close()
