"""Recognise model files by their names and first bytes. Nothing is parsed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member

ACCEPTED_FILES = (
    "a run file (.aerun), weights (.safetensors), an ONNX pair (encoder.onnx and decoder.onnx), "
    "or a diffusers folder (config.json and .safetensors)"
)
_PICKLE_FIX = "A pickle can run any program when it is opened. Save the tensors with safetensors.torch.save_file"


@dataclass(frozen=True)
class RecognisedFiles:
    """A model recognised in the files of an upload.

    Parameters
    ----------
    kind
        Kind of the model.
    files
        The files that belong to the model, by part: ``weights``, ``config``, ``encoder``, ``decoder``. Empty for a run file.
    """

    kind: Literal["run", "weights", "onnx", "diffusers"]
    files: dict[str, Member]


def sniff(members: Sequence[Member]) -> RecognisedFiles:
    """Recognise the model that the members of an upload form together.

    Parameters
    ----------
    members
        Files of the upload; those inside a zip if the upload is one.

    Returns
    -------
    RecognisedFiles
        The kind of the model and its files.

    Raises
    ------
    UploadRejected
        If the files are not a model that can be loaded, are only half of an ONNX pair, or contain a pickle.
    """
    if not members:
        raise UploadRejected("the upload", "", "there is no file in it", f"Choose {ACCEPTED_FILES}")
    recognised = _recognise(members)
    for member in members if recognised is None else recognised.files.values():
        if _is_pickle(member):
            raise member.rejected("it is a pickle", _PICKLE_FIX)
    if recognised is None:
        raise members[0].rejected("it is not a model that can be loaded", f"Choose {ACCEPTED_FILES}")
    return recognised


def _recognise(members: Sequence[Member]) -> RecognisedFiles | None:
    if any(member.path == "manifest.json" for member in members) and any(m.path.startswith("runs/") for m in members):
        return RecognisedFiles("run", {})
    graphs = [member for member in members if member.suffix == ".onnx"]
    if graphs:
        return RecognisedFiles("onnx", {half: _find_half(graphs, half) for half in ("encoder", "decoder")})
    tensors = [member for member in members if member.suffix == ".safetensors"]
    configs = [member for member in members if _base_name(member) == "config.json"]
    if len(configs) > 1:
        raise configs[1].rejected("there are several config.json", "Choose only the folder of the autoencoder, such as vae")
    if configs and (tensors or not any(map(_is_pickle, members))):
        return RecognisedFiles("diffusers", {"config": configs[0], "weights": _find_weights(tensors, configs[0])})
    return RecognisedFiles("weights", {"weights": tensors[0]}) if len(members) == 1 and tensors else None


def _base_name(member: Member) -> str:
    return PurePosixPath(member.name.replace("\\", "/")).name.lower()


def _is_pickle(member: Member) -> bool:
    if member.suffix in (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin"):
        return True
    with member.open() as source:
        head = source.read(2)
    return len(head) == 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _find_half(graphs: list[Member], half: str) -> Member:
    """Return the only graph whose file name contains ``enc`` or ``dec``."""
    matches = [member for member in graphs if half[:3] in _base_name(member)]
    if len(matches) != 1:
        names = ", ".join(_base_name(member) for member in graphs)
        raise graphs[0].rejected(
            f"there is {'no' if not matches else 'more than one'} {half} among {names}",
            "Choose two files, encoder.onnx and decoder.onnx, or a zip of the two",
        )
    return matches[0]


def _find_weights(tensors: list[Member], config: Member) -> Member:
    """Return the only file of weights, preferring the name that diffusers uses."""
    matches = [member for member in tensors if _base_name(member) == "diffusion_pytorch_model.safetensors"] or tensors
    if len(matches) != 1:
        raise config.rejected(
            f"there {'are several files' if matches else 'is no file'} of weights beside it",
            "Choose a folder with config.json and diffusion_pytorch_model.safetensors, as save_pretrained writes it",
        )
    return matches[0]
