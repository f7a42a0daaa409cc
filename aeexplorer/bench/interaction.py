"""Measure what interactions cost in the real app, in a real browser if there is one."""

import http.client
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import numpy as np

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.bench import Figure
from aeexplorer.bench.browser import Window, interaction_cost, open_windows
from aeexplorer.bench.served import Served, serve, serve_peer, train_example_run, train_large_run, wait_until_quiet
from aeexplorer.bench.sessions import rerun_together
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run

INTERACTIONS = 8
LASSOS = 5
HOVERS = 200
CARDS = 120
ROUNDS = 4
_NO_BROWSER_NOTE = "needs Chromium and playwright"

OpenWindow = Callable[[], Window]

_ACTIONS: Mapping[str, tuple[str, Callable[[Window, int], None]]] = {
    "a lasso": ("reconstructions", lambda window, i: window.lasso(0.15 + 0.05 * i)),
    "other colours": ("reconstructions", lambda window, i: window.recolour(("error", "split", "label")[i % 3])),
    "a clicked sample": ("neighbours", lambda window, i: window.click((0.4 + 0.02 * i, 0.5))),
    "a stroke on the canvas": ("yours", lambda window, i: window.stroke((0.3, 0.2 + 0.05 * i), (0.7, 0.4))),
}
"""Interaction by name: the open panel, and the function that does it."""


def measure(points: int, sessions: int, large: int, crowd: int) -> list[Figure]:
    """Measure all figures.

    Parameters
    ----------
    points
        Samples on the map.
    sessions
        Sessions that rerun at the same moment.
    large
        Samples on a large map; 0 skips it.
    crowd
        Samples of a run that is too large to be shown at once; 0 skips it.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder, open_windows() as open_window:
        figures = _measure_server(Path(folder), open_window, points, sessions)
        if not open_window:
            return figures
        sizes = [(points, 150, Path(folder) / "timed"), (large, 600, Path(folder) / "large")]
        for count, target, subfolder in sizes:
            if count:
                subfolder.mkdir()
                figures += _measure_browser(subfolder, open_window, count, target)
        if crowd:
            figures += _measure_large_run(Path(folder) / "crowd", open_window, crowd)
    return figures


def _measure_server(folder: Path, open_window: OpenWindow | None, points: int, sessions: int) -> list[Figure]:
    """Measure the server's work for interactions, simultaneous reruns, bytes sent and cards of samples."""
    first = first_bytes = later_bytes = None
    cpu_ms: dict[str, float] = {}
    fresh, used = (Workspace.open(folder / name) for name in ("fresh", "used"))
    run = train_example_run(used, points)
    with ExitStack() as ending:
        if open_window:
            with serve(fresh) as served:
                first = open_window().open(served.url)
        served = ending.enter_context(serve(used))
        if open_window:
            window = open_window()
            window.open(served.url)
            window.settle()
            first_bytes = window.taken_bytes() / 1e6
        wait_until_quiet(served)
        if open_window and sys.platform == "linux":
            for name, (panel, action) in _ACTIONS.items():
                window.open(_address(served, run, method="latents", panel=panel))
                seconds, most = interaction_cost(action, window, served, INTERACTIONS)
                cpu_ms[name] = 1000 * seconds
                later_bytes = later_bytes or most / 1e3  # of the first action, a lasso
        hover = 1000 * hover_seconds(served, run)
        together = median(rerun_together(served.port, sessions, ROUNDS))
    return [
        *(
            Figure(f"{name} among {points:,} points: CPU of the server", cpu_ms.get(name), "ms", 50, note=_NO_BROWSER_NOTE)
            for name in _ACTIONS
        ),
        Figure("bytes of the first page with its geometry", first_bytes, "MB", 1, note=_NO_BROWSER_NOTE),
        Figure("bytes of a later selection", later_bytes, "kB", 100, note=_NO_BROWSER_NOTE),
        Figure("hover: a sample's card over HTTP, median", hover, "ms", 20),
        Figure(f"{sessions} sessions rerunning at once, median", together, "s", 0.5),
        Figure("a new workspace: first map drawn, from the server's first response", first, "s", 3, note=_NO_BROWSER_NOTE),
    ]


