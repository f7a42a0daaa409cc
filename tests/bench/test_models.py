"""The figures of the model benchmark come from trainings."""

import numpy as np
import pytest
import torch

from aeexplorer.bench.models import format_markdown, measure, principal_angle
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.public import new_run


def test_a_linear_autoencoder_is_pca() -> None:
    figures = list(measure(["linear"]))
    assert [figure.passed for figure in figures] == [True, True]
    table = format_markdown(figures).splitlines()
    assert len(table) == 4
    assert all(line.count("|") == 5 for line in table)


def test_the_principal_angle_is_zero_to_the_same_plane_only(workspace: Workspace, dataset: Dataset) -> None:
    run = new_run(workspace, dataset, "linear-ae", {"model.latent_dim": 2, "training.epochs": 1})
    train(run, "cpu")
    x = dataset.main_field.array[dataset.ids("train")].reshape(-1, 64) / 255
    axes = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:2]
    with torch.no_grad():
        linear = run.model.bottleneck.from_latent
        linear.weight.copy_(torch.from_numpy(axes.T))
        same = principal_angle(run)
        linear.weight.copy_(torch.from_numpy(np.roll(axes, 1, 1).T))
        assert principal_angle(run) > 20 > 0.5 > same == pytest.approx(0, abs=0.5)
