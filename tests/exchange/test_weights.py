"""Weights from elsewhere: the same numbers, or the tensor that is wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from aeexplorer.catalogue import open_catalogue
from aeexplorer.errors import UploadRejected
from aeexplorer.exchange.weights import export_weights, import_weights
from aeexplorer.jobs.status import status
from aeexplorer.training.run import Run
from aeexplorer.workspace import Workspace


@pytest.fixture
def copied(trained, tmp_path: Path) -> tuple[Workspace, dict[str, Run]]:
    """A copy of the trained runs."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    workspace = Workspace.open(tmp_path / "copy")
    return workspace, {name: Run(workspace.run_folder(run.id)) for name, run in trained.runs.items()}


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_a_run_comes_back_with_the_same_results(copied: tuple[Workspace, dict[str, Run]], tmp_path: Path, name: str) -> None:
    workspace, runs = copied
    run = runs[name]
    back = import_weights(workspace, run.config, export_weights(run, tmp_path / "mine.safetensors"))
    assert back.id != run.id
    assert back.name == "mine"
    assert back.config.replace({"seed": run.config.seed}) == run.config
    ids = run.dataset.ids()
    assert np.allclose(back.latents(ids), run.latents(ids), atol=1e-5)
    assert back.metrics["test"]["mse"] == pytest.approx(run.metrics["test"]["mse"], rel=1e-5)
    assert status(back).state == "finished"
    assert back.id in {row.id for row in open_catalogue(workspace).runs()}


def changed(weights: dict[str, torch.Tensor], how: str) -> dict[str, torch.Tensor]:
    first = sorted(weights)[0]
    if how == "missing":
        return {key: value for key, value in weights.items() if key != first}
    others = {
        "shape": weights[first].flatten()[:-1].contiguous(),
        "kind": weights[first].to(torch.int32),
        "nan": weights[first] * torch.nan,
    }
    return weights | {"extra.weight": torch.zeros(2)} if how == "surplus" else weights | {first: others[how]}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing", "tensor bottleneck.from_latent.bias: is missing"),
        ("surplus", "tensor extra.weight: is not one of the model's"),
        ("shape", "tensor bottleneck.from_latent.bias: has the shape (31,) instead of (32,)"),
        ("kind", "tensor bottleneck.from_latent.bias: is torch.int32 instead of torch.float32"),
        ("nan", "tensor bottleneck.from_latent.bias: has numbers that are not finite"),
    ],
)
def test_the_tensor_that_is_wrong_is_named_and_nothing_is_stored(
    copied: tuple[Workspace, dict[str, Run]], tmp_path: Path, how: str, said: str
) -> None:
    workspace, runs = copied
    good = load_file(export_weights(runs["vae"], tmp_path / "good.safetensors"))
    save_file(changed(good, how), tmp_path / "bad.safetensors")
    before = sorted(workspace.runs.iterdir())
    with pytest.raises(UploadRejected) as refused:
        import_weights(workspace, runs["vae"].config, tmp_path / "bad.safetensors")
    assert f"bad.safetensors, {said}" in str(refused.value)
    assert sorted(workspace.runs.iterdir()) == before


def test_what_is_no_safetensors_file_is_refused(copied: tuple[Workspace, dict[str, Run]], tmp_path: Path) -> None:
    workspace, runs = copied
    (tmp_path / "pickle.pt").write_bytes(b"\x80\x04cos\nsystem\n")
    for path in (tmp_path / "pickle.pt", tmp_path / "absent"):
        with pytest.raises(UploadRejected, match="no safetensors file"):
            import_weights(workspace, runs["vae"].config, path)
