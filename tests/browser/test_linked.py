"""Linked charts in a real browser: what is seen, what Python gets, what goes over the wire."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocket

from tests.browser.linked_data import BINS, CODES, rows_shown, samples
from tests.browser.serving import Server, settle

pytestmark = pytest.mark.xdist_group("browser")
APP = Path(__file__).with_name("linked_app.py")
COUNT = 200
STATE = """(key) => {
  const plot = document.querySelector(`[data-chart="${key}"] .aex-plot`);
  const list = (values) => (values ? Array.from(values) : null);
  const layer = plot.querySelector(".aex-points")?.layer;
  return {
    xrange: list(plot._fullLayout.xaxis?.range),
    outlines: plot.querySelectorAll(".select-outline").length,
    faded: Boolean(layer?.chosen),
    points: layer && list(layer.cloud.ids).map((id, at) => [id, layer.cloud.looks[layer.cloud.codes[at]].trace, layer.marks[at]]),
    traces: plot.data.map((trace) => ({ type: trace.type, x: list(trace.x), y: list(trace.y), opacity: trace.marker?.opacity })),
  };
}"""
COVER = """([key, ids]) => {
  const { layer } = document.querySelector(`[data-chart="${key}"] .aex-points`);
  const { gl, canvas, cloud, frame } = layer;
  layer.draw(frame); // what is drawn can be read until the page is shown
  const pixel = new Uint8Array(4);
  const part = (value, [low, high]) => (value - low) / (high - low);
  return ids.map((id) => {
    const at = cloud.ids.indexOf(id);
    const place = [part(cloud.x[at], frame.x) * canvas.width, part(cloud.y[at], frame.y) * canvas.height];
    gl.readPixels(...place.map(Math.floor), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return pixel[3] / 255;
  });
}"""
PIXELS = """([key, x, y]) => {
  const plot = document.querySelector(`[data-chart="${key}"] .aex-plot`);
  const { xaxis, yaxis } = plot._fullLayout;
  const corner = plot.getBoundingClientRect();
  return [corner.left + xaxis._offset + xaxis.d2p(x), corner.top + yaxis._offset + yaxis.d2p(y)];
}"""


@dataclass(frozen=True)
class Charts:
    """The test page, opened."""

    page: Page
    names: list[str]

    def state(self, key: str) -> dict[str, Any]:
        return self.page.evaluate(STATE, key)

    def pixels(self, key: str, x: float, y: float) -> tuple[float, float]:
        across, down = self.page.evaluate(PIXELS, [key, float(x), float(y)])
        return across, down

    def lasso(self, key: str, corners: list[tuple[float, float]]) -> None:
        """Draw a lasso through corners in data coordinates."""
        self.drag(key, [*corners, corners[0]])

    def drag(self, key: str, places: list[tuple[float, float]]) -> None:
        """Press the mouse at the first place, in data coordinates, go through all and let go at the last."""
        path = [self.pixels(key, x, y) for x, y in places]
        self.page.mouse.move(*path[0])
        self.page.mouse.down()
        for x, y in path[1:]:
            self.page.mouse.move(x, y, steps=8)
        self.page.mouse.up()

    def shows(self, ids: np.ndarray) -> None:
        """Wait until every chart shows as many samples as `ids` has, and Python holds exactly them."""
        count = str(len(ids)) if len(ids) else ""
        for name in self.names:
            self.page.wait_for_selector(f'[data-chart="{name}"][data-selected="{count}"]')
        digest = hashlib.sha256(np.unique(ids).astype("<i4").tobytes()).hexdigest()[:12]
        self.page.get_by_text(f"python holds {len(ids)} {digest}").wait_for()
        settle(self.page)

    def redrawn(self, key: str, act: Callable[[], None]) -> None:
        """Do `act` and wait until the chart has drawn other data."""
        before = self.page.get_attribute(f'[data-chart="{key}"]', "data-drawn")
        act()
        self.page.wait_for_selector(f'[data-chart="{key}"][data-drawn]:not([data-drawn="{before}"])')
        settle(self.page)


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture
def server(app_server: Callable[..., Server], workspace: Path) -> Server:
    return app_server(APP, workspace)


@pytest.fixture
def charts(page: Page, server: Server) -> Charts:
    return opened(page, server.url)


def opened(page: Page, url: str, names: str = "map,other,error,codes", **query: object) -> Charts:
    extra = "".join(f"&{key}={value}" for key, value in query.items())
    page.goto(f"{url}/?n={query.pop('n', COUNT)}&charts={names}{extra}")
    for name in names.split(","):
        page.wait_for_selector(f'[data-chart="{name}"][data-drawn]', timeout=60_000)
    settle(page)
    return Charts(page, names.split(","))


def clear_of(values: np.ndarray, near: float) -> float:
    """A number by `near` that is well away from all values, so that a line there divides them beyond doubt."""
    edges = np.sort(values)
    at = np.argmax(np.diff(edges) - 0.2 * np.abs((edges[1:] + edges[:-1]) / 2 - near))
    return float((edges[at] + edges[at + 1]) / 2)


def box(x0: float, x1: float, y0: float, y1: float) -> tuple[list[tuple[float, float]], np.ndarray]:
    """Corners of a rectangle by the given one, and the rows of the samples inside."""
    x, y = samples(COUNT).xyz[:, 0], samples(COUNT).xyz[:, 1]
    x0, x1 = clear_of(x, x0), clear_of(x, x1)
    y0, y1 = clear_of(y, y0), clear_of(y, y1)
    inside = np.flatnonzero((x > x0) & (x < x1) & (y > y0) & (y < y1))
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], inside


def assert_map_shows(state: dict[str, Any], rows: np.ndarray, chosen: np.ndarray, by_label: bool = True) -> None:
    """A map has exactly these samples, in their traces, and exactly the chosen ones are marked so on the graphics card."""
    data = samples(COUNT)
    order = rows[np.argsort(data.ids[rows])]
    trace = data.label[order] if by_label else np.zeros(len(order), int)
    marked = np.isin(order, chosen).astype(int)
    assert state["points"] == np.stack([data.ids[order], trace, marked], 1).tolist()
    assert state["faded"]


def test_lasso_dims_every_chart_and_reaches_python(charts: Charts) -> None:
    data = samples(COUNT)
    corners, chosen = box(0.5, 5, -5, 5)
    assert 20 < len(chosen) < COUNT - 20
    charts.lasso("map", corners)
    charts.shows(data.ids[chosen])
    assert_map_shows(charts.state("map"), rows_shown(COUNT, "all"), chosen)
    assert_map_shows(charts.state("other"), rows_shown(COUNT, "half"), chosen)
    assert charts.state("map")["outlines"] == 0
    others = np.setdiff1d(np.arange(COUNT), chosen)
    strong, faint = (charts.page.evaluate(COVER, ["map", data.ids[rows].tolist()]) for rows in (chosen, others))
    assert min(strong) > 0.9
    assert np.median(faint) < 0.3

    bars = charts.state("error")["traces"]
    for part in (0, 1):
        rows = chosen[data.label[chosen] % 2 == part]
        assert bars[2 + part]["y"] == np.bincount(data.bins[rows], minlength=BINS).tolist()
        assert bars[part]["opacity"] < 0.5
    usage = np.bincount(data.codes[chosen].ravel(), minlength=CODES)
    assert charts.state("codes")["traces"][1]["y"] == usage.tolist()


def test_shift_adds_and_escape_clears(charts: Charts) -> None:
    first, right = box(1.5, 5, -5, 5)
    charts.lasso("map", first)
    charts.shows(samples(COUNT).ids[right])
    second, left = box(-5, -1.5, -5, 5)
    charts.page.keyboard.down("Shift")
    charts.lasso("map", second)
    charts.page.keyboard.up("Shift")
    charts.shows(samples(COUNT).ids[np.union1d(left, right)])
    charts.page.keyboard.press("Escape")
    charts.shows(samples(COUNT).ids[:0])
    assert charts.state("codes")["traces"][0]["opacity"] == 1
    assert not charts.state("other")["faded"]


def test_double_click_clears(charts: Charts) -> None:
    corners, chosen = box(0.5, 5, -5, 5)
    charts.lasso("map", corners)
    charts.shows(samples(COUNT).ids[chosen])
    charts.page.mouse.dblclick(*charts.pixels("error", samples(COUNT).edges[5], 1))
    charts.shows(samples(COUNT).ids[:0])


def test_recolouring_and_filtering_keep_zoom_and_selection(charts: Charts) -> None:
    corners, chosen = box(0.5, 5, -5, 5)
    charts.lasso("map", corners)
    charts.shows(samples(COUNT).ids[chosen])
    wide = charts.state("map")["xrange"]
    charts.page.mouse.move(*charts.pixels("map", 1, 0))
    charts.page.mouse.wheel(0, -240)
    charts.page.wait_for_function(f"(wide) => ({STATE})('map').xrange[0] !== wide", arg=wide[0])
    zoomed = charts.state("map")["xrange"]

    charts.redrawn("map", lambda: charts.page.locator("label", has_text="error").click())
    state = charts.state("map")
    assert state["xrange"] == pytest.approx(zoomed)
    assert_map_shows(state, rows_shown(COUNT, "all"), chosen, by_label=False)

    charts.redrawn("map", lambda: charts.page.locator("label", has_text="half").click())
    state = charts.state("map")
    assert state["xrange"] == pytest.approx(zoomed)
    assert_map_shows(state, rows_shown(COUNT, "half"), chosen, by_label=False)
    charts.shows(samples(COUNT).ids[chosen])


def test_python_hears_what_is_in_sight(page: Page, server: Server) -> None:
    charts = opened(page, server.url, "map", more=1)
    page.get_by_text("python sees all").wait_for()
    page.mouse.move(*charts.pixels("map", 1, 0))
    page.mouse.wheel(0, -240)
    told = page.get_by_text(re.compile("python sees kept .* to "))
    told.wait_for()
    settle(page)
    low, high = (float(end) for end in told.inner_text().removeprefix("python sees kept ").split(" to "))
    assert (low, high) == pytest.approx(charts.state("map")["xrange"], rel=1e-4)
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.aex-plot'), {'xaxis.autorange': true, 'yaxis.autorange': true})"
    )
    page.get_by_text("python sees all").wait_for()


def test_a_click_on_a_bar_selects_its_samples(charts: Charts) -> None:
    data = samples(COUNT)
    charts.page.mouse.click(*charts.pixels("codes", 5, 3))
    chosen = np.flatnonzero((data.codes == 5).any(1))
    charts.shows(data.ids[chosen])
    charts.page.get_by_text("clicked None 5").wait_for()
    assert_map_shows(charts.state("other"), rows_shown(COUNT, "half"), chosen)


def test_a_box_over_bars_selects_their_samples(charts: Charts) -> None:
    data = samples(COUNT)
    charts.drag("codes", [(2.5, 10), (4.5, 20)])
    charts.shows(data.ids[np.isin(data.codes, [3, 4]).any(1)])


def test_a_click_on_a_point_says_which(charts: Charts) -> None:
    data = samples(COUNT)
    row = int(np.argmax(data.xyz[:, 0]))
    charts.page.mouse.click(*charts.pixels("map", *data.xyz[row, :2]))
    charts.page.get_by_text(f"clicked {data.ids[row]} None").wait_for()
    charts.shows(data.ids[:0])


def test_python_may_select_and_clear(charts: Charts) -> None:
    corners, chosen = box(0.5, 5, -5, 5)
    charts.lasso("map", corners)
    charts.shows(samples(COUNT).ids[chosen])
    charts.page.get_by_role("button", name="Clear").click()
    charts.shows(samples(COUNT).ids[:0])
    charts.page.get_by_role("button", name="Pick").click()
    charts.shows(samples(COUNT).ids[:7])
    assert_map_shows(charts.state("map"), rows_shown(COUNT, "all"), np.arange(7))


def test_hover_shows_the_sample_and_its_label_as_text(charts: Charts) -> None:
    data = samples(COUNT)
    row = int(np.argmax(data.xyz[:, 0]))
    charts.page.mouse.move(*charts.pixels("map", *data.xyz[row, :2]))
    card = charts.page.locator('[data-chart="map"] .aex-card:visible')
    card.locator("img").wait_for()
    assert card.get_attribute("data-url").endswith(f"/aex/runs/pictures/samples/{data.ids[row]}/card.png")
    assert card.inner_text() == f"<i>{data.label[row]}</i>"
    assert card.locator("img").evaluate("image => image.naturalWidth") == 58


def test_hover_finds_the_sample_after_filter_subsample_and_recolouring(charts: Charts) -> None:
    data = samples(COUNT)
    for name, rows in (("error", "all"), ("half", "half")):
        charts.redrawn("map", lambda name=name: charts.page.locator("label", has_text=name).click())  # type: ignore[misc]
        shown = rows_shown(COUNT, rows)
        row = shown[int(np.argmax(data.xyz[shown, 0]))]
        charts.page.mouse.move(*charts.pixels("map", *data.xyz[row, :2]))
        url = f"/aex/runs/pictures/samples/{data.ids[row]}/card.png"
        charts.page.wait_for_selector(f'[data-chart="map"] .aex-card[data-url$="{url}"]')
        assert charts.page.locator('[data-chart="map"] .aex-card:visible').inner_text() == f"digit {data.label[row]}"
        charts.page.mouse.move(2, 2)


def test_hover_on_the_empty_plane_decodes_it(charts: Charts) -> None:
    charts.page.mouse.move(*charts.pixels("map", 0.4, -0.8))
    card = charts.page.locator('[data-chart="map"] .aex-card:visible')
    card.locator("img").wait_for()
    query = parse_qs(urlsplit(card.get_attribute("data-url")).query)
    assert query["plane"] == ["latents"]
    x, y = float(query["x"][0]), float(query["y"][0])
    assert (x, y) == pytest.approx((0.4, -0.8), abs=0.03)
    assert card.inner_text() == f"decoded at ({x:.2f}, {y:.2f})"


def test_hover_shows_a_table_as_text(page: Page, server: Server) -> None:
    charts = opened(page, server.url, run="table")
    data = samples(COUNT)
    row = int(np.argmax(data.xyz[:, 0]))
    charts.page.mouse.move(*charts.pixels("map", *data.xyz[row, :2]))
    cell = charts.page.locator('[data-chart="map"] .aex-card:visible td')
    cell.first.wait_for()
    assert cell.all_inner_texts() == ["<b>height</b>", str(data.ids[row]), "1.5"]


def test_a_cloud_shows_the_selection(page: Page, server: Server) -> None:
    charts = opened(page, server.url, "map,cloud")
    corners, chosen = box(0.5, 5, -5, 5)
    charts.lasso("map", corners)
    charts.shows(samples(COUNT).ids[chosen])
    below, above = charts.state("cloud")["traces"]
    assert below["opacity"] < 0.5
    assert above["x"] == pytest.approx(samples(COUNT).xyz[chosen, 0])
    charts.page.keyboard.press("Escape")
    charts.shows(samples(COUNT).ids[:0])
    below, above = charts.state("cloud")["traces"]
    assert (below["opacity"], above["x"]) == (1, [])


def test_a_click_in_a_cloud_selects_the_sample(page: Page, server: Server) -> None:
    charts = opened(page, server.url, "map,cloud")
    frame = page.locator('[data-chart="cloud"] .aex-plot').bounding_box()
    assert frame is not None
    card = page.locator('[data-chart="cloud"] .aex-card:visible')
    for place in range(400):
        across, down = 0.3 + 0.02 * (place % 20), 0.35 + 0.02 * (place // 20)
        page.mouse.move(frame["x"] + across * frame["width"], frame["y"] + down * frame["height"])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if card.count():
            break
    sample = int(re.search(r"samples/([0-9]+)/card", card.get_attribute("data-url") or "")[1])  # type: ignore[index]
    page.mouse.down()
    page.mouse.up()
    page.get_by_text(f"clicked {sample} None").wait_for()
    charts.shows(np.array([sample]))
    assert_map_shows(charts.state("map"), rows_shown(COUNT, "all"), np.flatnonzero(samples(COUNT).ids == sample))


def test_charts_follow_the_theme(charts: Charts) -> None:
    colour = "() => document.querySelector('[data-chart=map] .aex-plot')._fullLayout.font.color"
    light = charts.page.evaluate(colour)
    charts.page.emulate_media(color_scheme="dark")
    charts.page.wait_for_function(f"(light) => ({colour})() !== light", arg=light)


def test_under_a_base_path(page: Page, app_server: Callable[..., Server], workspace: Path) -> None:
    charts = opened(page, app_server(APP, workspace, "some/where").url, "map,codes")
    corners, chosen = box(0.5, 5, -5, 5)
    charts.lasso("map", corners)
    charts.shows(samples(COUNT).ids[chosen])


@pytest.fixture
def traffic(page: Page) -> list[int]:
    """Sizes of what the server sends over the websocket."""
    sizes: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: sizes.append(len(frame)))

    page.on("websocket", listen)
    return sizes


def test_overlays_are_sent_apart_and_drawn_with_their_figure(page: Page, server: Server, traffic: list[int]) -> None:
    def drawn() -> tuple[int, list[list[float]], list[str]]:
        """How often the map was drawn, where its way-points lie, and what is written beside them."""
        return tuple(
            page.evaluate("""() => {
          const { data, _fullLayout } = document.querySelector('[data-chart="map"] .aex-plot');
          const { x, y } = data.find(({ name }) => name === "way-points");
          const notes = _fullLayout.annotations.map(({ text }) => text);
          return [performance.getEntriesByName("aex map").length, [Array.from(x), Array.from(y)], notes];
        }""")
        )

    charts = opened(page, server.url, "map,other", n=10_000, over=1)
    assert drawn() == (1, [[0], [1]], ["1"])
    traffic.clear()
    charts.redrawn("map", lambda: page.get_by_role("button", name="Lay").click())
    assert sum(traffic) < 15_000
    assert drawn() == (2, [[0, 2], [1, 3]], ["1", "2"])
    charts.redrawn("map", lambda: page.locator("label", has_text="error").click())
    assert drawn() == (3, [[0, 2], [1, 3]], ["1", "2"])
    corners = [(0, -4), (4, -4), (4, 4), (0, 4)]
    charts.lasso("map", corners)
    page.get_by_text(re.compile("python holds [45][0-9]{3} ")).wait_for()
    settle(page)
    assert drawn()[0] == 3


def test_geometry_is_sent_once(page: Page, server: Server, traffic: list[int]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    charts = opened(page, server.url, n=10_000)
    assert sum(traffic) < 1_000_000
    assert len([url for url in asked if "plotly-" in url]) == 1
    traffic.clear()
    charts.lasso("map", [(0, -4), (4, -4), (4, 4), (0, 4)])
    page.get_by_text(re.compile("python holds [45][0-9]{3} ")).wait_for()
    settle(page)
    assert 0 < sum(traffic) < 20_000
    page.get_by_role("button", name="Clear").click()
    charts.shows(np.empty(0))
    assert sum(traffic) < 40_000
    traffic.clear()
    charts.redrawn("map", lambda: page.locator("label", has_text="error").click())
    assert sum(traffic) < 60_000  # a byte a point for its colour, one for its text; its place would be eight more
    text = page.evaluate("() => document.querySelector('[data-chart=map] .aex-points').layer.cloud.text")
    data = samples(10_000)
    assert text == [f"digit {label}" for label in data.label[np.argsort(data.ids)]]
