"""What the files are that somebody wants to load as a model: by their names and first bytes, nothing is parsed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member

KNOWN = (
    "a run file (.aerun), weights (.safetensors), an ONNX pair (encoder.onnx and decoder.onnx), "
    "or a diffusers folder (config.json and .safetensors)"
)
_PICKLE = "It may run any program when it is opened, so it is not; save the tensors with safetensors.torch.save_file"


@dataclass(frozen=True)
class Found:
    """What was recognised.

    Parameters
    ----------
    kind
        What it is.
    files
        The files that count, by what they are: ``weights``, ``config``, ``encoder``, ``decoder``.
    """

    kind: Literal["run", "weights", "onnx", "diffusers"]
    files: dict[str, Member]


def sniff(members: Sequence[Member]) -> Found:
    """Recognise what the members of an upload are together.

    Raises
    ------
    UploadRejected
        Where they are nothing that can be loaded, half of a pair, or a pickle.
    """
    if not members:
        raise UploadRejected("the upload", "", "there is no file in it", f"Choose {KNOWN}")
    found = _recognised(members)
    for member in members if found is None else found.files.values():
        if _is_pickle(member):
            raise member.rejected("it is a pickle", _PICKLE)
    if found is None:
        raise members[0].rejected("it is no model that can be loaded", f"Choose {KNOWN}")
    return found


def _recognised(members: Sequence[Member]) -> Found | None:
    if any(member.path == "manifest.json" for member in members) and any(m.path.startswith("runs/") for m in members):
        return Found("run", {})
    graphs = [member for member in members if member.suffix == ".onnx"]
    if graphs:
        return Found("onnx", {half: _half(graphs, half) for half in ("encoder", "decoder")})
    tensors = [member for member in members if member.suffix == ".safetensors"]
    configs = [member for member in members if _base(member) == "config.json"]
    if len(configs) > 1:
        raise configs[1].rejected("there are several config.json", "Choose the folder of the autoencoder alone, such as vae")
    if configs and (tensors or not any(map(_is_pickle, members))):
        return Found("diffusers", {"config": configs[0], "weights": _only(tensors, configs[0])})
    return Found("weights", {"weights": tensors[0]}) if len(members) == 1 and tensors else None


def _base(member: Member) -> str:
    return PurePosixPath(member.name.replace("\\", "/")).name.lower()


def _is_pickle(member: Member) -> bool:
    if member.suffix in (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin"):
        return True
    with member.open() as source:
        head = source.read(2)
    return len(head) == 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _half(graphs: list[Member], half: str) -> Member:
    found = [member for member in graphs if half[:3] in _base(member)]
    if len(found) != 1:
        names = ", ".join(_base(member) for member in graphs)
        raise graphs[0].rejected(
            f"there is {'no' if not found else 'more than one'} {half} among {names}",
            "Choose two files, encoder.onnx and decoder.onnx, or a zip of the two",
        )
    return found[0]


def _only(tensors: list[Member], config: Member) -> Member:
    named = [member for member in tensors if _base(member) == "diffusion_pytorch_model.safetensors"] or tensors
    if len(named) != 1:
        raise config.rejected(
            f"there {'are several files' if named else 'is no file'} of weights beside it",
            "Choose a folder with config.json and diffusion_pytorch_model.safetensors, as save_pretrained writes it",
        )
    return named[0]
