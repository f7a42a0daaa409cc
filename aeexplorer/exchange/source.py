"""From a graph of ATen operations to Python source that needs nothing but PyTorch."""

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
    """Source of ``def NAME(w, *inputs)`` that computes what the program does.

    Parameters
    ----------
    name, inputs
        Of the function and its arguments after the first, which is a dictionary of weights.
    program
        The graph.
    tensors
        Takes the weights that the source names, by their names in the model.
    doc
        Its docstring, one line.
    """
    lines, values, given = [], {}, iter(inputs)
    kinds = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
    for node in program.graph.nodes:
        if node.op == "placeholder":
            spec = kinds[node.name]
            if spec.kind is InputKind.USER_INPUT:
                values[node] = next(given)
                continue
            target = str(spec.target)
            weight = target.removeprefix("model.")
            found = program.state_dict.get(target)
            tensors[weight] = (program.constants[target] if found is None else found).detach().contiguous()
            values[node] = f'w["{weight}"]'
        elif node.op == "output":
            (result,) = node.args
            names = [values[value] for value in result]
            lines.append(f"return {', '.join(names)}" + ("," if name == "decode" and len(names) == 1 else ""))
        elif node.users:
            values[node] = node.name
            lines.append(f"{node.name} = {_call(node, values)}")
    body = "\n".join(f"    {line}" for line in lines)
    return f'def {name}({", ".join(["w", *inputs])}):\n    """{doc}"""\n{body}\n'


def _call(node: Node, values: Mapping[Node, str]) -> str:
    target = node.target
    args = [_written(arg, values) for arg in node.args]
    if target is operator.getitem:
        return f"{args[0]}[{args[1]}]"
    if target in _SYMBOLIC:
        return f"{args[0]} {_SYMBOLIC[target]} {args[1]}"
    if not is_operator(target):
        raise ValueError(f"there is no source for {target}")
    packet, _, overload = target.__name__.partition(".")
    named = [f"{key}={_written(value, values)}" for key, value in node.kwargs.items()]
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


def _written(value: Any, values: Mapping[Node, str]) -> str:
    if isinstance(value, Node):
        return values[value]
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(one, values) for one in value)}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, torch.device):
        return f'torch.device("{value}")'
    if value is None or isinstance(value, bool | int | float | str | torch.dtype | torch.layout | torch.memory_format):
        return repr(value)
    raise ValueError(f"there is no source for a {type(value).__name__}")
