"""The parts of the interaction benchmark, on a small run."""

from collections.abc import Iterator

import pytest

from aeexplorer.bench.interaction import hover_seconds
from aeexplorer.bench.served import Served, serve, train_example_run
from aeexplorer.bench.sessions import rerun_together
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run

pytestmark = pytest.mark.xdist_group("served")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Run]]:
    """Serve the app over a workspace with one run of 300 samples."""
    workspace = Workspace.open(tmp_path_factory.mktemp("bench"))
    run = train_example_run(workspace, 300)
    with serve(workspace) as running:
        yield running, run


def test_the_example_run_has_labels_and_two_latents(served: tuple[Served, Run]) -> None:
    run = served[1]
    assert (run.dataset.n, run.latents(run.dataset.ids()).shape) == (300, (300, 2))
    assert len(run.dataset.label_names) > 1


def test_every_session_and_hover_gets_a_response(served: tuple[Served, Run]) -> None:
    server, run = served
    before = server.cpu_seconds
    assert len(rerun_together(server.port, sessions=3, rounds=2)) == 6
    assert hover_seconds(server, run) > 0
    assert server.cpu_seconds > before
