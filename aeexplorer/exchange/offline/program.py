"""Trace a decoder into a list of array operations with its weights, to run in a browser by ``static/engine.js``."""

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functionalize
from torch.fx import Node

from aeexplorer.core.errors import UserError
from aeexplorer.models.autoencoder import Autoencoder

OPERATIONS = frozenset(
    {"abs", "add", "addmm", "alias", "bmm", "cat", "clamp", "clamp_min", "clone", "constant_pad_nd", "convolution", "detach"}
    | {"div", "elu", "exp", "expand", "floor_divide", "ge", "gelu", "index", "index_select", "leaky_relu", "linalg_vector_norm"}
    | {"lt", "mean", "min", "mm", "mul", "native_group_norm", "native_layer_norm", "neg", "permute", "pow", "reciprocal", "relu"}
    | {"remainder", "round", "select", "sigmoid", "silu", "slice", "split", "split_with_sizes", "sqrt", "squeeze", "stack"}
    | {"sub", "sum", "t", "tanh", "transpose", "unbind", "unsafe_split", "unsqueeze", "view", "where"}
    | {"_adaptive_avg_pool2d", "_softmax", "_to_copy", "_unsafe_view"}
)
"""Names of the ATen operations that the engine supports."""
MAX_EXACT_SIZE = 4096
"""Constants of at most this many numbers keep their full precision, and so do vectors of any length."""
_LAYOUT_TYPES = (torch.dtype, torch.device, torch.layout, torch.memory_format)
"""Types of arguments about the layout of arrays in memory, which the engine does not need."""


@dataclass(frozen=True)
class Value:
    """A reference to the result of a step. Index 0 is the latent, index i the result of step i."""

    index: int


@dataclass(frozen=True)
class Constant:
    """A reference to a constant of the program, such as a weight."""

    index: int


