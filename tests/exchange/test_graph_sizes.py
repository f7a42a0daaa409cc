"""Graphs whose work depends on the numbers of a sample are found; those whose sizes come from shapes and constants pass."""

from typing import Any

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from aeexplorer.exchange.graph_sizes import find_data_dependence


def value(name: str, kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, None)


def graph(nodes: list[Any], output: str = "y", **constants: Any) -> Any:
    stored = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    return helper.make_graph(nodes, "g", [value("x")], [value(output)], stored)


def body(nodes: list[Any], outputs: list[str], turn: str = "i") -> Any:
    inputs = [value(turn, TensorProto.INT64), value("go", TensorProto.BOOL), value("v")]
    return helper.make_graph(nodes, "body", inputs, [value(name) for name in outputs])


def branch(name: str) -> Any:
    return helper.make_graph([helper.make_node("Relu", ["x"], [name])], name, [], [value(name)])


node = helper.make_node
SUM = node("ReduceSum", ["x"], ["s"], keepdims=0)
COUNT = node("Cast", ["s"], ["n"], to=TensorProto.INT64)
POSITIVE = node("Greater", ["s", "zero"], ["yes"])
STEP = node("Relu", ["v"], ["w"])
KEEP = node("Identity", ["go"], ["more"])
SHAPE = node("Shape", ["x"], ["shape"])

DEPENDENT: dict[str, Any] = {
    "loop counted by data": lambda: graph(
        [SUM, COUNT, node("Loop", ["n", "go", "x"], ["y"], name="turns", body=body([STEP, KEEP], ["more", "w"]))], go=True
    ),
    "loop until data say so": lambda: graph(
        [
            node(
                "Loop",
                ["", "go", "x"],
                ["y"],
                name="turns",
                body=body(
                    [STEP, node("ReduceSum", ["w"], ["t"], keepdims=0), node("Greater", ["t", "zero"], ["more"])], ["more", "w"]
                ),
            )
        ],
        go=True,
        zero=np.float32(0),
    ),
    "loop whose condition is last turn's data": lambda: graph(
        [
            node(
                "Loop",
                ["n", "go", "start"],
                ["y"],
                name="turns",
                body=body([node("Cast", ["v"], ["more"], to=TensorProto.BOOL), node("ReduceSum", ["x"], ["w"])], ["more", "w"]),
            )
        ],
        n=9,
        go=True,
        start=np.float32(1),
    ),
    "branch by data": lambda: graph(
        [SUM, POSITIVE, node("If", ["yes"], ["y"], then_branch=branch("a"), else_branch=branch("b"))], zero=np.float32(0)
    ),
    "size by data": lambda: graph(
        [SUM, COUNT, node("Unsqueeze", ["n", "axis"], ["m"]), node("ConstantOfShape", ["m"], ["y"])], axis=[0]
    ),
    "range by data": lambda: graph([SUM, node("Range", ["zero", "s", "one"], ["y"])], zero=np.float32(0), one=np.float32(1)),
    "places by data": lambda: graph([node("NonZero", ["x"], ["y"])]),
    "inside a branch": lambda: graph(
        [
            node(
                "If",
                ["yes"],
                ["y"],
                then_branch=helper.make_graph([node("NonZero", ["x"], ["a"])], "a", [], [value("a")]),
                else_branch=branch("b"),
            )
        ],
        yes=True,
    ),
}
INDEPENDENT: dict[str, Any] = {
    "loop counted by a constant": lambda: graph(
        [node("Loop", ["n", "go", "x"], ["y"], body=body([STEP, KEEP], ["more", "w"]))], n=3, go=True
    ),
    "branch by a constant": lambda: graph(
        [node("If", ["yes"], ["y"], then_branch=branch("a"), else_branch=branch("b"))], yes=True
    ),
    "size by the shape": lambda: graph([SHAPE, node("ConstantOfShape", ["shape"], ["y"])]),
    "size by arithmetic on the shape": lambda: graph(
        [SHAPE, node("Mul", ["shape", "two"], ["wide"]), node("Resize", ["x", "", "", "wide"], ["y"])], two=[1, 1, 2, 2]
    ),
    "no sizes": lambda: graph([node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["y"])], w=np.ones((3, 3), np.float32)),
}


@pytest.mark.parametrize("build", DEPENDENT.values(), ids=DEPENDENT)
def test_work_that_depends_on_the_data_is_found(build: Any) -> None:
    assert find_data_dependence(build())


def test_the_operator_is_named() -> None:
    assert find_data_dependence(DEPENDENT["loop counted by data"]()) == "Loop turns"
    assert find_data_dependence(DEPENDENT["places by data"]()) == "NonZero y"


@pytest.mark.parametrize("build", INDEPENDENT.values(), ids=INDEPENDENT)
def test_work_that_depends_on_shapes_and_constants_passes(build: Any) -> None:
    assert find_data_dependence(build()) == ""


class _Usual(torch.nn.Module):
    """Layers whose exported graphs compute sizes from shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.down = torch.nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.attention = torch.nn.MultiheadAttention(4, 2, batch_first=True)
        self.up = torch.nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.down(x)
        tokens = h.flatten(2).transpose(1, 2)
        pooled = torch.nn.functional.adaptive_avg_pool2d(h, 1)
        wide = torch.nn.functional.interpolate(self.up(h + pooled.expand_as(h)), scale_factor=2.0)
        return wide.flatten(1) + self.attention(tokens, tokens, tokens)[0].mean((1, 2)).reshape(-1, 1)


def test_a_model_of_usual_layers_passes() -> None:
    program = torch.onnx.export(
        _Usual().eval(), (torch.zeros(2, 1, 8, 8),), dynamic_shapes=({0: torch.export.Dim("batch")},), dynamo=True, verbose=False
    )
    assert find_data_dependence(program.model_proto.graph) == ""
