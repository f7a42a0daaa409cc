"""An exported script gives the same outputs as the run, in a process that does not import aeexplorer."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from aeexplorer.core.errors import UserError
from aeexplorer.exchange.script import MEMBERS, export_script
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run


def run_script(folder: Path, program: str = "") -> subprocess.CompletedProcess[str]:
    arguments = ["-c", program] if program else ["model.py"]
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, env={"PYTHONSAFEPATH": ""})


@pytest.mark.parametrize("name", ["vq", "ae"])
def test_the_script_gives_the_outputs_of_the_run(trained, tmp_path: Path, name: str) -> None:
    run = trained.runs[name]
    with zipfile.ZipFile(export_script(run, tmp_path / "run.zip")) as archive:
        assert sorted(archive.namelist()) == sorted(MEMBERS)
        for member in MEMBERS:
            (tmp_path / member).write_bytes(archive.read(member))
    source = (tmp_path / "model.py").read_text()
    assert "aeexplorer." not in source
    ids = run.dataset.ids("train")[:7]
    x, reconstruction = run.reconstruct(ids)
    (field,) = x
    save_file({"x0": x[field].numpy(), "reconstruction": reconstruction[field].numpy()}, tmp_path / "more.safetensors")
    program = (
        "import torch, model\nfrom safetensors.torch import load_file, save_file\n"
        "w, more = model.load_weights(), load_file('more.safetensors')\n"
        "code = model.encode(w, more['x0'])\n"
        "save_file({'code': code.contiguous(), 'y0': model.decode(w, code)[0].contiguous()}, 'results.safetensors')"
    )
    process = run_script(tmp_path, program)
    assert process.returncode == 0, process.stderr
    results = load_file(tmp_path / "results.safetensors")
    assert np.abs(results["y0"] - reconstruction[field].numpy()).max() < 1e-5
    expected = np.asarray(run.codes)[ids] if name == "vq" else run.latents(ids)
    assert np.abs(results["code"] - expected).max() < 1e-4
    about = json.loads((tmp_path / "about.json").read_text())
    assert about["run"] == run.id
    assert about["code"]["shape"] == list(expected.shape[1:])


def test_the_script_fails_with_other_weights(trained, tmp_path: Path) -> None:
    with zipfile.ZipFile(export_script(trained.runs["ae"], tmp_path / "run.zip")) as archive:
        for member in MEMBERS:
            (tmp_path / member).write_bytes(archive.read(member))
    weights = load_file(tmp_path / "weights.safetensors")
    save_file({key: 1.01 * value for key, value in weights.items()}, tmp_path / "weights.safetensors")
    process = run_script(tmp_path)
    assert process.returncode
    assert "the outputs differ from those of the app" in process.stderr


def test_a_run_without_weights_cannot_be_exported(workspace, dataset, tmp_path: Path) -> None:
    run = create_run(workspace, RunConfig(dataset=dataset.id), "new")
    with pytest.raises(UserError, match="no weights yet"):
        export_script(run, tmp_path / "run.zip")
    assert list(tmp_path.glob("*.zip")) == []
