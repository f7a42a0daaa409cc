"""Export a run as a pair of ONNX files, an encoder and a decoder, in one zip. Needs the extra ``onnx``."""

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
from aeexplorer.exchange.pair import Pair, build_run_pair, describe_pair, largest_difference, trace
from aeexplorer.training.run import Run

TOLERANCE = 1e-4
"""Largest absolute difference allowed between the outputs of onnxruntime and of the run's model."""
REQUIRED_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


def export_onnx(run: Run, target: Path | str) -> Path:
    """Write a zip with ``encoder.onnx``, ``decoder.onnx`` and ``about.json``.

    Before anything is written, the outputs of onnxruntime are compared with those of the run's model. They may differ by
    at most 1e-4.

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
        If the extra is not installed, the run has no weights yet, or its model cannot be expressed in ONNX.
    """
    if missing := [name for name in REQUIRED_PACKAGES if importlib.util.find_spec(name) is None]:
        raise UserError(f"writing ONNX needs {', '.join(missing)}", "Install them: pip install 'aeexplorer[onnx]'")
    pair = build_run_pair(run)
    inputs = [f"x{i}" for i in range(len(pair.inputs))]
    outputs = [f"y{i}" for i in range(len(pair.outputs))]
    path = Path(target).expanduser().absolute()
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as name:
        folder = Path(name)
        _write_half(folder / "encoder.onnx", pair.encoder, pair.inputs, inputs, ["code"])
        _write_half(folder / "decoder.onnx", pair.decoder, (pair.code,), ["code"], outputs)
        _verify(folder, pair)
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for half in ("encoder.onnx", "decoder.onnx"):
                archive.write(folder / half, half)
            archive.writestr("about.json", orjson.dumps(describe_pair(run, pair), option=orjson.OPT_INDENT_2))
    return path


def _write_half(path: Path, half: nn.Module, examples: tuple[Tensor, ...], inputs: list[str], outputs: list[str]) -> None:
    program = trace(half, examples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside the exporter
        torch.onnx.export(
            program, (), path, input_names=inputs, output_names=outputs, dynamo=True, external_data=False, verbose=False
        )


def _verify(folder: Path, pair: Pair) -> None:
    """Raise `UserError` if the exported pair and the model give different outputs."""
    import onnxruntime

    (code,) = _run_session(onnxruntime, folder / "encoder.onnx", {f"x{i}": x for i, x in enumerate(pair.inputs)})
    outputs = _run_session(onnxruntime, folder / "decoder.onnx", {"code": pair.code})
    difference = largest_difference((code, *outputs), (pair.code, *pair.outputs))
    if not difference <= TOLERANCE:
        raise UserError(
            f"the outputs of the ONNX model differ from the run's by {difference:.2g}", "Export the run as a run file instead"
        )


def _run_session(onnxruntime: object, path: Path, inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])  # type: ignore[attr-defined]
    return tuple(torch.from_numpy(array) for array in session.run(None, {name: x.numpy() for name, x in inputs.items()}))
