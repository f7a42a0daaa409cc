"""What a real Chromium sees of the app: when maps are drawn, what a lasso or other colours cost, how soon a card is there."""

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
_PLANE = f"{MAP} .nsewdrag"
CANVAS = ".aex-board canvas"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
_PATIENCE = 120_000
_QUIET = 1.5
"""Seconds after which the answer to anything has certainly come."""
_WARM = 3
"""Interactions that fill caches before those that are measured."""

_WATCH = """() => {
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
"""Notes when things happen in the page, in its own time."""


class Window:
    """A window on the app that counts the bytes it gets: websocket messages, pictures and data, not the app's own code."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._pushed = 0
        self._fetched: list[Any] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        page.on("requestfinished", lambda request: self._fetched.append(request))

    def _count(self, message: bytes | str) -> None:
        self._pushed += len(message)

    def open(self, url: str) -> float:
        """Load the page; seconds until its map is drawn."""
        started = time.perf_counter()
        self._page.goto(url, wait_until="commit")
        self._page.wait_for_selector(f"{MAP}[data-drawn]", timeout=_PATIENCE)
        return time.perf_counter() - started

    def settle(self) -> None:
        """Wait until the script is through and nothing more comes."""
        self._page.wait_for_timeout(1000 * _QUIET)
        self._page.wait_for_selector(IDLE, timeout=_PATIENCE)

    def _places(self, where: str, parts: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Places in the window, given as parts of an element's sides."""
        box = self._page.locator(where).first.bounding_box()
        return [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in parts]

    def _drag(self, where: str, parts: Sequence[tuple[float, float]]) -> None:
        path = self._places(where, parts)
        self._page.mouse.move(*path[0])
        self._page.mouse.down()
        for place in path[1:]:
            self._page.mouse.move(*place, steps=6)
        self._page.mouse.up()
        self._page.mouse.move(2, 2)

    def watch(self) -> None:
        """Begin to note when things happen; once, after `open`."""
        self._page.evaluate(_WATCH)

    def _between(self, first: str, then: str) -> float:
        seen = self._page.evaluate("() => window.aexSeen")
        return (seen[then] - seen[first]) / 1000

    def draw_seconds(self) -> float:
        """From the data of the map to its picture, the last time that it was drawn."""
        return self._page.evaluate("() => performance.getEntriesByName('aex explore-map').at(-1).duration") / 1000

    def lasso_seconds(self, part: float) -> tuple[float, float]:
        """Draw a lasso as `lasso`: seconds until all charts have faded the others, and until Python has answered."""
        self.lasso(part)
        return self._between("up", "data-selected"), self._between("up", "data-test-script-state")

    def recolour(self, colour: str) -> None:
        """Choose another colouring, and wait for all that follows."""
        self._page.locator(".st-key-explore-colour").click()
        self._page.get_by_role("option", name=colour, exact=True).click()
        self.settle()

    def recolour_seconds(self, colour: str) -> float:
        """Choose another colouring: seconds from the click until the map shows it."""
        self.recolour(colour)
        return self._between("up", "data-drawn")

    def click(self, place: tuple[float, float]) -> None:
        """Click on the map, at parts of its sides, and wait for all that follows."""
        self._page.mouse.click(*self._places(_PLANE, [place])[0])
        self._page.mouse.move(2, 2)
        self.settle()

    def stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw a line on the canvas, between parts of its sides, and wait for all that follows."""
        self._drag(CANVAS, [start, end])
        self.settle()

    def card_seconds(self, places: list[tuple[float, float]]) -> list[float]:
        """Move the pointer to places, given as parts of the map's sides: seconds until each one's card is drawn."""
        found = []
        for place in self._places(_PLANE, places):
            self._page.evaluate("() => { delete window.aexSeen.card; }")
            self._page.mouse.move(*place)
            self._page.wait_for_timeout(300)
            if self._page.evaluate("() => window.aexSeen.card"):  # else the same sample lies there
                found.append(self._between("moved", "card"))
        return found

    def zoom_in(self) -> float:
        """Turn the wheel over the map's middle: seconds until the rest of what is in sight is drawn."""
        before = self._page.get_attribute(MAP, "data-drawn")
        self._page.mouse.move(*self._places(_PLANE, [(0.5, 0.5)])[0])
        for _ in range(6):
            self._page.mouse.wheel(0, -200)
        started = time.perf_counter()
        self._page.wait_for_selector(f'{MAP}[data-drawn]:not([data-drawn="{before}"])', timeout=_PATIENCE)
        return time.perf_counter() - started

    def peer_lasso_seconds(self, url: str) -> float:
        """With `peer.py` open: seconds from a lasso in its first chart until its second one has faded the others."""
        self._page.goto(url)
        second = "document.querySelector('.st-key-second .js-plotly-plot')"
        self._page.wait_for_function(
            f"() => {second}?.calcdata && document.querySelector('.st-key-first .nsewdrag')", timeout=_PATIENCE
        )
        self.settle()
        self._page.evaluate("""() => window.addEventListener("mouseup", () => { window.aexUp = performance.now(); }, true)""")
        self._drag(".st-key-first .nsewdrag", _around(0.5))
        faded = f"() => {second}?.calcdata?.[0][0].trace.selectedpoints?.length && performance.now() - window.aexUp"
        return self._page.wait_for_function(faded, timeout=_PATIENCE, polling=10).json_value() / 1000

    def taken_bytes(self) -> int:
        """Bytes got since the last time this was asked."""
        data = [
            request for request in self._fetched if "/static/" not in request.url and not request.url.endswith((".js", ".css"))
        ]
        fetched = sum(request.sizes()["responseBodySize"] for request in data if request.response())
        taken = self._pushed + fetched
        self._pushed, self._fetched[:] = 0, []
        return taken

    def lasso(self, part: float) -> None:
        """Draw a lasso around a part (0 to 1) of the map's middle, and wait for all that follows."""
        self._drag(_PLANE, _around(part))
        self.settle()
        if not int(self._page.get_attribute(MAP, "data-selected") or 0):
            raise UserError("the lasso selected nothing", "Open the app and try one by hand")


def _around(part: float) -> list[tuple[float, float]]:
    """A closed outline of a part (0 to 1) of an element's middle."""
    low, high = 0.5 - part / 2, 0.5 + part / 2
    return [(low, low), (high, low), (high, high), (low, high), (low, low)]


@contextmanager
def windows() -> Iterator[Callable[[], Window] | None]:
    """What opens a window of a running Chromium; None where Chromium or playwright is missing."""
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


def cost_of(act: Callable[[Window, int], None], window: Window, served: Served, count: int) -> tuple[float, int]:
    """CPU seconds of the server for one interaction, what it does anyway taken off, and the most bytes that one brought."""
    for turn in range(_WARM):
        act(window, turn)
    started, cpu = time.perf_counter(), served.cpu_seconds
    for _ in range(count):
        window.settle()
    idle = (served.cpu_seconds - cpu) / (time.perf_counter() - started)
    window.taken_bytes()
    most, spent = 0, 0.0
    for turn in range(_WARM, _WARM + count):
        started, cpu = time.perf_counter(), served.cpu_seconds
        act(window, turn)
        spent += served.cpu_seconds - cpu - idle * (time.perf_counter() - started)
        most = max(most, window.taken_bytes())
    return max(0.0, spent) / count, most
