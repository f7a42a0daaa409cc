"""Pairs of ONNX graphs: those that can be used, and what is wrong with the others."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member
from aeexplorer.exchange.graphs import check_pair

from .making import SAMPLES, TABLE, WEIGHTS, coder, decoder, encoder, external, lookup, strange, two_inputs, with_branch


def member(name: str, model: Any) -> Member:
    content = model if isinstance(model, bytes) else model.SerializeToString()
    return Member(name, "", len(content), partial(io.BytesIO, content))


def checked(there: Any, back: Any) -> dict[str, Any]:
    return check_pair(member("encoder.onnx", there), member("decoder.onnx", back), SAMPLES)


def test_a_pair_of_vectors_is_described() -> None:
    found = checked(encoder(), decoder())
    assert (found["encoder"]["takes"], found["decoder"]["takes"]) == ((1, 8, 8), (3,))
    assert (found["encoder"]["input"], found["decoder"]["output"]) == ("x", "y")
    assert "entries" not in found


def test_flat_pictures_are_understood() -> None:
    found = checked(encoder(["B", 64]), decoder(shape=(-1, 64)))
    assert found["encoder"]["takes"] == (64,)


def test_the_table_of_codes_is_found() -> None:
    found = checked(coder(), lookup())
    assert (found["entries"], found["entry_length"]) == TABLE.shape
    assert np.array_equal(found["table"], TABLE)


BROKEN: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
    "no model": (lambda: b"nonsense", decoder, "encoder.onnx: is no ONNX model"),
    "external tensor": (lambda: external(encoder()), decoder, "encoder.onnx, tensor W: lies in another file"),
    "external tensor inside": (with_branch, decoder, "encoder.onnx, tensor held: lies in another file"),
    "foreign operators": (lambda: strange("com.evil", "Run"), decoder, "operator set com.evil: is not part of the ONNX standard"),
    "unknown operator": (lambda: strange("", "Nonsense"), decoder, "encoder.onnx: cannot be run"),
    "two inputs": (two_inputs, decoder, "encoder.onnx: has 2 inputs (x, noise)"),
    "one sample at a time": (lambda: encoder([1, 1, 8, 8]), decoder, "encoder.onnx, input x: takes batches of 1 only"),
    "other pictures": (
        lambda: encoder(["B", 1, 9, 9], np.ones((81, 3), np.float32)),
        decoder,
        "input x: takes samples of (1, 9, 9), and the dataset's pictures",
    ),
    "not finite": (lambda: encoder(weights=WEIGHTS * np.nan), decoder, "output code: has values that are not finite"),
    "another decoder": (
        encoder,
        lambda: decoder(WEIGHTS[:, :2]),
        "input code: takes samples of (2,), and the encoder gives (3,)",
    ),
    "other pictures out": (
        encoder,
        lambda: decoder(np.ones((32, 3), np.float32), (-1, 1, 4, 8)),
        "output y: is float32 (1, 4, 8), and the dataset's pictures are (1, 8, 8)",
    ),
    "codes and no table": (coder, lambda: lookup("Cast"), "decoder.onnx, input code: takes codes, but does not look them up"),
}


@pytest.mark.parametrize(("there", "back", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_named(there: Callable[[], Any], back: Callable[[], Any], said: str) -> None:
    with pytest.raises(UploadRejected) as refused:
        checked(there(), back())
    assert said in str(refused.value)
