"""Recognition of model files by their names and first bytes."""

import io
from functools import partial

import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member
from aeexplorer.exchange.sniff import sniff

PICKLE = b"\x80\x04cos\nsystem\n"


def members(**files: bytes) -> list[Member]:
    """Build the members of a zip; in the names, ``__`` stands for a dot and ``___`` for a slash."""
    named = {name.replace("___", "/").replace("__", "."): content for name, content in files.items()}
    return [Member("up.zip", name, len(content), partial(io.BytesIO, content)) for name, content in named.items()]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"manifest__json": b"{}", "runs___run-0___run__json": b"{}"}, "run"),
        ({"mine__safetensors": b"-"}, "weights"),
        ({"encoder__onnx": b"-", "decoder__onnx": b"-", "about__json": b"{}"}, "onnx"),
        ({"my_model_enc__onnx": b"-", "my_model_dec__onnx": b"-"}, "onnx"),
        ({"config__json": b"{}", "diffusion_pytorch_model__safetensors": b"-"}, "diffusers"),
        ({"vae___config__json": b"{}", "vae___m__safetensors": b"-", "vae___m__bin": PICKLE}, "diffusers"),
    ],
)
def test_models_are_recognised(files: dict[str, bytes], kind: str) -> None:
    assert sniff(members(**files)).kind == kind


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"encoder__onnx": PICKLE, "decoder__onnx": PICKLE}, "encoder.onnx: it is a pickle"),
        ({"mine__safetensors": PICKLE}, "mine.safetensors: it is a pickle"),
        ({"archive___data__pkl": b"-", "archive___version": b"3"}, "archive/data.pkl: it is a pickle"),
        ({"config__json": b"{}", "diffusion_pytorch_model__bin": b"-"}, "model.bin: it is a pickle"),
        ({"encoder__onnx": b"-"}, "there is no decoder among encoder.onnx"),
        ({"config__json": b"{}"}, "config.json: there is no file of weights"),
        ({"vae___config__json": b"{}", "unet___config__json": b"{}"}, "there are several config.json"),
        ({"photo__png": b"-"}, "photo.png: it is not a model that can be loaded"),
    ],
)
def test_other_files_are_rejected(files: dict[str, bytes], message: str) -> None:
    with pytest.raises(UploadRejected) as rejected:
        sniff(members(**files))
    assert message in str(rejected.value)
