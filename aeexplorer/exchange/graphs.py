"""Check a pair of ONNX graphs on a few samples. Runs in the confined process."""

import hashlib
import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from aeexplorer.data.uploads.members import Member
from aeexplorer.exchange.graph_sizes import find_data_dependence
from aeexplorer.models.loaded.onnx import BATCH_SIZE

MAX_BYTES = 2**28
"""Largest accepted size of a graph."""
STANDARD_DOMAINS = ("", "ai.onnx")
_EXPORT_AGAIN = "Export it again with torch.onnx.export, float32 pictures (B, channels, height, width) in, the code out"
_INDEX_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_PASS_THROUGH = {"Cast", "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"}
"""Operators whose output holds the same numbers as their input."""
_MEMORY_SIGNS = ("Failed to allocate", "bad allocation", "bad_alloc")
"""What onnxruntime says when memory runs out."""


def check_pair(encoder: Member, decoder: Member, samples: np.ndarray) -> dict[str, Any]:
    """Check that a pair turns samples into codes and back, and describe it.

    Parameters
    ----------
    encoder, decoder
        The files.
    samples
        Pictures of the dataset, float32 within [0, 1], ``(n, channels, height, width)``, at least three.

    Returns
    -------
    dict
        Settings of `aeexplorer.models.loaded.onnx.Onnx` as plain data. For integer codes also ``table``, the codebook that
        the decoder looks them up in, float32 ``(K, d)``.

    Raises
    ------
    UploadRejected
        If a graph cannot be used. The message names the file, the input, output, operator or tensor, and the fix.
    """
    if missing := [name for name in ("onnx", "onnxruntime") if importlib.util.find_spec(name) is None]:
        raise encoder.rejected(f"reading ONNX needs {', '.join(missing)}", "Install them: pip install 'aeexplorer[onnx]'")
    encode, decode = _Graph(encoder), _Graph(decoder)

    # pictures → codes
    picture_shape = encode.input_shape(
        samples.shape[1:], "the dataset's pictures are", "Choose the dataset that the model was made for"
    )
    if encode.input.type != "tensor(float)":
        encode.refuse(f"input {encode.input.name}", f"takes {encode.input.type}, not float32 pictures", _EXPORT_AGAIN)
    code = encode.run(samples.reshape(len(samples), *picture_shape))
    encode.require_rows(code, len(samples))
    encode.require_equal_rows(samples.reshape(len(samples), *picture_shape), code)

    # codes → pictures
    table = decode.find_table(code) if code.dtype.kind == "i" else None
    code_shape = decode.input_shape(
        code.shape[1:], "the encoder gives", "Choose an encoder and a decoder that were trained together"
    )
    if (decode.input.type in _INDEX_TYPES) != (table is not None):
        reason = f"takes {decode.input.type}, and the encoder gives {code.dtype}"
        decode.refuse(f"input {decode.input.name}", reason, _EXPORT_AGAIN)
    codes = code.reshape(len(code), *code_shape).astype(_INDEX_TYPES.get(decode.input.type, np.float32))
    pictures = decode.run(codes)
    decode.require_rows(pictures, len(samples))
    decode.require_equal_rows(codes, pictures)
    if pictures.dtype != np.float32 or math.prod(pictures.shape[1:]) != math.prod(samples.shape[1:]):
        reason = f"is {pictures.dtype} {pictures.shape[1:]}, and the dataset's pictures are {samples.shape[1:]}"
        decode.refuse(f"output {decode.output}", reason, _EXPORT_AGAIN)

    settings: dict[str, Any] = {
        "kind": "onnx",
        "encoder": encode.describe(picture_shape),
        "decoder": decode.describe(code_shape),
    }
    if table is not None:
        settings |= {"entries": len(table), "entry_length": table.shape[1], "table": table}
    return settings


@dataclass(frozen=True)
class _StoredTensor:
    """A tensor stored in a graph, and its name or that of its operator."""

    name: str
    tensor: Any