def _measure_browser(folder: Path, open_window: OpenWindow, count: int, lasso_target: float) -> list[Figure]:
    """Measure the waiting times on a map, and a lasso between two of Streamlit's own charts."""
    workspace = Workspace.open(folder / "workspace")
    run = train_large_run(workspace, count)
    with serve(workspace) as served:
        wait_until_quiet(served)
        draws, sent = [], 0
        for _ in range(3):
            window = open_window()
            window.open(_address(served, run, most=100_000))
            window.settle()
            draws.append(window.draw_seconds())
            sent = window.taken_bytes()
        window.watch()
        window.lasso(0.2)
        faded, answered = np.median([window.lasso_seconds(0.3 + 0.1 * i) for i in range(LASSOS)], 0)
        window.taken_bytes()
        recoloured = [window.recolour_seconds("error")]
        resent = window.taken_bytes()
        recoloured += [window.recolour_seconds(colour) for colour in ("split", "error", "label")]
        cards = window.card_seconds(np.random.default_rng(0).uniform(0.05, 0.95, (CARDS, 2)).tolist())
    with serve_peer(_positions(run), folder) as served:
        peer = median(open_window().peer_lasso_seconds(served.url) for _ in range(3))
    prefix = f"{count:,} points"
    return [
        Figure(f"{prefix}: time to draw the map from its data", median(draws), "s", 2.5),
        Figure(f"{prefix}: bytes of the page", sent / 1e6, "MB", 1.2),
        Figure(f"{prefix}: lasso until all views have faded the others", 1000 * faded, "ms", lasso_target),
        Figure(f"{prefix}: lasso until Python has answered", answered, "s", 1.2),
        Figure(f"{prefix}: lasso between two st.plotly_chart(on_select)", peer, "s"),
        Figure(f"{prefix}: speed-up over st.plotly_chart", peer / faded, "×", 4, "more"),
        Figure(f"{prefix}: other colours, median", 1000 * median(recoloured), "ms", 600),
        Figure(f"{prefix}: bytes of other colours", resent / 1e3, "kB", 500),
        Figure(f"{prefix}: hover until the card is drawn, 95th percentile", 1000 * float(np.quantile(cards, 0.95)), "ms", 60),
    ]


def _measure_large_run(folder: Path, open_window: OpenWindow, count: int) -> list[Figure]:
    """Measure a run with more samples than a map shows at once."""
    workspace = Workspace.open(folder)
    run = train_large_run(workspace, count)
    with serve(workspace) as served:
        wait_until_quiet(served)
        opened = open_window().open(_address(served, run))
        window = open_window()
        window.open(_address(served, run))
        window.settle()
        zoomed = window.zoom_in()
    return [
        Figure(f"a run of {count:,} samples: Explore opens", opened, "s", 5),
        Figure(f"a run of {count:,} samples: zooming in until all visible samples are drawn", zoomed, "s"),
    ]


def _address(served: Served, run: Run, **parameters: object) -> str:
    return f"{served.url}/?{urlencode({'run': run.id, 'method': 'pca', **parameters})}"


def _positions(run: Run) -> np.ndarray:
    return compute_projection(run, "pca", limit=run.dataset.n).xy


def hover_seconds(served: Served, run: Run) -> float:
    """Return the median seconds of the route that draws a sample's card, after a warm-up. Each sample is requested once."""
    ids = np.random.default_rng(0).permutation(run.dataset.n)[: HOVERS + 10]
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    seconds = []
    for sample in ids:
        started = time.perf_counter()
        connection.request("GET", f"/aex/runs/{run.id}/samples/{sample}/card.png")
        response = connection.getresponse()
        response.read()
        seconds.append(time.perf_counter() - started)
    connection.close()
    return median(seconds[10:])
