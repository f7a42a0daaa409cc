"""The training benchmark runs both loops and compares like with like."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import MNIST

from aeexplorer.bench import Figure, training
from aeexplorer.bench.training import ASKED, PEERS_ASKED, TO_LOSS_ASKED, measure, pictures, to_loss, write_idx
from aeexplorer.core.workspace import Workspace
from aeexplorer.training import step


@pytest.mark.filterwarnings("ignore")  # Lightning and Keras warn of themselves, where they are there
def test_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AEEXPLORER_DATA_DIR", raising=False)
    for rule in ("COMPILE_WITH_CONVOLUTIONS", "COMPILE_WITHOUT_CONVOLUTIONS"):
        monkeypatch.setattr(step, rule, (0, 10**9))  # compiling three models would take a minute
    monkeypatch.setattr(training, "TO_LOSS", (300, 2))
    figures = measure(300, 1)
    paces = {figure.name: figure for figure in figures}
    for preset, asked in ASKED.items():
        ours, usual, ratio = (
            paces[f"{preset}: {name}"] for name in ("fit, once compiled", "the usual loop", "fit against the usual loop")
        )
        assert ratio.asked == asked
        assert ours.measured is not None
        assert usual.measured is not None
        assert ratio.measured == ours.measured / usual.measured
        for peer in PEERS_ASKED:
            beside = paces[f"{preset}: fit against {peer.title()}"]
            assert (beside.measured is not None) == (find_spec(peer) is not None)


def test_the_way_to_the_same_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of so few pictures ours gets there or says how far it got."""
    monkeypatch.delenv("AEEXPLORER_DATA_DIR", raising=False)
    theirs, ours, ratio = to_loss(tmp_path, 600, 4)
    assert theirs.measured is not None
    assert ratio.asked == TO_LOSS_ASKED
    if ours.measured is None:
        assert "was not down to" in ratio.said
    else:
        assert ratio.measured == theirs.measured / ours.measured


def test_both_loops_see_the_same_pictures(workspace: Workspace, tmp_path: Path) -> None:
    dataset = pictures(workspace, 50, held_out=7)
    write_idx(tmp_path / "MNIST" / "raw", dataset)
    stored = MNIST(tmp_path, train=True)
    assert np.array_equal(stored.data.numpy(), dataset.main_field.array[:50, 0])
    assert len(dataset.ids("validation")) == 7
    assert len(np.unique(stored.data)) > 50


def test_passing() -> None:
    assert Figure("ratio", 2.6, "times", 2.5, "more").passed
    assert not Figure("ratio", 2.4, "times", 2.5, "more").passed
    assert Figure("delay", 19.0, "ms", 20.0).passed
    assert not Figure("delay", 21.0, "ms", 20.0).passed
    assert Figure("delay", None, "ms", 20.0, note="no Chromium").passed is None


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.5, "0.50"), (87.594, "87.59"), (141.04, "141.0"), (1234.6, "1,235"), (5e6, "5,000,000"), (-141.04, "-141.0")],
)
def test_a_figure_is_said_to_two_decimals_and_four_digits_at_least(value: float, said: str) -> None:
    assert Figure("what", value, "ms").said == f"{said} ms"
