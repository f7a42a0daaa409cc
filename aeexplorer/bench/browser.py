"""Drive the app in a real Chromium and time it: drawing of maps, lassos, other colours, and cards of samples."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aeexplorer.bench.served import Served
from aeexplorer.core.errors import UserError
from aeexplorer.core.machine import CHROMIUMS

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
MAP = '[data-chart="explore-map"]'
_MAP_DRAG_LAYER = f"{MAP} .nsewdrag"
CANVAS = ".aex-board canvas"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
_TIMEOUT_MS = 120_000
_SETTLE_SECONDS = 1.5
"""Time after which any answer of the server has arrived."""
_WARM_UP = 3
"""Interactions that fill caches before the measured ones."""

_WATCH_SCRIPT = """() => {
  const seen = (window.aexSeen = {});
  const map = document.querySelector('[data-chart="explore-map"]');
  const app = document.querySelector("[data-testid=stApp]");
  const note = (node, name, change) => new MutationObserver(() => change(node) && (seen[name] = performance.now()))
    .observe(node, { attributes: true, attributeFilter: [name] });
  window.addEventListener("mouseup", () => { for (const name in seen) delete seen[name]; seen.up = performance.now(); }, true);
  for (const chart of document.querySelectorAll(".aex-linked")) note(chart, "data-selected", () => true);
  note(map, "data-drawn", () => true);
  note(app, "data-test-script-state", () => app.dataset.testScriptState === "notRunning");
  window.addEventListener("mousemove", (event) => { seen.moved = event.timeStamp; }, true);
  new MutationObserver(() => requestAnimationFrame(() => { seen.card = performance.now(); }))
    .observe(map.querySelector(".aex-card"), { attributes: true, attributeFilter: ["data-url"] });
}"""
"""Script that records in `window.aexSeen` when things happen in the page, in milliseconds of its clock."""


class Window:
    """A browser window on the app.

    It counts the bytes it receives: websocket messages, pictures and data, but not the app's own code.
    """

    def __init__(self, page: Any) -> None:
        self._page = page
        self._pushed = 0
        self._fetched: list[Any] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        page.on("requestfinished", lambda request: self._fetched.append(request))

    def _count(self, message: bytes | str) -> None:
        self._pushed += len(message)

    def open(self, url: str) -> float:
        """Load the page, and return the seconds until its map is drawn."""
        started = time.perf_counter()
        self._page.goto(url, wait_until="commit")
        self._page.wait_for_selector(f"{MAP}[data-drawn]", timeout=_TIMEOUT_MS)
        return time.perf_counter() - started

    def settle(self) -> None:
        """Wait until the script has finished and no more data arrives."""
        self._page.wait_for_timeout(1000 * _SETTLE_SECONDS)
        self._page.wait_for_selector(IDLE, timeout=_TIMEOUT_MS)

    def _window_positions(self, selector: str, fractions: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Convert fractions of an element's width and height to positions in the window."""
        box = self._page.locator(selector).first.bounding_box()
        return [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in fractions]

    def _drag(self, selector: str, fractions: Sequence[tuple[float, float]]) -> None:
        """Drag the mouse along a path of fractions of an element's width and height."""
        path = self._window_positions(selector, fractions)
        self._page.mouse.move(*path[0])
        self._page.mouse.down()
        for place in path[1:]:
            self._page.mouse.move(*place, steps=6)
        self._page.mouse.up()
        self._page.mouse.move(2, 2)

    def watch(self) -> None:
        """Start recording when things happen. Call it once, after `open`."""
        self._page.evaluate(_WATCH_SCRIPT)

    def _between(self, first: str, then: str) -> float:
        """Return the seconds between two recorded events."""
        seen = self._page.evaluate("() => window.aexSeen")
        return (seen[then] - seen[first]) / 1000

    def draw_seconds(self) -> float:
        """Return the seconds of the last drawing of the map, from its data to its picture."""
        return self._page.evaluate("() => performance.getEntriesByName('aex explore-map').at(-1).duration") / 1000

    def lasso_seconds(self, fraction: float) -> tuple[float, float]:
        """Draw a lasso, and return the seconds until all charts have faded the other points and until Python has answered."""
        self.lasso(fraction)
        return self._between("up", "data-selected"), self._between("up", "data-test-script-state")

    def recolour(self, colour: str) -> None:
        """Choose another colouring, and wait until the page has settled."""
        self._page.locator(".st-key-explore-colour").click()
        self._page.get_by_role("option", name=colour, exact=True).click()
        self.settle()

    def recolour_seconds(self, colour: str) -> float:
        """Choose another colouring, and return the seconds from the click until the map shows it."""
        self.recolour(colour)
        return self._between("up", "data-drawn")

    def click(self, place: tuple[float, float]) -> None:
        """Click on the map, at fractions of its width and height, and wait until the page has settled."""
        self._page.mouse.click(*self._window_positions(_MAP_DRAG_LAYER, [place])[0])
        self._page.mouse.move(2, 2)
        self.settle()

    def stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw a line on the canvas, between fractions of its width and height, and wait until the page has settled."""
        self._drag(CANVAS, [start, end])
        self.settle()

    def card_seconds(self, places: list[tuple[float, float]]) -> list[float]:
        """Move the pointer to positions on the map, and return the seconds until the card is drawn at each of them.

        Positions are fractions of the map's width and height. Positions that show the same card again are left out.
        """
        seconds = []
        for place in self._window_positions(_MAP_DRAG_LAYER, places):
            self._page.evaluate("() => { delete window.aexSeen.card; }")
            self._page.mouse.move(*place)
            self._page.wait_for_timeout(300)
            if self._page.evaluate("() => window.aexSeen.card"):
                seconds.append(self._between("moved", "card"))
        return seconds

    def zoom_in(self) -> float:
        """Zoom into the middle of the map, and return the seconds until all visible samples are drawn."""
        before = self._page.get_attribute(MAP, "data-drawn")
        self._page.mouse.move(*self._window_positions(_MAP_DRAG_LAYER, [(0.5, 0.5)])[0])
        for _ in range(6):
            self._page.mouse.wheel(0, -200)
        started = time.perf_counter()
        self._page.wait_for_selector(f'{MAP}[data-drawn]:not([data-drawn="{before}"])', timeout=_TIMEOUT_MS)
        return time.perf_counter() - started

    def peer_lasso_seconds(self, url: str) -> float:
        """Open `peer.py`, and return the seconds from a lasso in its first chart until the second one has faded the others."""
        self._page.goto(url)
        second = "document.querySelector('.st-key-second .js-plotly-plot')"
        self._page.wait_for_function(
            f"() => {second}?.calcdata && document.querySelector('.st-key-first .nsewdrag')", timeout=_TIMEOUT_MS
        )
        self.settle()
        self._page.evaluate("""() => window.addEventListener("mouseup", () => { window.aexUp = performance.now(); }, true)""")
        self._drag(".st-key-first .nsewdrag", _square_outline(0.5))
        faded = f"() => {second}?.calcdata?.[0][0].trace.selectedpoints?.length && performance.now() - window.aexUp"
        return self._page.wait_for_function(faded, timeout=_TIMEOUT_MS, polling=10).json_value() / 1000

    def taken_bytes(self) -> int:
        """Return the bytes received since the last call."""
        data = [
            request for request in self._fetched if "/static/" not in request.url and not request.url.endswith((".js", ".css"))
        ]
        fetched = sum(request.sizes()["responseBodySize"] for request in data if request.response())
        total = self._pushed + fetched
        self._pushed, self._fetched[:] = 0, []
        return total

    def lasso(self, fraction: float) -> None:
        """Draw a lasso around the middle of the map, a fraction (0 to 1) of its size, and wait until the page has settled."""
        self._drag(_MAP_DRAG_LAYER, _square_outline(fraction))
        self.settle()
        if not int(self._page.get_attribute(MAP, "data-selected") or 0):
            raise UserError("the lasso selected nothing", "Open the app and try a lasso by hand")


def _square_outline(fraction: float) -> list[tuple[float, float]]:
    """Return a closed square around the middle of an element, a fraction (0 to 1) of its size."""
    low, high = 0.5 - fraction / 2, 0.5 + fraction / 2
    return [(low, low), (high, low), (high, high), (low, high), (low, low)]


@contextmanager
def open_windows() -> Iterator[Callable[[], Window] | None]:
    """Run Chromium. Yields a function that opens a window, or None if Chromium or playwright is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        yield None
        return
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, [*CHROMIUMS, playwright.chromium.executable_path])), None)
        if path is None:
            yield None
            return
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield lambda: Window(browser.new_page(viewport={"width": 1440, "height": 900}))
        browser.close()


def interaction_cost(action: Callable[[Window, int], None], window: Window, served: Served, count: int) -> tuple[float, int]:
    """Measure what an interaction costs.

    Parameters
    ----------
    action
        Function of a window and a counter that does the interaction.
    window
        A window with the app open.
    served
        The server.
    count
        Number of measured interactions.

    Returns
    -------
    tuple of float and int
        CPU seconds of the server per interaction, without its idle load, and the most bytes received for one interaction.
    """
    # warm up
    for i in range(_WARM_UP):
        action(window, i)
    started, cpu = time.perf_counter(), served.cpu_seconds
    for _ in range(count):
        window.settle()
    idle = (served.cpu_seconds - cpu) / (time.perf_counter() - started)
    window.taken_bytes()
    most, cpu_seconds = 0, 0.0
    for i in range(_WARM_UP, _WARM_UP + count):
        started, cpu = time.perf_counter(), served.cpu_seconds
        action(window, i)
        cpu_seconds += served.cpu_seconds - cpu - idle * (time.perf_counter() - started)
        most = max(most, window.taken_bytes())
    return max(0.0, cpu_seconds) / count, most
