"""Checking a pair of ONNX graphs on a few samples, in the confined process."""

import hashlib
import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from aeexplorer.data.uploads.members import Member

LARGEST = 2**28
"""Bytes of a graph at most."""
STANDARD = ("", "ai.onnx")
_AGAIN = "Export it again with torch.onnx.export, float32 pictures (B, channels, height, width) in, the code out"
_INDEX_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_SAME_NUMBERS = {"Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"}


def check_pair(encoder: Member, decoder: Member, samples: np.ndarray) -> dict[str, Any]:
    """The settings of a pair (see `aeexplorer.models.loaded.onnx.Onnx`) that turns samples into codes and back.

    Parameters
    ----------
    encoder, decoder
        The files.
    samples
        Pictures of the dataset, float32 within [0, 1], ``(n, channels, height, width)``, three at least.

    Returns
    -------
    dict
        Plain data; with ``table``, float32 ``(K, d)``, where codes are numbers of its entries.

    Raises
    ------
    UploadRejected
        Naming the file, the input, output, operator or tensor that is not as it should be, and the fix.
    """
    if missing := [name for name in ("onnx", "onnxruntime") if importlib.util.find_spec(name) is None]:
        raise encoder.rejected(f"reading ONNX needs {', '.join(missing)}", "Install them: pip install 'aeexplorer[onnx]'")
    there, back = _Graph(encoder), _Graph(decoder)
    takes = there.shape_taken(samples.shape[1:], "the dataset's pictures are", "Choose the dataset that it was made for")
    if there.given.type != "tensor(float)":
        there.refuse(f"input {there.given.name}", f"takes {there.given.type}, not float32 pictures", _AGAIN)
    code = there.run(samples.reshape(len(samples), *takes))
    there.require_rows(code, len(samples))
    if not np.allclose(there.run(samples[:1].reshape(1, *takes)), code[:1], rtol=1e-2, atol=1e-3):
        there.refuse("", "gives a sample another code when others are beside it", "Export it in evaluation mode: model.eval()")
    table = None
    if code.dtype.kind == "i":
        table = back.table_of(code)
    wanted = back.shape_taken(code.shape[1:], "the encoder gives", "Choose an encoder and a decoder that were trained together")
    if (back.given.type in _INDEX_TYPES) != (table is not None):
        back.refuse(f"input {back.given.name}", f"takes {back.given.type}, and the encoder gives {code.dtype}", _AGAIN)
    pictures = back.run(code.reshape(len(code), *wanted).astype(_INDEX_TYPES.get(back.given.type, np.float32)))
    back.require_rows(pictures, len(samples))
    if pictures.dtype != np.float32 or math.prod(pictures.shape[1:]) != math.prod(samples.shape[1:]):
        where = f"output {back.output}"
        back.refuse(
            where, f"is {pictures.dtype} {pictures.shape[1:]}, and the dataset's pictures are {samples.shape[1:]}", _AGAIN
        )
    found: dict[str, Any] = {"kind": "onnx", "encoder": there.described(takes), "decoder": back.described(wanted)}
    if table is not None:
        found |= {"entries": len(table), "entry_length": table.shape[1], "table": table}
    return found


@dataclass(frozen=True)
class _Place:
    """A tensor that a graph holds, and what it belongs to."""

    name: str
    tensor: Any