class _Graph:
    """A graph that passed the checks, and its inference session."""

    def __init__(self, member: Member) -> None:
        import onnx
        import onnxruntime

        self.member = member
        self.content = member.read(MAX_BYTES)
        try:
            self.model = onnx.load_model_from_string(self.content)
        except Exception as error:  # protobuf's errors, which are not a dependency of ours
            self.refuse("", f"is not an ONNX model ({_one_line(error)})", "Choose a file written by torch.onnx.export")
        for domain in (op.domain for op in self.model.opset_import):
            if domain not in STANDARD_DOMAINS:
                self._refuse_domain(domain)
        if self.model.functions:
            self.refuse("", "has functions of its own", "Inline them with onnx.inliner.inline_local_functions")
        self._check(self.model.graph)
        if operator := find_data_dependence(self.model.graph):
            reason = "repeats, branches or sizes something by the numbers of a sample, so that its cost cannot be known"
            self.refuse(f"operator {operator}", reason, "Export it without loops and branches that depend on the data")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no public base class
            self.refuse(
                "", f"cannot be run: {_one_line(error)}", "Export it with a standard opset, such as 17, and standard operators"
            )
        if len(self.session.get_inputs()) != 1:
            names = ", ".join(argument.name for argument in self.session.get_inputs())
            self.refuse("", f"has {len(self.session.get_inputs())} inputs ({names}) instead of one", _EXPORT_AGAIN)
        self.input = self.session.get_inputs()[0]
        self.output = self.session.get_outputs()[0].name

    def refuse(self, where: str, reason: str, fix: str) -> NoReturn:
        """Raise `UploadRejected` for this file."""
        raise self.member.rejected(reason, fix, where)

    def describe(self, takes: tuple[int, ...]) -> dict[str, Any]:
        """Return the settings of `aeexplorer.models.loaded.onnx.GraphFile` for a sample shape."""
        digest = hashlib.sha256(self.content).hexdigest()
        return {"sha256": digest, "size": len(self.content), "input": self.input.name, "takes": takes, "output": self.output}

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Compute the first output for a batch."""
        try:
            output: np.ndarray = self.session.run([self.output], {self.input.name: batch})[0]
        except MemoryError:
            self._refuse_memory(batch)
        except Exception as error:
            if any(sign in str(error) for sign in _MEMORY_SIGNS):
                self._refuse_memory(batch)
            self.refuse(f"input {self.input.name}", f"fails for a batch of {batch.shape}: {_one_line(error)}", _EXPORT_AGAIN)
        return output

    def _refuse_memory(self, batch: np.ndarray) -> NoReturn:
        self.refuse("", f"needs too much memory for a batch of {len(batch)}", "Choose a smaller model, or smaller pictures")

    def require_equal_rows(self, batch: np.ndarray, rows: np.ndarray) -> None:
        """Reject a graph whose output for a sample depends on the batch: alone, or in a batch as large as those used later."""
        repeated = np.resize(batch, (BATCH_SIZE, *batch.shape[1:]))
        output = self.run(repeated)
        self.require_rows(output, BATCH_SIZE)
        for part, where in ((self.run(batch[:1]), "alone"), (output[: len(rows)], f"in a batch of {BATCH_SIZE}")):
            if part.shape[1:] != rows.shape[1:] or not np.allclose(part, rows[: len(part)], rtol=1e-2, atol=1e-3):
                reason = f"gives another result for a sample when it comes {where}"
                self.refuse("", reason, "Export it in evaluation mode, model.eval(), with a free first axis")

    def input_shape(self, shape: tuple[int, ...], source: str, fix: str) -> tuple[int, ...]:
        """Return the shape in which the graph takes a sample of `shape`: the same, or flattened.

        `source` and `fix` are parts of the message if the graph takes neither.
        """
        first, *rest = self.input.shape or [1]
        where = f"input {self.input.name}"
        if isinstance(first, int):
            self.refuse(
                where, f"takes only batches of {first}", "Export it with a free first axis (dynamic_shapes or dynamic_axes)"
            )
        for candidate in (shape, (math.prod(shape),)):
            if len(rest) == len(candidate) and all(
                not isinstance(r, int) or r == c for r, c in zip(rest, candidate, strict=True)
            ):
                return candidate
        return self.refuse(where, f"takes samples of {tuple(rest)}, and {source} {shape}", fix)

    def require_rows(self, array: np.ndarray, rows: int) -> None:
        """Reject an output that does not have one finite row per sample."""
        where = f"output {self.output}"
        if not isinstance(array, np.ndarray) or array.ndim < 2 or len(array) != rows or not array.size:
            self.refuse(where, f"is {getattr(array, 'shape', type(array).__name__)} for {rows} samples", _EXPORT_AGAIN)
        if array.dtype.kind not in "if" or not np.isfinite(array).all():
            self.refuse(where, "has values that are not finite numbers", "Choose a model from a training that did not diverge")

    def find_table(self, code: np.ndarray) -> np.ndarray:
        """Return the codebook ``(K, d)`` that the graph looks up its input codes in.

        The lookup must be a Gather of the input, with only operators in `_PASS_THROUGH` before it.
        """
        import onnx

        constants = {tensor.name: tensor for tensor in self.model.graph.initializer}
        constants |= {n.output[0]: n.attribute[0].t for n in self.model.graph.node if n.op_type == "Constant" and n.attribute}
        indices = {self.input.name}
        for node in self.model.graph.node:
            if node.op_type in ("Gather", "GatherND") and node.input[0] in constants and node.input[1] in indices:
                table = np.asarray(onnx.numpy_helper.to_array(constants[node.input[0]]))
                if (
                    table.ndim == 2
                    and table.dtype.kind == "f"
                    and np.isfinite(table).all()
                    and 0 <= code.min() <= code.max() < len(table)
                ):
                    return table.astype(np.float32)
            elif node.op_type in _PASS_THROUGH and node.input[0] in indices:
                indices.add(node.output[0])
        return self.refuse(
            f"input {self.input.name}",
            "takes codes, but does not look them up in one table of entries, which the latent map needs",
            "Export an encoder that outputs latents, and a decoder that takes latents",
        )

    def _check(self, graph: Any) -> None:
        """Reject operators outside the ONNX standard, and tensors stored in other files."""
        for node in _nodes(graph):
            if node.domain not in STANDARD_DOMAINS:
                self._refuse_domain(f"{node.domain} ({node.op_type})")
        for stored in _stored_tensors(graph):
            if stored.tensor.data_location == stored.tensor.EXTERNAL or stored.tensor.external_data:
                fix = "Export it as one file: torch.onnx.export(..., external_data=False)"
                self.refuse(f"tensor {stored.name}", "is stored in another file", fix)

    def _refuse_domain(self, domain: str) -> NoReturn:
        self.refuse(f"operator set {domain}", "is not part of the ONNX standard", "Export it with standard operators only")


def _nodes(graph: Any) -> Iterator[Any]:
    """Iterate over all nodes, including those of nested graphs."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _nodes(inner)


def _stored_tensors(graph: Any) -> Iterator[_StoredTensor]:
    """Iterate over all tensors stored in the graph and in its nested graphs."""
    yield from (_StoredTensor(tensor.name, tensor) for tensor in graph.initializer)
    for sparse in graph.sparse_initializer:
        yield from (_StoredTensor(sparse.values.name, tensor) for tensor in (sparse.values, sparse.indices))
    for node in graph.node:
        for attribute in node.attribute:
            tensors = [*attribute.tensors, *([attribute.t] if attribute.HasField("t") else [])]
            yield from (_StoredTensor(f"{node.op_type} {attribute.name}", tensor) for tensor in tensors)
            for sparse in (
                *attribute.sparse_tensors,
                *([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []),
            ):
                yield from (
                    _StoredTensor(f"{node.op_type} {attribute.name}", tensor) for tensor in (sparse.values, sparse.indices)
                )
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _stored_tensors(inner)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
