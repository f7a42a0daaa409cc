"""The file formats that a run can be exported to."""

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
    """A file format for runs.

    Parameters
    ----------
    name
        Name on the command line.
    title
        Name on the page.
    help
        Content of the file, one sentence.
    ending
        Ending of the file name, with the dot.
    write
        Function that writes a run to a path and returns the path.
    """

    name: str
    title: str
    help: str
    ending: str
    write: Callable[[Run, Path | str], Path]


FORMATS = {
    run_format.name: run_format
    for run_format in (
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
            "The map with its pictures and the decoder in one HTML file. It needs no network.",
            ".html",
            export_page,
        ),
        Format("weights", "Weights", "The model's tensors, to load for the same settings.", ".safetensors", export_weights),
    )
}
"""Formats by name."""
