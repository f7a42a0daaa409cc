"""What files are, by their names and first bytes."""

import io
from functools import partial

import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member
from aeexplorer.exchange.sniff import sniff

PICKLE = b"\x80\x04cos\nsystem\n"


def members(**files: bytes) -> list[Member]:
    """Files as they would lie in a zip; ``__`` stands for the dot, ``___`` for the slash of a path."""
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
def test_what_is_known(files: dict[str, bytes], kind: str) -> None:
    assert sniff(members(**files)).kind == kind


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"encoder__onnx": PICKLE, "decoder__onnx": PICKLE}, "encoder.onnx: it is a pickle"),
        ({"mine__safetensors": PICKLE}, "mine.safetensors: it is a pickle"),
        ({"archive___data__pkl": b"-", "archive___version": b"3"}, "archive/data.pkl: it is a pickle"),
        ({"config__json": b"{}", "diffusion_pytorch_model__bin": b"-"}, "model.bin: it is a pickle"),
        ({"encoder__onnx": b"-"}, "there is no decoder among encoder.onnx"),
        ({"config__json": b"{}"}, "config.json: there is no file of weights"),
        ({"vae___config__json": b"{}", "unet___config__json": b"{}"}, "there are several config.json"),
        ({"photo__png": b"-"}, "photo.png: it is no model that can be loaded"),
    ],
)
def test_what_is_not_is_refused(files: dict[str, bytes], said: str) -> None:
    with pytest.raises(UploadRejected) as refused:
        sniff(members(**files))
    assert said in str(refused.value)
