"""Accepted and rejected pairs of ONNX graphs."""

import io
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper, numpy_helper

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member
from aeexplorer.exchange.graphs import check_pair

from .making import SAMPLES, TABLE, WEIGHTS, coder, decoder, encoder, external, lookup, strange, two_inputs, with_branch


def member(name: str, model: Any) -> Member:
    content = model if isinstance(model, bytes) else model.SerializeToString()
    return Member(name, "", len(content), partial(io.BytesIO, content))


def check(encoder_model: Any, decoder_model: Any) -> dict[str, Any]:
    return check_pair(member("encoder.onnx", encoder_model), member("decoder.onnx", decoder_model), SAMPLES)


@contextmanager
def limited_memory(size: int) -> Iterator[None]:
    """Let this process take this many bytes more, as the confined process does."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_pair_with_vector_latents_is_described() -> None:
    settings = check(encoder(), decoder())
    assert (settings["encoder"]["takes"], settings["decoder"]["takes"]) == ((1, 8, 8), (3,))
    assert (settings["encoder"]["input"], settings["decoder"]["output"]) == ("x", "y")
    assert "entries" not in settings


def test_flattened_pictures_are_accepted() -> None:
    settings = check(encoder(["B", 64]), decoder(shape=(-1, 64)))
    assert settings["encoder"]["takes"] == (64,)


def test_the_codebook_is_read_from_the_decoder() -> None:
    settings = check(coder(), lookup())
    assert (settings["entries"], settings["entry_length"]) == TABLE.shape
    assert np.array_equal(settings["table"], TABLE)


@pytest.mark.parametrize("shape", [[2000, 2000, 500], [2**40]])
def test_a_graph_that_allocates_much_is_refused(shape: list[int]) -> None:
    model = encoder()
    model.graph.initializer.append(numpy_helper.from_array(np.array(shape), "huge"))
    zeros = numpy_helper.from_array(np.zeros(1, np.float32))
    model.graph.node.append(helper.make_node("ConstantOfShape", ["huge"], ["zeros"], value=zeros))
    model.graph.node.append(helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0))
    model.graph.node.append(helper.make_node("Add", ["code", "sum"], ["out"]))
    model.graph.output[0].name = "out"
    with pytest.raises(UploadRejected, match=r"memory|cannot be run"), limited_memory(3 << 30):
        check(model, decoder())


def test_a_graph_is_tried_at_the_batch_that_is_used_later() -> None:
    # up to 100 samples fit into its table, so that a trial on four samples says nothing
    model = encoder()
    model.graph.initializer.append(numpy_helper.from_array(np.ones((100, 3), np.float32), "rows"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([0]), "zero"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([1]), "one"))
    model.graph.node.extend(
        [
            helper.make_node("Shape", ["code"], ["shape"]),
            helper.make_node("Slice", ["shape", "zero", "one"], ["count"]),
            helper.make_node("Slice", ["rows", "zero", "count"], ["ones"]),
            helper.make_node("Mul", ["code", "ones"], ["out"]),
        ]
    )
    model.graph.output[0].name = "out"
    with pytest.raises(UploadRejected, match=r"fails for a batch of \(128, 1, 8, 8\)"):
        check(model, decoder())


def test_a_graph_whose_results_depend_on_the_other_samples_is_refused() -> None:
    model = encoder()
    model.graph.node.append(helper.make_node("ReduceMean", ["code"], ["mean"], axes=[0], keepdims=1))
    model.graph.node.append(helper.make_node("Sub", ["code", "mean"], ["out"]))
    model.graph.output[0].name = "out"
    with pytest.raises(UploadRejected, match="gives another result for a sample when it comes alone"):
        check(model, decoder())


BROKEN: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
    "no model": (lambda: b"nonsense", decoder, "encoder.onnx: is not an ONNX model"),
    "external tensor": (lambda: external(encoder()), decoder, "encoder.onnx, tensor W: is stored in another file"),
    "external tensor inside": (with_branch, decoder, "encoder.onnx, tensor stored: is stored in another file"),
    "foreign operators": (lambda: strange("com.evil", "Run"), decoder, "operator set com.evil: is not part of the ONNX standard"),
    "unknown operator": (lambda: strange("", "Nonsense"), decoder, "encoder.onnx: cannot be run"),
    "two inputs": (two_inputs, decoder, "encoder.onnx: has 2 inputs (x, noise)"),
    "one sample at a time": (lambda: encoder([1, 1, 8, 8]), decoder, "encoder.onnx, input x: takes only batches of 1"),
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


@pytest.mark.parametrize(("build_encoder", "build_decoder", "message"), BROKEN.values(), ids=BROKEN)
def test_the_message_names_the_problem(build_encoder: Callable[[], Any], build_decoder: Callable[[], Any], message: str) -> None:
    with pytest.raises(UploadRejected) as rejected:
        check(build_encoder(), build_decoder())
    assert message in str(rejected.value)
