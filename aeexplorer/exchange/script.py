"""A run as a PyTorch script: the model's computation as plain source, its weights as safetensors, both in one zip."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import orjson
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors
from torch import Tensor

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path
from aeexplorer.exchange.pair import Pair, described, example_arrays, pair_of, traced
from aeexplorer.exchange.source import function_source
from aeexplorer.training.run import Run

FILES = ("model.py", "weights.safetensors", "example.safetensors", "about.json")
PATIENCE = 300.0
"""Seconds until a script that does not end has failed."""
_HEAD = '''"""The model of the aeexplorer run {run}, as PyTorch functions. It needs torch and safetensors only.

`encode(w, {inputs})` and `decode(w, code)` take the weights `w` and tensors of any number of samples; about.json says
what each tensor is. Run this file to compare it with what the app made of the samples in example.safetensors.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

HERE = Path(__file__).parent


'''
_TAIL = '''

def load_weights():
    """The weights by name; the numbers that the training moved can be trained on with `requires_grad_`."""
    return load_file(HERE / "weights.safetensors")


if __name__ == "__main__":
    example, w = load_file(HERE / "example.safetensors"), load_weights()
    with torch.no_grad():
        code = encode(w, {given})
        outputs = decode(w, code)
    found = {{"code": code}} | {{f"y{{i}}": output for i, output in enumerate(outputs)}}
    gaps = {{name: float((tensor - example[name]).abs().max()) for name, tensor in found.items()}}
    for name, gap in gaps.items():
        print(name, tuple(found[name].shape), "largest difference", gap)
    if not max(gaps.values()) <= 1e-5:
        raise SystemExit("these are not the numbers that the app found")
'''


def export_script(run: Run, target: Path | str) -> Path:
    """Write a zip with ``model.py``, ``weights.safetensors``, ``example.safetensors`` and ``about.json``; returns its path.

    The script gives what the run's model gives, to 1e-5; that is tried before anything is written.

    Raises
    ------
    UserError
        If the run has no weights yet, or its model does something that cannot be written so.
    """
    pair = pair_of(run)
    weights: dict[str, Tensor] = {}
    source = script_source(run.id, pair, weights)
    path = Path(target).expanduser().absolute()
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        (folder / "model.py").write_text(source, "utf-8")
        save_tensors({name: tensor.clone() for name, tensor in weights.items()}, folder / "weights.safetensors")
        save_arrays(example_arrays(pair), folder / "example.safetensors")
        (folder / "about.json").write_bytes(orjson.dumps(described(run, pair), option=orjson.OPT_INDENT_2))
        _try(folder)
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in FILES:
                archive.write(folder / member, member)
    return path


def script_source(run_id: str, pair: Pair, weights: dict[str, Tensor]) -> str:
    """The source of ``model.py``; puts the weights it names into `weights`."""
    inputs = [f"x{i}" for i in range(len(pair.inputs))]
    shapes = ", ".join(f"{name} {_shape(x)}" for name, x in zip(inputs, pair.inputs, strict=True))
    outputs = ", ".join(f"y{i} {_shape(y)}" for i, y in enumerate(pair.outputs))
    functions = [
        function_source("encode", traced(pair.encoder, pair.inputs), inputs, weights, f"{shapes} → code {_shape(pair.code)}."),
        function_source(
            "decode", traced(pair.decoder, (pair.code,)), ["code"], weights, f"code {_shape(pair.code)} → {outputs}."
        ),
    ]
    head = _HEAD.format(run=run_id, inputs=", ".join(inputs))
    return head + "\n\n".join(functions) + _TAIL.format(given=", ".join(f'example["{name}"]' for name in inputs))


def _shape(tensor: Tensor) -> str:
    return f"({', '.join(['B', *map(str, tensor.shape[1:])])})"


def _try(folder: Path) -> None:
    """Run the script as anyone would; refuse it where it fails or does not give what the model gives."""
    done = subprocess.run([sys.executable, "-I", folder / "model.py"], capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        last = " ".join((done.stderr.strip().splitlines() or ["it failed"])[-1].split())[:200]
        raise UserError(f"this model cannot be written as a script: {last}", "Export it as a run file instead")