@dataclass(frozen=True)
class Step:
    """One operation: its function and its arguments, with `Value` and `Constant` in place of arrays."""

    function: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of the operation in the engine; ``getitem`` picks one of several results."""
        return "getitem" if self.function is operator.getitem else self.function.overloadpacket.__name__

    def to_json(self) -> list[Any]:
        """Return ``[name, arguments, named arguments]``, with arrays as ``{"v": i}`` (values) and ``{"c": i}`` (constants)."""
        kwargs = {
            key: value for key, value in self.kwargs.items() if not isinstance(value, _LAYOUT_TYPES) and key != "pin_memory"
        }
        return [self.name, *(_map_leaves(tree, _reference) for tree in (self.args, kwargs))]


@dataclass(frozen=True, eq=False)
class Program:
    """A decoder as a function of one latent ``(1, d)``.

    Parameters
    ----------
    steps
        Operations in order. The result of the last one is the picture ``(1, channels, height, width)``, within [0, 1].
    constants
        The weights, and results that depend on the weights alone.
    """

    steps: tuple[Step, ...]
    constants: tuple[Tensor, ...]

    def __call__(self, latent: Tensor) -> Tensor:
        """Decode a latent ``(1, d)`` as the engine does."""
        values: list[Any] = [latent]
        for step in self.steps:
            args, kwargs = (_fill(part, values, self.constants) for part in (step.args, step.kwargs))
            values.append(step.function(*args, **kwargs))
        picture: Tensor = values[-1]
        return picture

    def rounded(self, kind: str) -> "Program":
        """Return the program with its large constants rounded to ``float16`` or ``int8``, see `pack_constant`."""
        return replace(self, constants=tuple(unpack_constant(*pack_constant(c, kind)) for c in self.constants))


def trace_decoder(model: Autoencoder, field: str) -> Program:
    """Trace the decoder of a model for one field of pictures into a program.

    Raises
    ------
    UserError
        If the decoder uses an operation that the engine does not support.
    """
    from torch.fx.experimental.proxy_tensor import make_fx  # takes a second

    latent = torch.zeros(1, model.bottleneck.latent_dim)
    try:
        with torch.no_grad():
            graph = make_fx(functionalize(_Decoder(model, field)))(latent)
    except Exception as error:  # torch raises many kinds
        raise UserError("this model cannot be written as a list of array operations", "Export the run as a run file") from error
    graph.graph.eliminate_dead_code()
    results: dict[Node, Any] = {}
    steps: list[Step] = []
    constants: list[Tensor] = []
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            results[node] = Value(0)
        elif node.op == "get_attr":
            results[node] = operator.attrgetter(node.target)(graph)
        elif node.op == "call_function":
            args, kwargs = _replace_nodes(node.args, results), _replace_nodes(node.kwargs, results)
            if not _has_value((args, kwargs)):  # depends on weights alone
                results[node] = node.target(*args, **kwargs)
                continue
            step = Step(node.target, _extract_constants(args, constants), _extract_constants(kwargs, constants))
            _require_supported(step)
            steps.append(step)
            results[node] = Value(len(steps))
    if not steps:
        raise UserError("this model's pictures do not depend on its latents", "Export the run as a run file")
    return Program(tuple(steps), tuple(constants))


def pack_constant(constant: Tensor, kind: str) -> tuple[Tensor, Tensor | None]:
    """Round a constant to the precision in which the file stores it.

    Parameters
    ----------
    constant
        A weight of any shape.
    kind
        ``float16`` or ``int8``. Small constants, vectors and integers stay unchanged, see `MAX_EXACT_SIZE`.

    Returns
    -------
    tuple
        The rounded constant, and for ``int8`` the scale of each of its rows, float32 ``(rows,)``; otherwise None.
    """
    if not constant.is_floating_point() or constant.dim() < 2 or constant.numel() <= MAX_EXACT_SIZE:
        return constant, None
    if kind == "float16":
        return constant.half(), None
    rows = constant.flatten(1)
    scale = (rows.abs().amax(1) / 127).clamp_min(1e-12)
    return (rows / scale[:, None]).round().to(torch.int8).view_as(constant), scale


def unpack_constant(packed: Tensor, scale: Tensor | None) -> Tensor:
    """Restore the result of `pack_constant` to float32, as the engine does. Integers stay unchanged."""
    if scale is not None:
        return packed.float() * scale.view(-1, *[1] * (packed.dim() - 1))
    return packed.float() if packed.is_floating_point() else packed


class _Decoder(nn.Module):
    """Latent ``(1, d)`` → picture of one field, clamped to [0, 1]."""

    def __init__(self, model: Autoencoder, field: str) -> None:
        super().__init__()
        self.model, self.field = model, field

    def forward(self, latent: Tensor) -> Tensor:
        return self.model.decode(latent)[self.field].clamp(0, 1)


def _map_leaves(tree: Any, change: Any) -> Any:
    """Apply a function to every leaf of nested dictionaries, lists and tuples."""
    if isinstance(tree, Mapping):
        return {key: _map_leaves(branch, change) for key, branch in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)([_map_leaves(branch, change) for branch in tree])
    return change(tree)


def _reference(leaf: Any) -> Any:
    """Replace references by the dictionaries that the engine reads."""
    return {"v": leaf.index} if isinstance(leaf, Value) else {"c": leaf.index} if isinstance(leaf, Constant) else leaf


def _replace_nodes(tree: Any, results: Mapping[Node, Any]) -> Any:
    return _map_leaves(tree, lambda leaf: results[leaf] if isinstance(leaf, Node) else leaf)


def _fill(tree: Any, values: Sequence[Any], constants: Sequence[Tensor]) -> Any:
    """Replace references by the arrays that they stand for."""

    def fill(leaf: Any) -> Any:
        return values[leaf.index] if isinstance(leaf, Value) else constants[leaf.index] if isinstance(leaf, Constant) else leaf

    return _map_leaves(tree, fill)


def _has_value(tree: Any) -> bool:
    """Whether the arguments refer to the result of a step, so they depend on the latent."""
    if isinstance(tree, Mapping):
        return any(map(_has_value, tree.values()))
    if isinstance(tree, list | tuple):
        return any(map(_has_value, tree))
    return isinstance(tree, Value)


def _extract_constants(tree: Any, constants: list[Tensor]) -> Any:
    """Replace tensors by references, and append the new ones to the constants."""

    def extract(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        index = next((i for i, constant in enumerate(constants) if constant is leaf), len(constants))
        if index == len(constants):
            constants.append(leaf.detach().contiguous())
        return Constant(index)

    return _map_leaves(tree, extract)


def _require_supported(step: Step) -> None:
    """Raise `UserError` if the engine does not support an operation with these arguments."""
    supported = step.name in OPERATIONS or step.name == "getitem"
    if step.name == "convolution":
        supported = step.args[8] == 1 and len(step.args[3]) <= 2  # one group, in one or two dimensions
    elif step.name == "index":
        supported = len(step.args[1]) == 1 and step.args[1][0] is not None
    elif step.name == "linalg_vector_norm":
        supported = len(step.args) < 2 or step.args[1] == 2
    elif step.name == "slice":
        supported = len(step.args) < 5
    if not supported:
        raise UserError(f"the decoder uses {step.name}, which an offline page cannot compute", "Export the run as a run file")
    for argument in (*step.args, *step.kwargs.values()):
        if isinstance(argument, float) and not math.isfinite(argument):
            raise UserError("the decoder computes with infinite numbers", "Export the run as a run file")
