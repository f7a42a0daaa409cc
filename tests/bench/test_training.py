"""The training benchmark runs all loops on the same pictures."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import MNIST

from aeexplorer.bench import Figure, training
from aeexplorer.bench.training import PEER_TARGETS, TARGETS, TO_LOSS_TARGET, compare_time_to_loss, measure, pictures, write_idx
from aeexplorer.core.workspace import Workspace
from aeexplorer.training import step


@pytest.mark.filterwarnings("ignore")  # Lightning and Keras emit warnings, if installed
def test_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AEEXPLORER_DATA_DIR", raising=False)
    for rule in ("COMPILE_WITH_CONVOLUTIONS", "COMPILE_WITHOUT_CONVOLUTIONS"):
        monkeypatch.setattr(step, rule, (0, 10**9))  # compiling three models would take a minute
    monkeypatch.setattr(training, "TO_LOSS_SETTINGS", (300, 2))
    figures = measure(300, 1)
    by_name = {figure.name: figure for figure in figures}
    for preset, target in TARGETS.items():
        ours, plain, ratio = (
            by_name[f"{preset}: {name}"] for name in ("fit, once compiled", "plain loop", "speed-up of fit over the plain loop")
        )
        assert ratio.target == target
        assert ours.measured is not None
        assert plain.measured is not None
        assert ratio.measured == ours.measured / plain.measured
        for peer in PEER_TARGETS:
            comparison = by_name[f"{preset}: speed-up of fit over {peer.title()}"]
            assert (comparison.measured is not None) == (find_spec(peer) is not None)


def test_the_time_to_the_same_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With few pictures, `fit` reaches the loss, or the note says how far it came."""
    monkeypatch.delenv("AEEXPLORER_DATA_DIR", raising=False)
    theirs, ours, ratio = compare_time_to_loss(tmp_path, 600, 4)
    assert theirs.measured is not None
    assert ratio.target == TO_LOSS_TARGET
    if ours.measured is None:
        assert "did not reach" in ratio.value_text
    else:
        assert ratio.measured == theirs.measured / ours.measured


def test_both_loops_see_the_same_pictures(workspace: Workspace, tmp_path: Path) -> None:
    dataset = pictures(workspace, 50, held_out=7)
    write_idx(tmp_path / "MNIST" / "raw", dataset)
    stored = MNIST(tmp_path, train=True)
    assert np.array_equal(stored.data.numpy(), dataset.main_field.array[:50, 0])
    assert len(dataset.ids("validation")) == 7
    assert len(np.unique(stored.data)) > 50


def test_a_figure_passes_when_it_reaches_its_target() -> None:
    assert Figure("ratio", 2.6, "times", 2.5, "more").passed
    assert not Figure("ratio", 2.4, "times", 2.5, "more").passed
    assert Figure("delay", 19.0, "ms", 20.0).passed
    assert not Figure("delay", 21.0, "ms", 20.0).passed
    assert Figure("delay", None, "ms", 20.0, note="no Chromium").passed is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.50"), (87.594, "87.59"), (141.04, "141.0"), (1234.6, "1,235"), (5e6, "5,000,000"), (-141.04, "-141.0")],
)
def test_a_value_has_two_decimals_or_four_digits(value: float, text: str) -> None:
    assert Figure("what", value, "ms").value_text == f"{text} ms"
