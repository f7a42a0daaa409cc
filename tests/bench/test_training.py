"""The training benchmark runs both loops and compares like with like."""

from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import MNIST

from aeexplorer.bench import Figure
from aeexplorer.bench.training import ASKED, measure, pictures, write_idx
from aeexplorer.workspace import Workspace


@pytest.mark.filterwarnings("ignore")  # Lightning warns of itself, where it is there
def test_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AEEXPLORER_DATA_DIR", raising=False)
    figures = measure(300, 1)
    ratios = figures[2::5]
    assert [figure.asked for figure in ratios] == list(ASKED.values())
    for ours, usual, ratio in zip(figures[::5], figures[1::5], ratios, strict=True):
        assert ours.measured is not None
        assert usual.measured is not None
        assert ratio.measured == ours.measured / usual.measured


def test_both_loops_see_the_same_pictures(workspace: Workspace, tmp_path: Path) -> None:
    dataset = pictures(workspace, 50)
    write_idx(tmp_path / "MNIST" / "raw", dataset)
    stored = MNIST(tmp_path, train=True)
    assert np.array_equal(stored.data.numpy(), dataset.main_field.array[:, 0])
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
