"""ONNX graphs built by hand: encoders, decoders, and graphs that must be rejected."""

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SAMPLES = np.random.default_rng(0).random((4, 1, 8, 8), np.float32)
WEIGHTS = np.random.default_rng(1).normal(size=(64, 3)).astype(np.float32)
TABLE = np.arange(10, dtype=np.float32).reshape(5, 2)


def graph(
    nodes: list[Any],
    graph_input: tuple[str, int, list[Any]],
    graph_output: tuple[str, int],
    constants: dict[str, np.ndarray] | None = None,
    domain: str = "",
) -> Any:
    """Build a model with one input (name, type, shape) and one output (name, type)."""
    name, kind, shape = graph_input
    inner = helper.make_graph(
        nodes,
        "half",
        [helper.make_tensor_value_info(name, kind, shape)],
        [helper.make_tensor_value_info(graph_output[0], graph_output[1], None)],
        [numpy_helper.from_array(value, key) for key, value in (constants or {}).items()],
    )
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(inner, opset_imports=opsets, ir_version=9)


def encoder(shape: list[Any] | None = None, weights: np.ndarray = WEIGHTS) -> Any:
    """Build an encoder that multiplies flattened pictures by weights."""
    nodes = [helper.make_node("Flatten", ["x"], ["flat"]), helper.make_node("MatMul", ["flat", "W"], ["code"])]
    return graph(nodes, ("x", TensorProto.FLOAT, shape or ["B", 1, 8, 8]), ("code", TensorProto.FLOAT), {"W": weights})


def decoder(weights: np.ndarray = WEIGHTS, shape: tuple[int, ...] = (-1, 1, 8, 8)) -> Any:
    """Build a decoder that multiplies latents by the transposed weights."""
    nodes = [helper.make_node("MatMul", ["code", "W"], ["flat"]), helper.make_node("Reshape", ["flat", "shape"], ["y"])]
    constants = {"W": np.ascontiguousarray(weights.T), "shape": np.array(shape)}
    return graph(nodes, ("code", TensorProto.FLOAT, ["B", weights.shape[1]]), ("y", TensorProto.FLOAT), constants)


def coder() -> Any:
    """Build an encoder that outputs two integer codes: the best of five scores, twice."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "W"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["best"], axis=1, keepdims=1),
        helper.make_node("Concat", ["best", "best"], ["code"], axis=1),
    ]
    weights = np.random.default_rng(2).normal(size=(64, 5)).astype(np.float32)
    return graph(nodes, ("x", TensorProto.FLOAT, ["B", 1, 8, 8]), ("code", TensorProto.INT64), {"W": weights})


def lookup(kind: str = "Gather") -> Any:
    """Build a decoder of integer codes that looks them up in a table, or uses them as numbers."""
    head = [
        helper.make_node("Gather", ["table", "code"], ["entries"]),
        helper.make_node("Flatten", ["entries"], ["flat"]),
    ]
    if kind != "Gather":
        head = [
            helper.make_node("Cast", ["code"], ["number"], to=TensorProto.FLOAT),
            helper.make_node("Concat", ["number", "number"], ["flat"], axis=1),
        ]
    nodes = [*head, helper.make_node("MatMul", ["flat", "W"], ["wide"]), helper.make_node("Reshape", ["wide", "shape"], ["y"])]
    constants = {"table": TABLE, "W": np.ones((4, 64), np.float32), "shape": np.array([-1, 1, 8, 8])}
    return graph(nodes, ("code", TensorProto.INT64, ["B", 2]), ("y", TensorProto.FLOAT), constants)


def external(model: Any) -> Any:
    """Move the first tensor of a model into another file."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return model


def strange(domain: str, operator: str) -> Any:
    """Build an encoder of a single operator."""
    nodes = [helper.make_node(operator, ["x"], ["code"], domain=domain)]
    return graph(nodes, ("x", TensorProto.FLOAT, ["B", 1, 8, 8]), ("code", TensorProto.FLOAT), domain=domain)


def two_inputs() -> Any:
    """Build an encoder with a second input."""
    model = encoder()
    model.graph.input.append(helper.make_tensor_value_info("noise", TensorProto.FLOAT, ["B", 3]))
    return model


def with_branch() -> Any:
    """Build an encoder with an external tensor in a branch of an If."""
    branch = helper.make_graph(
        [helper.make_node("Identity", ["stored"], ["inner"])],
        "branch",
        [],
        [helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(WEIGHTS, "stored")],
    )
    model = encoder()
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    node = helper.make_node("If", ["yes"], ["unused"], then_branch=branch, else_branch=branch)
    external_tensor = node.attribute[0].g.initializer[0]
    external_tensor.data_location = TensorProto.EXTERNAL
    model.graph.node.append(node)
    return model
