"""Whether the work of an ONNX graph depends on anything but the shape of its input.

A graph is tried on a few samples before it is run on others. The trial tells how much memory and time any batch of that size
takes only if no number of a sample decides how often something is repeated, which branch is taken, or how large a tensor becomes.
Numbers that come from constants and from shapes may decide it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

_SIZED_BY: dict[str, tuple[int, ...]] = {
    "BlackmanWindow": (0,),
    "CenterCropPad": (1,),
    "Col2Im": (1,),
    "Compress": (1,),
    "ConstantOfShape": (0,),
    "DFT": (1,),
    "Expand": (1,),
    "HammingWindow": (0,),
    "HannWindow": (0,),
    "If": (0,),
    "Loop": (0, 1),
    "MaxUnpool": (2,),
    "MelWeightMatrix": (0, 1, 2, 3, 4),
    "NonMaxSuppression": (0, 1, 2, 3, 4),
    "NonZero": (0,),
    "OneHot": (1,),
    "Pad": (1, 3),
    "Range": (0, 1, 2),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "STFT": (1, 3),
    "SequenceAt": (1,),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "SplitToSequence": (1,),
    "Tile": (1,),
    "TopK": (1,),
    "Unique": (0,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
}
"""Operator → positions of the inputs whose numbers decide the size of its output, or how much it does."""
_SHAPES = {"Shape", "Size"}


def find_data_dependence(graph: Any) -> str:
    """Return the operator whose work depends on the numbers of a sample, as a part of a sentence; empty if there is none.

    Parameters
    ----------
    graph
        The ``GraphProto`` of a model. Its inputs without an initializer are samples.
    """
    constants = {tensor.name for tensor in graph.initializer}
    samples = {argument.name for argument in graph.input if argument.name not in constants}
    return _search(graph, samples)


def _search(graph: Any, from_samples: set[str]) -> str:
    """Search a graph and the graphs inside it. `from_samples` gets the names of all values that depend on samples."""
    for node in graph.node:
        for position in _SIZED_BY.get(node.op_type, ()):
            if position < len(node.input) and node.input[position] in from_samples:
                return f"{node.op_type} {node.name or ', '.join(node.output)}".rstrip()
        if node.op_type in _SHAPES:
            continue
        depends = not from_samples.isdisjoint(_names_in(node))
        for body in _bodies(node):
            # one turn's results are the next turn's inputs, so all of them depend on samples if anything does
            inner = set(from_samples) | ({argument.name for argument in body.input[_counters(node) :]} if depends else set())
            if reason := _search(body, inner):
                return reason
            results = [output.name in inner for output in body.output]
            if node.op_type == "Loop" and results[:1] == [True]:
                return f"Loop {node.name or ', '.join(node.output)}".rstrip()
            depends = depends or any(results)
        if depends:
            from_samples.update(node.output)
    return ""


def _names_in(node: Any) -> Iterator[str]:
    """Iterate over the names of all values that an operator reads, including those that the graphs inside it read."""
    yield from node.input
    for body in _bodies(node):
        yield from (output.name for output in body.output)
        for inner in body.node:
            yield from _names_in(inner)


def _bodies(node: Any) -> Sequence[Any]:
    """Return the graphs inside an operator."""
    return [
        body for attribute in node.attribute for body in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else []))
    ]


def _counters(node: Any) -> int:
    """Return how many inputs of an operator's body count its turns: a loop's number of the turn and its condition."""
    return 2 if node.op_type == "Loop" else 0
