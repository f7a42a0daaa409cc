"""Weights from elsewhere: the same numbers, or the tensor that is wrong."""

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


def raw(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file of this header, which may claim another length."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def claims(*offsets: tuple[int, int]) -> dict[str, object]:
    """Tensors of four floats each at these places."""
    return {f"t{i}": {"dtype": "F32", "shape": [4], "data_offsets": list(place)} for i, place in enumerate(offsets)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "ends before its header"),
        (raw({}, length=2**63), "ends before its header"),
        (raw(b" " * (5 << 20)), "more than 4,194,304"),
        (raw(b"[" * 100_000), "no safetensors file"),
        (raw(claims((0, 16), (8, 24)), bytes(24)), "no safetensors file"),
        (raw(claims((0, 16), (0, 16)), bytes(16)), "no safetensors file"),
        (raw(claims((0, 1 << 40)), bytes(16)), "no safetensors file"),
        (raw(claims((0, 16)), bytes(8)), "no safetensors file"),
        (raw(claims((0, 16)), bytes(99)), "no safetensors file"),
        (raw({"t": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 16]}}, bytes(16)), "no safetensors file"),
        (raw({"t": {"dtype": "OBJ", "shape": [4], "data_offsets": [0, 16]}}, bytes(16)), "no safetensors file"),
    ],
    ids=["empty", "endless", "bomb", "deep", "overlap", "twice", "beyond", "cut", "trailing", "impossible", "objects"],
)
def test_forged_headers_are_refused(trained, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.safetensors").write_bytes(content)
    with pytest.raises(UploadRejected, match=said) as refused:
        import_weights(trained.workspace, trained.runs["vae"].config, tmp_path / "bad.safetensors")
    assert refused.value.fix


def test_what_is_no_safetensors_file_is_refused(copied: tuple[Workspace, dict[str, Run]], tmp_path: Path) -> None:
    workspace, runs = copied
    (tmp_path / "pickle.pt").write_bytes(b"\x80\x04cos\nsystem\n")
    for path in (tmp_path / "pickle.pt", tmp_path / "absent"):
        with pytest.raises(UploadRejected, match="no safetensors file"):
            import_weights(workspace, runs["vae"].config, path)
