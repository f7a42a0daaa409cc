"""A run as a pair of ONNX files, an encoder and a decoder, in one zip; needs the extra ``onnx``."""

import importlib.util
import tempfile
import warnings
import zipfile
from pathlib import Path

import orjson
import torch
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path
from aeexplorer.exchange.pair import Pair, described, largest_difference, pair_of, traced
from aeexplorer.training.run import Run

CLOSE = 1e-4
NEEDED = ("onnx", "onnxscript", "onnxruntime")


def export_onnx(run: Run, target: Path | str) -> Path:
    """Write a zip with ``encoder.onnx``, ``decoder.onnx`` and ``about.json``; returns its path.

    onnxruntime gives what the run's model gives, to 1e-4; that is tried before anything is written.

    Raises
    ------
    UserError
        If the extra is not installed, the run has no weights yet, or its model has no form in ONNX.
    """
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise UserError(f"writing ONNX needs {', '.join(missing)}", "Install them: pip install 'aeexplorer[onnx]'")
    pair = pair_of(run)
    inputs = [f"x{i}" for i in range(len(pair.inputs))]
    outputs = [f"y{i}" for i in range(len(pair.outputs))]
    path = Path(target).expanduser().absolute()
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        _write(folder / "encoder.onnx", pair.encoder, pair.inputs, inputs, ["code"])
        _write(folder / "decoder.onnx", pair.decoder, (pair.code,), ["code"], outputs)
        _try(folder, pair)
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for half in ("encoder.onnx", "decoder.onnx"):
                archive.write(folder / half, half)
            archive.writestr("about.json", orjson.dumps(described(run, pair), option=orjson.OPT_INDENT_2))
    return path


def _write(path: Path, half: nn.Module, given: tuple[Tensor, ...], inputs: list[str], outputs: list[str]) -> None:
    program = traced(half, given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the exporter says of itself
        torch.onnx.export(
            program, (), path, input_names=inputs, output_names=outputs, dynamo=True, external_data=False, verbose=False
        )


def _try(folder: Path, pair: Pair) -> None:
    """Refuse a pair that does not give what the model gives."""
    import onnxruntime

    (code,) = _run(onnxruntime, folder / "encoder.onnx", {f"x{i}": x for i, x in enumerate(pair.inputs)})
    outputs = _run(onnxruntime, folder / "decoder.onnx", {"code": pair.code})
    gap = largest_difference((code, *outputs), (pair.code, *pair.outputs))
    if not gap <= CLOSE:
        raise UserError(f"the ONNX model's numbers differ from the run's by {gap:.2g}", "Export it as a run file instead")


def _run(onnxruntime: object, path: Path, inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])  # type: ignore[attr-defined]
    return tuple(torch.from_numpy(array) for array in session.run(None, {name: x.numpy() for name, x in inputs.items()}))
