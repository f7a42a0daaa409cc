"""Linked charts by keyboard, for screen readers and under fingers."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.linked_data import samples
from tests.browser.serving import Server, wait_until
from tests.browser.test_linked import APP, COUNT, Charts, opened

pytestmark = pytest.mark.xdist_group("browser")
FIGURE = '[data-chart="map"]'


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture
def server(app_server: Callable[..., Server], workspace: Path) -> Server:
    return app_server(APP, workspace)


def test_keys_go_from_sample_to_sample_and_are_spoken(page: Page, server: Server) -> None:
    charts = opened(page, server.url, "map,codes")
    data = samples(COUNT)
    figure = page.locator(FIGURE)
    said = figure.get_attribute("aria-label") or ""
    assert said.startswith(f"Latent map. {COUNT} points, each a sample. 11 groups: ")
    assert "showing 200 of 200" in said
    page.get_by_role("textbox").focus()
    figure.focus()
    assert figure.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"

    row = int(np.argmax(data.xyz[:, 0]))
    page.keyboard.press("ArrowRight")
    for _ in range(COUNT):
        before = figure.evaluate("node => node.querySelector('.aex-points').layer.chosen.list[0]")
        if before == data.ids[row]:
            break
        page.keyboard.press("ArrowRight")
        after = figure.evaluate("node => node.querySelector('.aex-points').layer.chosen.list[0]")
        if after == before:
            break
        places = {int(sample): x for sample, x in zip(data.ids, data.xyz[:, 0], strict=True)}
        assert places[after] > places[before]
    charts.shows(np.array([after]))
    assert figure.locator(".aex-spoken").inner_text() == "1 sample selected"
    card = page.locator(f"{FIGURE} .aex-card:visible")
    card.wait_for()
    assert (card.get_attribute("data-url") or "").endswith(f"/samples/{after}/card.png")
    page.keyboard.press("Enter")
    page.get_by_text(f"clicked {after} None").wait_for()
    page.keyboard.press("Escape")
    charts.shows(np.empty(0))
    assert not card.count()
    assert figure.locator(".aex-spoken").inner_text() == "Nothing selected"
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Find"


def test_pictures_for_print(page: Page, server: Server) -> None:
    page.add_init_script("window.print = () => { window.top.printed = document.querySelector('img').naturalWidth; }")
    charts = opened(page, server.url, "map,codes")
    plot = page.locator(f"{FIGURE} .aex-plot").bounding_box()
    assert plot is not None

    def saved(name: str) -> bytes:
        page.locator(FIGURE).hover()
        with page.expect_download() as found:
            page.locator(f'{FIGURE} [data-title="{name}"]').click()
        return Path(found.value.path()).read_bytes()

    picture = Image.open(io.BytesIO(saved("Download PNG")))
    assert picture.width == 4 * round(plot["width"])
    wanted = (0x00, 0x72, 0xB2)  # of the label 0
    near = np.abs(np.asarray(picture.convert("RGB")).astype(int) - wanted).max(2) < 30
    assert near.sum() > 200
    assert saved("Download SVG").count(b'class="point"') >= COUNT
    page.locator(FIGURE).hover()
    page.locator(f'{FIGURE} [data-title="Print or save as PDF"]').click()
    wait_until(page, "(width) => window.printed === width", arg=round(plot["width"]))
    assert charts.state("map")["points"]


def test_fingers_lasso_tap_and_zoom(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, has_touch=True)
    charts = opened(context.new_page(), server.url, "map,codes")
    page, data = charts.page, samples(COUNT)
    send = context.new_cdp_session(page).send

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    row = int(np.argmax(data.xyz[:, 0]))
    page.touchscreen.tap(*charts.pixels("map", *data.xyz[row, :2]))
    page.get_by_text(f"clicked {data.ids[row]} None").wait_for()
    page.wait_for_selector(f'{FIGURE} .aex-card[data-url$="/samples/{data.ids[row]}/card.png"]')

    wide = np.ptp(charts.state("map")["xrange"])
    x, y = charts.pixels("map", 0, 0)
    touch("touchStart", (x - 20, y))
    touch("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 6):
        touch("touchMove", (x - 20 - 4 * step, y), (x + 20 + 4 * step, y))
    page.wait_for_timeout(100)
    touch("touchEnd")
    wait_until(
        page,
        f"(wide) => {{ const [a, b] = document.querySelector('{FIGURE} .aex-plot')._fullLayout.xaxis.range;"
        " return (b - a) < 0.6 * wide && (b - a) > 0.4 * wide; }",
        arg=wide,
    )
    page.wait_for_timeout(500)
    assert page.get_attribute(FIGURE, "data-selected") == ""

    lasso(charts, touch)
    page.wait_for_selector(f'{FIGURE}[data-selected]:not([data-selected=""])')
    context.close()


def lasso(charts: Charts, touch: Callable[..., None]) -> None:
    """With one finger, around all that is in sight."""
    box = charts.page.locator(f"{FIGURE} .nsewdrag").first.bounding_box()
    assert box is not None
    left, right, top, low = box["x"] + 8, box["x"] + box["width"] - 8, box["y"] + 8, box["y"] + box["height"] - 8
    touch("touchStart", (left, top))
    for share in np.linspace(0, 1, 8):
        touch("touchMove", (left + share * (right - left), top))
    for share in np.linspace(0, 1, 8):
        touch("touchMove", (right, top + share * (low - top)))
    for share in np.linspace(0, 1, 8):
        touch("touchMove", (right - share * (right - left), low))
    touch("touchEnd")
