"""Translate a graph of ATen operations into Python source that needs only PyTorch."""

import math
import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.fx import Node

from aeexplorer.models.torch_internals import is_operator

_FUNCTIONAL = {"conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "gelu", "leaky_relu", "linear", "relu", "silu"}
_METHODS = {"view", "expand", "unflatten", "flatten", "contiguous", "clone", "detach"}
_SYMBOLIC = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.eq: "==",
    operator.ge: ">=",
    operator.le: "<=",
}


def function_source(name: str, program: ExportedProgram, inputs: list[str], tensors: dict[str, torch.Tensor], doc: str) -> str:
    """Write the source of ``def NAME(w, *inputs)``, a function that computes the same as a program.

    Parameters
    ----------
    name
        Name of the function.
    program
        The graph of ATen operations.
    inputs
        Names of the arguments after the first one, ``w``, which is the dictionary of weights.
    tensors
        Receives the weights that the source uses, by their names in the model.
    doc
        Docstring of the function, one line.

    Returns
    -------
    str
        The source.

    Raises
    ------
    ValueError
        If the program contains an operation or an argument that cannot be written as source.
    """
    lines, values, arguments = [], {}, iter(inputs)
    specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
    for node in program.graph.nodes:
        if node.op == "placeholder":
            spec = specs[node.name]
            if spec.kind is InputKind.USER_INPUT:
                values[node] = next(arguments)
                continue
            target = str(spec.target)
            weight = target.removeprefix("model.")
            parameter = program.state_dict.get(target)
            tensors[weight] = (program.constants[target] if parameter is None else parameter).detach().contiguous()
            values[node] = f'w["{weight}"]'
        elif node.op == "output":
            (result,) = node.args
            names = [values[value] for value in result]
            lines.append(f"return {', '.join(names)}" + ("," if name == "decode" and len(names) == 1 else ""))
        elif node.users:
            values[node] = node.name
            lines.append(f"{node.name} = {_call_source(node, values)}")
    body = "\n".join(f"    {line}" for line in lines)
    return f'def {name}({", ".join(["w", *inputs])}):\n    """{doc}"""\n{body}\n'


def _call_source(node: Node, values: Mapping[Node, str]) -> str:
    target = node.target
    args = [_literal(arg, values) for arg in node.args]
    if target is operator.getitem:
        return f"{args[0]}[{args[1]}]"
    if target in _SYMBOLIC:
        return f"{args[0]} {_SYMBOLIC[target]} {args[1]}"
    if not is_operator(target):
        raise ValueError(f"there is no source for {target}")
    packet, _, overload = target.__name__.partition(".")
    named = [f"{key}={_literal(value, values)}" for key, value in node.kwargs.items()]
    if packet == "sym_size":
        return f"{args[0]}.shape[{args[1]}]"
    if packet in _METHODS:
        return f"{args[0]}.{packet}({', '.join([*args[1:], *named])})"
    if packet == "_to_copy":
        return f"{args[0]}.to({', '.join(named)})"
    if packet == "index":
        return f"{args[0]}[{args[1].strip('[]').replace('None', ':')}]"
    if packet in _FUNCTIONAL:
        function = f"F.{packet}"
    elif packet == "linalg_vector_norm":
        function = "torch.linalg.vector_norm"
    else:
        function = f"torch.{packet}" if hasattr(torch, packet) else f"torch.ops.aten.{packet}.{overload}"
    return f"{function}({', '.join([*args, *named])})"


def _literal(value: Any, values: Mapping[Node, str]) -> str:
    if isinstance(value, Node):
        return values[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(item, values) for item in value)}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, torch.device):
        return f'torch.device("{value}")'
    if value is None or isinstance(value, bool | int | float | str | torch.dtype | torch.layout | torch.memory_format):
        return repr(value)
    raise ValueError(f"there is no source for a {type(value).__name__}")