class _Graph:
    """A graph that was found to be harmless, and its session."""

    def __init__(self, member: Member) -> None:
        import onnx
        import onnxruntime

        self.member = member
        self.content = member.read(LARGEST)
        try:
            self.model = onnx.load_model_from_string(self.content)
        except Exception as error:  # of protobuf, which is not ours to name
            self.refuse("", f"is no ONNX model ({_line(error)})", "Choose a file written by torch.onnx.export")
        for domain in (op.domain for op in self.model.opset_import):
            if domain not in STANDARD:
                self._refuse_domain(domain)
        self._check(self.model.graph)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises its own kinds, and no common one of them is public
            self.refuse(
                "", f"cannot be run: {_line(error)}", "Export it with a standard opset, such as 17, and standard operators"
            )
        if len(self.session.get_inputs()) != 1:
            names = ", ".join(given.name for given in self.session.get_inputs())
            self.refuse("", f"has {len(self.session.get_inputs())} inputs ({names}) instead of one", _AGAIN)
        self.given = self.session.get_inputs()[0]
        self.output = self.session.get_outputs()[0].name

    def refuse(self, where: str, reason: str, fix: str) -> NoReturn:
        raise self.member.rejected(reason, fix, where)

    def described(self, takes: tuple[int, ...]) -> dict[str, Any]:
        """As `aeexplorer.models.loaded.onnx.GraphFile`."""
        digest = hashlib.sha256(self.content).hexdigest()
        return {"sha256": digest, "size": len(self.content), "input": self.given.name, "takes": takes, "output": self.output}

    def run(self, batch: np.ndarray) -> np.ndarray:
        try:
            found: np.ndarray = self.session.run([self.output], {self.given.name: batch})[0]
        except Exception as error:
            self.refuse(f"input {self.given.name}", f"fails for a batch of {batch.shape}: {_line(error)}", _AGAIN)
        return found

    def shape_taken(self, shape: tuple[int, ...], what: str, fix: str) -> tuple[int, ...]:
        """The shape of a sample of `shape` as the graph takes it: the same, or laid flat."""
        first, *rest = self.given.shape or [1]
        where = f"input {self.given.name}"
        if isinstance(first, int):
            self.refuse(
                where, f"takes batches of {first} only", "Export it with a free first axis (dynamic_shapes or dynamic_axes)"
            )
        for candidate in (shape, (math.prod(shape),)):
            if len(rest) == len(candidate) and all(
                not isinstance(r, int) or r == c for r, c in zip(rest, candidate, strict=True)
            ):
                return candidate
        return self.refuse(where, f"takes samples of {tuple(rest)}, and {what} {shape}", fix)

    def require_rows(self, array: np.ndarray, rows: int) -> None:
        """Refuse an output that has not one finite row a sample."""
        where = f"output {self.output}"
        if not isinstance(array, np.ndarray) or array.ndim < 2 or len(array) != rows or not array.size:
            self.refuse(where, f"is {getattr(array, 'shape', type(array).__name__)} for {rows} samples", _AGAIN)
        if array.dtype.kind not in "if" or not np.isfinite(array).all():
            self.refuse(where, "has values that are not finite numbers", "Choose a model of a training that held")

    def table_of(self, code: np.ndarray) -> np.ndarray:
        """The table that the graph looks its input up in, as a model of a codebook does first of all."""
        import onnx

        constants = {tensor.name: tensor for tensor in self.model.graph.initializer}
        constants |= {n.output[0]: n.attribute[0].t for n in self.model.graph.node if n.op_type == "Constant" and n.attribute}
        numbers = {self.given.name}
        for node in self.model.graph.node:
            if node.op_type in ("Gather", "GatherND") and node.input[0] in constants and node.input[1] in numbers:
                table = np.asarray(onnx.numpy_helper.to_array(constants[node.input[0]]))
                if (
                    table.ndim == 2
                    and table.dtype.kind == "f"
                    and np.isfinite(table).all()
                    and 0 <= code.min() <= code.max() < len(table)
                ):
                    return table.astype(np.float32)
            elif node.op_type in _SAME_NUMBERS and node.input[0] in numbers:
                numbers.add(node.output[0])
        return self.refuse(
            f"input {self.given.name}",
            "takes codes, but does not look them up in one table of entries, which the latent map needs",
            "Export an encoder that gives the latents themselves, and a decoder that takes those",
        )

    def _check(self, graph: Any) -> None:
        """Refuse operators that are not of the standard, and numbers that lie in other files."""
        for node in _nodes(graph):
            if node.domain not in STANDARD:
                self._refuse_domain(f"{node.domain} ({node.op_type})")
        for place in _tensors(graph):
            if place.tensor.data_location == place.tensor.EXTERNAL or place.tensor.external_data:
                where = f"tensor {place.name}"
                self.refuse(where, "lies in another file", "Export it as one file: torch.onnx.export(..., external_data=False)")

    def _refuse_domain(self, domain: str) -> NoReturn:
        self.refuse(f"operator set {domain}", "is not part of the ONNX standard", "Export it with standard operators only")


def _nodes(graph: Any) -> Iterator[Any]:
    """Every node, also of the graphs inside others."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _nodes(inner)


def _tensors(graph: Any) -> Iterator[_Place]:
    """Every tensor that the graph, or one inside it, holds."""
    yield from (_Place(tensor.name, tensor) for tensor in graph.initializer)
    for sparse in graph.sparse_initializer:
        yield from (_Place(sparse.values.name, tensor) for tensor in (sparse.values, sparse.indices))
    for node in graph.node:
        for attribute in node.attribute:
            held = [*attribute.tensors, *([attribute.t] if attribute.HasField("t") else [])]
            yield from (_Place(f"{node.op_type} {attribute.name}", tensor) for tensor in held)
            for sparse in (
                *attribute.sparse_tensors,
                *([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []),
            ):
                yield from (_Place(f"{node.op_type} {attribute.name}", tensor) for tensor in (sparse.values, sparse.indices))
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _tensors(inner)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
