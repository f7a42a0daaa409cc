"""A decoder as a list of array operations with its weights, which the engine in ``static/engine.js`` runs in a browser."""

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
"""Names of the ATen operations that the engine knows."""
SMALL = 4096
"""Constants of up to so many numbers, and all that are one row, keep their full precision."""


_LAYOUT = (torch.dtype, torch.device, torch.layout, torch.memory_format)
"""Arguments that concern how numbers lie in memory."""


@dataclass(frozen=True)
class Value:
    """What a step made; number 0 is the latent."""

    place: int


@dataclass(frozen=True)
class Constant:
    """One of the weights."""

    place: int


@dataclass(frozen=True)
class Step:
    """One operation: its function, and its arguments, in which `Value` and `Constant` stand for arrays."""

    function: Any
    args: tuple[Any, ...]
    named: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As the engine calls it; ``getitem`` picks one of several results."""
        return "getitem" if self.function is operator.getitem else self.function.overloadpacket.__name__

    def plain(self) -> list[Any]:
        """``[name, arguments, named arguments]`` for JSON, ``{"v": i}`` and ``{"c": i}`` standing for arrays."""
        named = {key: one for key, one in self.named.items() if not isinstance(one, _LAYOUT) and key != "pin_memory"}
        return [self.name, *(_mapped(tree, _named) for tree in (self.args, named))]


@dataclass(frozen=True, eq=False)
class Program:
    """A function of one latent ``(1, d)``.

    Parameters
    ----------
    steps
        In order; the last one's result is the picture ``(1, channels, height, width)``, brightnesses from 0 to 1.
    constants
        The weights, and what follows from them alone.
    """

    steps: tuple[Step, ...]
    constants: tuple[Tensor, ...]

    def __call__(self, latent: Tensor) -> Tensor:
        """The picture of a latent ``(1, d)``, as the engine finds it."""
        values: list[Any] = [latent]
        for step in self.steps:
            args, named = (_filled(part, values, self.constants) for part in (step.args, step.named))
            values.append(step.function(*args, **named))
        found: Tensor = values[-1]
        return found

    def stored(self, kind: str) -> "Program":
        """The program with its large constants as they come out of a file, see `packed`."""
        return replace(self, constants=tuple(unpacked(*packed(one, kind)) for one in self.constants))


def program_of(model: Autoencoder, field: str) -> Program:
    """What a model makes of a latent, in one field of pictures, as a program.

    Raises
    ------
    UserError
        If the model does something that the engine cannot.
    """
    from torch.fx.experimental.proxy_tensor import make_fx  # takes a second

    latent = torch.zeros(1, model.bottleneck.latent_dim)
    try:
        with torch.no_grad():
            graph = make_fx(functionalize(_Decoder(model, field)))(latent)
    except Exception as error:  # torch raises a dozen kinds
        raise UserError("this model cannot be written as a list of array operations", "Take it home as a run file") from error
    graph.graph.eliminate_dead_code()
    found: dict[Node, Any] = {}
    steps: list[Step] = []
    constants: list[Tensor] = []
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            found[node] = Value(0)
        elif node.op == "get_attr":
            found[node] = operator.attrgetter(node.target)(graph)
        elif node.op == "call_function":
            args, named = _of_nodes(node.args, found), _of_nodes(node.kwargs, found)
            if not _holds_value((args, named)):  # follows from weights alone
                found[node] = node.target(*args, **named)
                continue
            step = Step(node.target, _with_constants(args, constants), _with_constants(named, constants))
            _require_known(step)
            steps.append(step)
            found[node] = Value(len(steps))
    if not steps:
        raise UserError("this model's pictures do not depend on its latents", "Take it home as a run file")
    return Program(tuple(steps), tuple(constants))


def packed(constant: Tensor, kind: str) -> tuple[Tensor, Tensor | None]:
    """A constant as a file holds it, and for ``int8`` the scale of each of its rows; `kind` is ``float16`` or ``int8``.

    Small ones, and those that are no floating-point numbers, stay as they are.
    """
    if not constant.is_floating_point() or constant.dim() < 2 or constant.numel() <= SMALL:
        return constant, None
    if kind == "float16":
        return constant.half(), None
    rows = constant.flatten(1)
    scale = (rows.abs().amax(1) / 127).clamp_min(1e-12)
    return (rows / scale[:, None]).round().to(torch.int8).view_as(constant), scale


def unpacked(stored: Tensor, scale: Tensor | None) -> Tensor:
    """What `packed` made, as the engine computes with it."""
    if scale is not None:
        return stored.float() * scale.view(-1, *[1] * (stored.dim() - 1))
    return stored.float() if stored.is_floating_point() else stored


class _Decoder(nn.Module):
    def __init__(self, model: Autoencoder, field: str) -> None:
        super().__init__()
        self.model, self.field = model, field

    def forward(self, latent: Tensor) -> Tensor:
        return self.model.decode(latent)[self.field].clamp(0, 1)


def _mapped(tree: Any, change: Any) -> Any:
    if isinstance(tree, Mapping):
        return {key: _mapped(one, change) for key, one in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)([_mapped(one, change) for one in tree])
    return change(tree)


def _named(one: Any) -> Any:
    return {"v": one.place} if isinstance(one, Value) else {"c": one.place} if isinstance(one, Constant) else one


def _of_nodes(tree: Any, found: Mapping[Node, Any]) -> Any:
    return _mapped(tree, lambda one: found[one] if isinstance(one, Node) else one)


def _filled(tree: Any, values: Sequence[Any], constants: Sequence[Tensor]) -> Any:
    def fill(one: Any) -> Any:
        return values[one.place] if isinstance(one, Value) else constants[one.place] if isinstance(one, Constant) else one

    return _mapped(tree, fill)


def _holds_value(tree: Any) -> bool:
    if isinstance(tree, Mapping):
        return any(map(_holds_value, tree.values()))
    if isinstance(tree, list | tuple):
        return any(map(_holds_value, tree))
    return isinstance(tree, Value)


def _with_constants(tree: Any, constants: list[Tensor]) -> Any:
    def name(one: Any) -> Any:
        if not isinstance(one, Tensor):
            return one
        place = next((i for i, known in enumerate(constants) if known is one), len(constants))
        if place == len(constants):
            constants.append(one.detach().contiguous())
        return Constant(place)

    return _mapped(tree, name)


def _require_known(step: Step) -> None:
    known = step.name in OPERATIONS or step.name == "getitem"
    if step.name == "convolution":
        known = step.args[8] == 1 and len(step.args[3]) <= 2  # one group, in one or two dimensions
    elif step.name == "index":
        known = len(step.args[1]) == 1 and step.args[1][0] is not None
    elif step.name == "linalg_vector_norm":
        known = len(step.args) < 2 or step.args[1] == 2
    elif step.name == "slice":
        known = len(step.args) < 5
    if not known:
        raise UserError(f"the decoder computes {step.name}, which its offline form cannot", "Take it home as a run file")
    for one in (*step.args, *step.named.values()):
        if isinstance(one, float) and not math.isfinite(one):
            raise UserError("the decoder computes with infinite numbers", "Take it home as a run file")
