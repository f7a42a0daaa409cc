"""Every page as it looks, light and dark, on a laptop and on a projector: pictures to look at, kept in `.screens/`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.demo import install_demo
from tests.browser.serving import ROOT, Server, settle, wait_until

pytestmark = pytest.mark.xdist_group("browser")
SCREENS = ROOT / ".screens"
SIZES = {"laptop": (1440, 900), "projector": (1280, 720)}
UNDRAWN = ".aex-linked:not([data-drawn])"
FITS = """() => document.scrollingElement.scrollWidth <= innerWidth
  && ![...document.querySelectorAll("button, label, [role=tab], .stMetric, h1, h2, h3")].some((node) => (
    node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1 && !node.closest("[role=tablist]")))"""


def test_every_page_fits_its_window(page: Page, app_server: Callable[..., Server], tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    first, second = install_demo(workspace)
    url = app_server(ROOT / "app.py", workspace.root).url
    SCREENS.mkdir(exist_ok=True)
    for name, path in {
        "explore": "",
        "explore-codebook": f"?run={first.id}&panel=codebook",
        "data": "data",
        "data-set": f"data?dataset={first.config.dataset}",
        "train": f"train?dataset={first.config.dataset}",
        "train-run": f"train?run={first.id}",
        "runs": f"runs?run={first.id}",
        "compare": f"compare?runs={first.id},{second.id}",
        "search": f"search?dataset={first.config.dataset}",
    }.items():
        page.goto(f"{url}/{path}")
        page.wait_for_selector("[data-testid=stMainBlockContainer] [data-testid=stElementContainer]")
        settle(page)
        wait_until(page, "(waiting) => !document.querySelector(waiting)", arg=UNDRAWN)
        assert not page.locator("[data-testid=stException]").count(), name
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_timeout(300)
                wait_until(page, FITS)
                page.screenshot(path=SCREENS / f"{name}-{scheme}-{size}.png")
