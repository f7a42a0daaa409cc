"""The real app on a free port, in front of a real browser where there is one: what interactions cost."""

import http.client
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np

from aeexplorer.bench import Figure
from aeexplorer.bench.browser import cost_of_lassos, windows
from aeexplorer.bench.served import Served, example_run, serve, wait_until_quiet
from aeexplorer.bench.sessions import rerun_together
from aeexplorer.training.run import Run
from aeexplorer.workspace import Workspace

LASSOS = 8
HOVERS = 200
ROUNDS = 4
_NO_BROWSER = "needs Chromium and playwright"


def measure(points: int, sessions: int) -> list[Figure]:
    """All figures of an interaction.

    Parameters
    ----------
    points
        Samples on the map.
    sessions
        Sessions that rerun at the same moment.
    """
    first = first_bytes = lasso = later_bytes = None
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder, ExitStack() as ending:
        fresh, used = (Workspace.open(Path(folder) / name) for name in ("fresh", "used"))
        run = example_run(used, points)
        with windows() as open_window:
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
                seconds, most = cost_of_lassos(window, served, LASSOS)
                lasso, later_bytes = 1000 * seconds, most / 1e3
        hover = 1000 * hover_seconds(served, run)
        together = median(rerun_together(served.port, sessions, ROUNDS))
    return [
        Figure(f"lasso over {points:,} points: CPU of the server", lasso, "ms", 50, note=_NO_BROWSER),
        Figure("bytes of the first page with its geometry", first_bytes, "MB", 1, note=_NO_BROWSER),
        Figure("bytes of a later selection", later_bytes, "kB", 100, note=_NO_BROWSER),
        Figure("hover: a sample's card over HTTP, median", hover, "ms", 20),
        Figure(f"{sessions} sessions rerunning at once, median", together, "s", 0.5),
        Figure("a new workspace: its first map drawn after the server answers", first, "s", 3, note=_NO_BROWSER),
    ]


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
