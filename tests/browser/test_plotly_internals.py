"""What the charts use of Plotly besides its public functions is still there, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from aeexplorer.routes.plotlyjs import LINKED_NAME
from tests.browser.serving import Server
from tests.browser.test_linked import APP

pytestmark = pytest.mark.xdist_group("browser")

CALL = """async ([address, key, name, argument]) => {
  const internals = await import(address);
  const plot = document.querySelector(`[data-chart="${key}"] .aex-plot`);
  return internals[name](plot, argument);
}"""
TRACES = """async ([address, key]) => {
  const { drawnTraces } = await import(address);
  return drawnTraces(document.querySelector(`[data-chart="${key}"] .aex-plot`)).length;
}"""
AXES = """async ([address, key]) => {
  const { axesOf } = await import(address);
  const plot = document.querySelector(`[data-chart="${key}"] .aex-plot`);
  return axesOf(plot).map((axis) => {
    const { range, offset, length, autorange } = axis;
    return { range, offset, length, autorange, back: axis.toData(axis.toPixel(range[0])), end: axis.toPixel(range[1]) };
  });
}"""


@pytest.fixture
def internals(page: Page, app_server: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the module, on the opened test page with a map, bars and a cloud."""
    server = app_server(APP, tmp_path_factory.getbasetemp())
    page.goto(f"{server.url}/?n=200&charts=map,error,cloud")
    for name in ("map", "error", "cloud"):
        page.wait_for_selector(f'[data-chart="{name}"][data-drawn]', timeout=60_000)
    return f"{server.url}/aex/{LINKED_NAME}/plotly_internals.js"


def test_plotly_still_has_what_its_public_functions_do_not_offer(page: Page, internals: str) -> None:
    x, y = page.evaluate(AXES, [internals, "map"])
    assert x["back"] == pytest.approx(x["range"][0])
    assert x["end"] == pytest.approx(x["length"])
    assert y["end"] == pytest.approx(0)
    assert y["length"] > 50
    assert x["offset"] > 0
    assert x["autorange"] is True
    assert isinstance(page.evaluate(CALL, [internals, "map", "revisionOf", None]), str)
    bars = page.evaluate(CALL, [internals, "error", "drawnBars", 0])
    assert len(bars["bases"]) == bars["count"] > 1
    assert bars["width"] > 0
    assert page.evaluate(CALL, [internals, "error", "areBarsStacked", None]) is True
    camera = page.evaluate(CALL, [internals, "cloud", "cameraOf", None])
    assert camera[:6] == pytest.approx([1.25, 1.25, 1.25, 0, 0, 0], abs=1e-3)  # eye and centre
    assert len(camera) == 9
    assert page.evaluate(TRACES, [internals, "error"]) >= 2


def test_the_outline_of_a_lasso_is_dropped(page: Page, internals: str) -> None:
    box = page.locator('[data-chart="map"] .nsewdrag').bounding_box()
    assert box is not None
    left, top = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    page.mouse.move(left, top)
    page.mouse.down()
    for step in range(24):
        page.mouse.move(left + 5 * step, top + 4 * (step % 12))
    page.mouse.up()
    page.wait_for_function("() => document.querySelectorAll('[data-chart=map] .select-outline').length === 0")
    page.evaluate(CALL, [internals, "map", "dropOutline", None])  # harmless where there is none
