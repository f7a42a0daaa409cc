"""Exported ONNX pairs give the same outputs as the run."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.exchange import onnx as module
from aeexplorer.exchange.onnx import export_onnx


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_onnxruntime_gives_the_outputs_of_the_run(trained, tmp_path: Path, name: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    run = trained.runs[name]
    ids = run.dataset.ids("train")[:9]
    x, reconstruction = run.reconstruct(ids)
    with zipfile.ZipFile(export_onnx(run, tmp_path / "pair.zip")) as archive:
        assert sorted(archive.namelist()) == ["about.json", "decoder.onnx", "encoder.onnx"]
        encoder, decoder = (onnxruntime.InferenceSession(archive.read(f"{half}.onnx")) for half in ("encoder", "decoder"))
    (code,) = encoder.run(None, {"x0": next(iter(x.values())).numpy()})
    expected = np.asarray(run.codes)[ids] if name == "vq" else run.latents(ids)
    assert np.abs(code - expected).max() < 1e-4
    (output,) = decoder.run(None, {"code": code})
    assert np.abs(output - next(iter(reconstruction.values())).numpy()).max() < 1e-4


def test_without_the_extra_the_error_names_the_package(trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUIRED_PACKAGES", ("no_such_package",))
    with pytest.raises(UserError, match=r"aeexplorer\[onnx\]"):
        export_onnx(trained.runs["vae"], tmp_path / "pair.zip")
