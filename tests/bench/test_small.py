"""The benchmark of the presets' defaults on small datasets."""

import numpy as np
import pytest

from aeexplorer.bench.small import BUILTIN, GENERATED, generate, measure, subsample
from aeexplorer.cli import main
from aeexplorer.core.workspace import Workspace


def test_a_linear_autoencoder_of_few_rows_has_the_error_of_pca() -> None:
    figure, unexplained = measure(["linear-ae"], ["wine"])
    assert figure.measured == pytest.approx(1, abs=0.05)
    assert "steps" in figure.note
    assert unexplained.passed


def test_subsamples_keep_the_share_of_each_label(workspace: Workspace) -> None:
    dataset = subsample(workspace, "digits", BUILTIN["digits"])
    assert dataset.n == 200
    assert dataset.main_field.shape == (1, 8, 8)
    counts = np.bincount(dataset.labels)
    assert counts.min() >= 19
    assert len(dataset.ids("train")) == 160


@pytest.mark.parametrize("name", GENERATED)
def test_generated_datasets_have_structure_that_few_components_explain(workspace: Workspace, name: str) -> None:
    dataset = generate(workspace, name)
    values = np.asarray(dataset.main_field.array, np.float64)
    if name == "birds":
        assert values.shape == (344, 7)
        assert 0.01 < np.isnan(values[:, :4]).mean() < 0.03
        complete = values[~np.isnan(values).any(1)]
        assert np.corrcoef(complete[:, 2], complete[:, 3])[0, 1] > 0.7  # long flippers, heavy birds
    else:
        assert values.shape == (80, 100, 6)
        assert values.std() > 0.5
    assert generate(workspace, name).id == dataset.id


def test_unknown_names_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "small", "moon"]) == 2
    assert "no small dataset 'moon'" in capsys.readouterr().err
    assert main(["bench", "small", "--preset", "gan"]) == 2
    assert "no preset 'gan'" in capsys.readouterr().err
