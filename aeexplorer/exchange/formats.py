"""What a run can be written as."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aeexplorer.exchange.offline.page import export_page
from aeexplorer.exchange.onnx import export_onnx
from aeexplorer.exchange.run_files.transfer import export_run
from aeexplorer.exchange.script import export_script
from aeexplorer.exchange.weights import export_weights
from aeexplorer.training.run import Run


@dataclass(frozen=True)
class Format:
    """A way to write a run.

    Parameters
    ----------
    name, title, help
        As on the command line; for people; what is in the file.
    ending
        Of the file's name.
    write
        Writes a run to a path and returns the path.
    """

    name: str
    title: str
    help: str
    ending: str
    write: Callable[[Run, Path | str], Path]


FORMATS = {
    one.name: one
    for one in (
        Format("run", "Run file", "The run and its dataset, to open in aeexplorer on another machine.", ".aerun", export_run),
        Format(
            "script",
            "PyTorch script",
            "The model as plain PyTorch source, with its weights as safetensors.",
            ".zip",
            export_script,
        ),
        Format("onnx", "ONNX pair", "Encoder and decoder for onnxruntime.", ".onnx.zip", export_onnx),
        Format(
            "page",
            "Offline page",
            "The map with pictures and decoder as one HTML file; no network needed.",
            ".html",
            export_page,
        ),
        Format("weights", "Weights", "The model's tensors, to load for the same settings.", ".safetensors", export_weights),
    )
}
