"""Imported weights give the same results, or the message names the tensor that does not fit."""

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.weights import export_weights, import_weights
from aeexplorer.jobs.status import status
from aeexplorer.training.run import Run


@pytest.fixture
def copied_runs(trained, tmp_path: Path) -> tuple[Workspace, dict[str, Run]]:
    """Copy the trained runs into a new workspace."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    workspace = Workspace.open(tmp_path / "copy")
    return workspace, {name: Run(workspace.run_folder(run.id)) for name, run in trained.runs.items()}


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_imported_weights_give_the_same_results(copied_runs: tuple[Workspace, dict[str, Run]], tmp_path: Path, name: str) -> None:
    workspace, runs = copied_runs
    run = runs[name]
    imported = import_weights(workspace, run.config, export_weights(run, tmp_path / "mine.safetensors"))
    assert imported.id != run.id
    assert imported.name == "mine"
    assert imported.config.replace({"seed": run.config.seed}) == run.config
    ids = run.dataset.ids()
    assert np.allclose(imported.latents(ids), run.latents(ids), atol=1e-5)
    assert imported.metrics["test"]["mse"] == pytest.approx(run.metrics["test"]["mse"], rel=1e-5)
    assert status(imported).state == "finished"
    assert imported.id in {row.id for row in open_catalogue(workspace).runs()}


def change_weights(weights: dict[str, torch.Tensor], change: str) -> dict[str, torch.Tensor]:
    first = sorted(weights)[0]
    if change == "missing":
        return {key: value for key, value in weights.items() if key != first}
    changed = {
        "shape": weights[first].flatten()[:-1].contiguous(),
        "kind": weights[first].to(torch.int32),
        "nan": weights[first] * torch.nan,
    }
    return weights | {"extra.weight": torch.zeros(2)} if change == "surplus" else weights | {first: changed[change]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("missing", "tensor bottleneck.from_latent.bias: is missing"),
        ("surplus", "tensor extra.weight: is not one of the model's"),
        ("shape", "tensor bottleneck.from_latent.bias: has the shape (31,) instead of (32,)"),
        ("kind", "tensor bottleneck.from_latent.bias: is torch.int32 instead of torch.float32"),
        ("nan", "tensor bottleneck.from_latent.bias: has numbers that are not finite"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named_and_nothing_is_stored(
    copied_runs: tuple[Workspace, dict[str, Run]], tmp_path: Path, change: str, message: str
) -> None:
    workspace, runs = copied_runs
    good = load_file(export_weights(runs["vae"], tmp_path / "good.safetensors"))
    save_file(change_weights(good, change), tmp_path / "bad.safetensors")
    before = sorted(workspace.runs.iterdir())
    with pytest.raises(UploadRejected) as rejected:
        import_weights(workspace, runs["vae"].config, tmp_path / "bad.safetensors")
    assert f"bad.safetensors, {message}" in str(rejected.value)
    assert sorted(workspace.runs.iterdir()) == before


def build_file(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """Build a safetensors file with a header, whose stated length may be wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def build_header(*offsets: tuple[int, int]) -> dict[str, object]:
    """Build a header of tensors with four floats each, at these byte offsets."""
    return {f"t{i}": {"dtype": "F32", "shape": [4], "data_offsets": list(pair)} for i, pair in enumerate(offsets)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends before its header"),
        (build_file({}, length=2**63), "ends before its header"),
        (build_file(b" " * (5 << 20)), "more than 4,194,304"),
        (build_file(b"[" * 100_000), "not a safetensors file"),
        (build_file(build_header((0, 16), (8, 24)), bytes(24)), "not a safetensors file"),
        (build_file(build_header((0, 16), (0, 16)), bytes(16)), "not a safetensors file"),
        (build_file(build_header((0, 1 << 40)), bytes(16)), "not a safetensors file"),
        (build_file(build_header((0, 16)), bytes(8)), "not a safetensors file"),
        (build_file(build_header((0, 16)), bytes(99)), "not a safetensors file"),
        (
            build_file({"t": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 16]}}, bytes(16)),
            "not a safetensors file",
        ),
        (build_file({"t": {"dtype": "OBJ", "shape": [4], "data_offsets": [0, 16]}}, bytes(16)), "not a safetensors file"),
    ],
    ids=["empty", "endless", "bomb", "deep", "overlap", "twice", "beyond", "cut", "trailing", "impossible", "objects"],
)
def test_forged_headers_are_rejected(trained, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bad.safetensors").write_bytes(content)
    with pytest.raises(UploadRejected, match=message) as rejected:
        import_weights(trained.workspace, trained.runs["vae"].config, tmp_path / "bad.safetensors")
    assert rejected.value.fix


def test_other_files_are_rejected(copied_runs: tuple[Workspace, dict[str, Run]], tmp_path: Path) -> None:
    workspace, runs = copied_runs
    (tmp_path / "pickle.pt").write_bytes(b"\x80\x04cos\nsystem\n")
    for path in (tmp_path / "pickle.pt", tmp_path / "absent"):
        with pytest.raises(UploadRejected, match="not a safetensors file"):
            import_weights(workspace, runs["vae"].config, path)
