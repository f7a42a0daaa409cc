"""Export a run as a PyTorch script: the model as plain source and its weights as safetensors, in one zip."""

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
from aeexplorer.exchange.pair import Pair, build_run_pair, describe_pair, example_arrays, trace
from aeexplorer.exchange.source import function_source
from aeexplorer.training.run import Run

MEMBERS = ("model.py", "weights.safetensors", "example.safetensors", "about.json")
TIMEOUT_SECONDS = 300.0
"""Longest time that the exported script may take in its check."""
_HEAD = '''"""The model of the aeexplorer run {run}, as PyTorch functions. It needs only torch and safetensors.

`encode(w, {inputs})` and `decode(w, code)` take the weights `w` and tensors with any number of samples. about.json
describes each tensor. Run this file to compare its outputs with those of the app for the samples in example.safetensors.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

HERE = Path(__file__).parent


'''
_TAIL = '''

def load_weights():
    """Load the weights by name. To train them further, call `requires_grad_` on them."""
    return load_file(HERE / "weights.safetensors")


if __name__ == "__main__":
    example, w = load_file(HERE / "example.safetensors"), load_weights()
    with torch.no_grad():
        code = encode(w, {examples})
        outputs = decode(w, code)
    results = {{"code": code}} | {{f"y{{i}}": output for i, output in enumerate(outputs)}}
    differences = {{name: float((tensor - example[name]).abs().max()) for name, tensor in results.items()}}
    for name, difference in differences.items():
        print(name, tuple(results[name].shape), "largest difference", difference)
    if not max(differences.values()) <= 1e-5:
        raise SystemExit("the outputs differ from those of the app")
'''


def export_script(run: Run, target: Path | str) -> Path:
    """Write a zip with ``model.py``, ``weights.safetensors``, ``example.safetensors`` and ``about.json``.

    Before anything is written, the script is run and its outputs are compared with those of the run's model. They may differ
    by at most 1e-5.

    Parameters
    ----------
    run
        A run with weights.
    target
        Path of the zip.

    Returns
    -------
    Path
        The absolute path of the zip.

    Raises
    ------
    UserError
        If the run has no weights yet, or its model cannot be written as a script.
    """
    pair = build_run_pair(run)
    weights: dict[str, Tensor] = {}
    source = script_source(run.id, pair, weights)
    path = Path(target).expanduser().absolute()
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        (folder / "model.py").write_text(source, "utf-8")
        save_tensors({name: tensor.clone() for name, tensor in weights.items()}, folder / "weights.safetensors")
        save_arrays(example_arrays(pair), folder / "example.safetensors")
        (folder / "about.json").write_bytes(orjson.dumps(describe_pair(run, pair), option=orjson.OPT_INDENT_2))
        _verify(folder)
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in MEMBERS:
                archive.write(folder / member, member)
    return path


def script_source(run_id: str, pair: Pair, weights: dict[str, Tensor]) -> str:
    """Write the source of ``model.py``, and add the weights that it uses to `weights`."""
    inputs = [f"x{i}" for i in range(len(pair.inputs))]
    shapes = ", ".join(f"{name} {_format_shape(x)}" for name, x in zip(inputs, pair.inputs, strict=True))
    outputs = ", ".join(f"y{i} {_format_shape(y)}" for i, y in enumerate(pair.outputs))
    functions = [
        function_source(
            "encode", trace(pair.encoder, pair.inputs), inputs, weights, f"{shapes} → code {_format_shape(pair.code)}."
        ),
        function_source(
            "decode", trace(pair.decoder, (pair.code,)), ["code"], weights, f"code {_format_shape(pair.code)} → {outputs}."
        ),
    ]
    head = _HEAD.format(run=run_id, inputs=", ".join(inputs))
    return head + "\n\n".join(functions) + _TAIL.format(examples=", ".join(f'example["{name}"]' for name in inputs))


def _format_shape(tensor: Tensor) -> str:
    return f"({', '.join(['B', *map(str, tensor.shape[1:])])})"


def _verify(folder: Path) -> None:
    """Run the script in a fresh interpreter. Raise `UserError` if it fails or its outputs differ from the model's."""
    process = subprocess.run([sys.executable, "-I", folder / "model.py"], capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    if process.returncode:
        message = " ".join((process.stderr.strip().splitlines() or ["the script failed"])[-1].split())[:200]
        raise UserError(f"this model cannot be written as a script: {message}", "Export the run as a run file instead")
