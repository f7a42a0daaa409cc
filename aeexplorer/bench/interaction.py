"""The real app on a free port, in front of a real browser where there is one: what interactions cost."""

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
from aeexplorer.bench.browser import Window, cost_of, windows
from aeexplorer.bench.served import Served, crowd_run, example_run, serve, serve_peer, wait_until_quiet
from aeexplorer.bench.sessions import rerun_together
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run

TURNS = 8
TIMED = 5
HOVERS = 200
CARDS = 120
ROUNDS = 4
_NO_BROWSER = "needs Chromium and playwright"

Open = Callable[[], Window]

_ACTS: Mapping[str, tuple[str, Callable[[Window, int], None]]] = {
    "a lasso": ("reconstructions", lambda window, turn: window.lasso(0.15 + 0.05 * turn)),
    "other colours": ("reconstructions", lambda window, turn: window.recolour(("error", "split", "label")[turn % 3])),
    "a clicked sample": ("neighbours", lambda window, turn: window.click((0.4 + 0.02 * turn, 0.5))),
    "a stroke on the canvas": ("yours", lambda window, turn: window.stroke((0.3, 0.2 + 0.05 * turn), (0.7, 0.4))),
}
"""What a person does, by name: in which open panel, and how."""


def measure(points: int, sessions: int, large: int, crowd: int) -> list[Figure]:
    """All figures of an interaction.

    Parameters
    ----------
    points
        Samples on the map.
    sessions
        Sessions that rerun at the same moment.
    large
        Samples on a large map; 0 leaves it out.
    crowd
        Samples of a run that is too large to be shown at once; 0 leaves it out.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder, windows() as open_window:
        found = _small(Path(folder), open_window, points, sessions)
        if not open_window:
            return found
        sizes = [(points, 150, Path(folder) / "timed"), (large, 600, Path(folder) / "large")]
        for count, asked, place in sizes:
            if count:
                place.mkdir()
                found += _timed(place, open_window, count, asked)
        if crowd:
            found += _crowd(Path(folder) / "crowd", open_window, crowd)
    return found


def _small(folder: Path, open_window: Open | None, points: int, sessions: int) -> list[Figure]:
    """What the server has to do: for one person's interactions, for many people's reruns, bytes, cards."""
    first = first_bytes = later_bytes = None
    spent: dict[str, float] = {}
    fresh, used = (Workspace.open(folder / name) for name in ("fresh", "used"))
    run = example_run(used, points)
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
            for name, (panel, act) in _ACTS.items():
                window.open(_address(served, run, method="latents", panel=panel))
                seconds, most = cost_of(act, window, served, TURNS)
                spent[name] = 1000 * seconds
                later_bytes = later_bytes or most / 1e3  # of the first act, a lasso
        hover = 1000 * hover_seconds(served, run)
        together = median(rerun_together(served.port, sessions, ROUNDS))
    return [
        *(
            Figure(f"{name} among {points:,} points: CPU of the server", spent.get(name), "ms", 50, note=_NO_BROWSER)
            for name in _ACTS
        ),
        Figure("bytes of the first page with its geometry", first_bytes, "MB", 1, note=_NO_BROWSER),
        Figure("bytes of a later selection", later_bytes, "kB", 100, note=_NO_BROWSER),
        Figure("hover: a sample's card over HTTP, median", hover, "ms", 20),
        Figure(f"{sessions} sessions rerunning at once, median", together, "s", 0.5),
        Figure("a new workspace: its first map drawn after the server answers", first, "s", 3, note=_NO_BROWSER),
    ]


def _timed(folder: Path, open_window: Open, count: int, asked: float) -> list[Figure]:
    """What a person waits for with so many points on the map, and with Streamlit's own charts."""
    workspace = Workspace.open(folder / "workspace")
    run = crowd_run(workspace, count)
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
        faded, answered = np.median([window.lasso_seconds(0.3 + 0.1 * i) for i in range(TIMED)], 0)
        window.taken_bytes()
        recoloured = [window.recolour_seconds("error")]
        resent = window.taken_bytes()
        recoloured += [window.recolour_seconds(colour) for colour in ("split", "error", "label")]
        cards = window.card_seconds(np.random.default_rng(0).uniform(0.05, 0.95, (CARDS, 2)).tolist())
    with serve_peer(_positions(run), folder) as served:
        peer = median(open_window().peer_lasso_seconds(served.url) for _ in range(3))
    named = f"{count:,} points"
    return [
        Figure(f"{named}: the map drawn after its data are there", median(draws), "s", 2.5),
        Figure(f"{named}: bytes of the page", sent / 1e6, "MB", 1.2),
        Figure(f"{named}: lasso until all views have faded the others", 1000 * faded, "ms", asked),
        Figure(f"{named}: lasso until Python has answered", answered, "s", 1.2),
        Figure(f"{named}: the same between two st.plotly_chart(on_select)", peer, "s"),
        Figure(f"{named}: so many times faster", peer / faded, "×", 4, "more"),
        Figure(f"{named}: other colours, median", 1000 * median(recoloured), "ms", 600),
        Figure(f"{named}: bytes of other colours", resent / 1e3, "kB", 500),
        Figure(f"{named}: hover until the card is drawn, 95th percentile", 1000 * float(np.quantile(cards, 0.95)), "ms", 60),
    ]


def _crowd(folder: Path, open_window: Open, count: int) -> list[Figure]:
    """A run of more samples than a map shows at once."""
    workspace = Workspace.open(folder)
    run = crowd_run(workspace, count)
    with serve(workspace) as served:
        wait_until_quiet(served)
        opened = open_window().open(_address(served, run))
        window = open_window()
        window.open(_address(served, run))
        window.settle()
        brought = window.zoom_in()
    return [
        Figure(f"a run of {count:,} samples: Explore opens", opened, "s", 5),
        Figure(f"a run of {count:,} samples: zoomed until the rest in sight is there", brought, "s"),
    ]


def _address(served: Served, run: Run, **parameters: object) -> str:
    return f"{served.url}/?{urlencode({'run': run.id, 'method': 'pca', **parameters})}"


def _positions(run: Run) -> np.ndarray:
    return compute_projection(run, "pca", limit=run.dataset.n).xy


def hover_seconds(served: Served, run: Run) -> float:
    """The median time of the route that shows a sample with its reconstruction, warm, each sample once."""
    ids = np.random.default_rng(0).permutation(run.dataset.n)[: HOVERS + 10]
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    found = []
    for sample in ids:
        started = time.perf_counter()
        connection.request("GET", f"/aex/runs/{run.id}/samples/{sample}/card.png")
        answer = connection.getresponse()
        answer.read()
        found.append(time.perf_counter() - started)
    connection.close()
    return median(found[10:])
