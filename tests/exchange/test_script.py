"""A script gives what the run gives, in a process that does not know aeexplorer."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from aeexplorer.core.errors import UserError
from aeexplorer.exchange.script import FILES, export_script
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run


def run_script(folder: Path, program: str = "") -> subprocess.CompletedProcess[str]:
    given = ["-c", program] if program else ["model.py"]
    return subprocess.run([sys.executable, *given], cwd=folder, capture_output=True, text=True, env={"PYTHONSAFEPATH": ""})


@pytest.mark.parametrize("name", ["vq", "ae"])
def test_the_script_gives_what_the_run_gives(trained, tmp_path: Path, name: str) -> None:
    run = trained.runs[name]
    with zipfile.ZipFile(export_script(run, tmp_path / "run.zip")) as archive:
        assert sorted(archive.namelist()) == sorted(FILES)
        for member in FILES:
            (tmp_path / member).write_bytes(archive.read(member))
    source = (tmp_path / "model.py").read_text()
    assert "aeexplorer." not in source
    ids = run.dataset.ids("train")[:7]
    x, back = run.reconstruct(ids)
    (field,) = x
    save_file({"x0": x[field].numpy(), "back": back[field].numpy()}, tmp_path / "more.safetensors")
    program = (
        "import torch, model\nfrom safetensors.torch import load_file, save_file\n"
        "w, more = model.load_weights(), load_file('more.safetensors')\n"
        "code = model.encode(w, more['x0'])\n"
        "save_file({'code': code.contiguous(), 'y0': model.decode(w, code)[0].contiguous()}, 'found.safetensors')"
    )
    done = run_script(tmp_path, program)
    assert done.returncode == 0, done.stderr
    found = load_file(tmp_path / "found.safetensors")
    assert np.abs(found["y0"] - back[field].numpy()).max() < 1e-5
    wanted = np.asarray(run.codes)[ids] if name == "vq" else run.latents(ids)
    assert np.abs(found["code"] - wanted).max() < 1e-4
    about = json.loads((tmp_path / "about.json").read_text())
    assert about["run"] == run.id
    assert about["code"]["shape"] == list(wanted.shape[1:])


def test_the_script_notices_other_weights(trained, tmp_path: Path) -> None:
    with zipfile.ZipFile(export_script(trained.runs["ae"], tmp_path / "run.zip")) as archive:
        for member in FILES:
            (tmp_path / member).write_bytes(archive.read(member))
    weights = load_file(tmp_path / "weights.safetensors")
    save_file({key: 1.01 * value for key, value in weights.items()}, tmp_path / "weights.safetensors")
    done = run_script(tmp_path)
    assert done.returncode
    assert "not the numbers" in done.stderr


def test_a_run_without_weights_has_no_script(workspace, dataset, tmp_path: Path) -> None:
    run = create_run(workspace, RunConfig(dataset=dataset.id), "new")
    with pytest.raises(UserError, match="no weights yet"):
        export_script(run, tmp_path / "run.zip")
    assert list(tmp_path.glob("*.zip")) == []
