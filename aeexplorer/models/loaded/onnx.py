"""An encoder and a decoder as ONNX graphs, run by onnxruntime; needs the extra ``onnx``.

The bytes of a graph are a tensor of the model's state, so that a checkpoint, a run file and their hashes hold it as they
hold weights.
"""

import hashlib
import importlib.util
import math
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings
from aeexplorer.modalities.base import Modality, Network
from aeexplorer.models.bottlenecks.base import Bottleneck
from aeexplorer.models.loaded._codes import GivenVector, NumberedEntry
from aeexplorer.models.loaded.base import Count, Loaded, LoadedSettings, require_short

_BATCH = 128
_TYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
_Name = Annotated[str, Bounds(min_length=1, max_length=200)]
_Shape = Annotated[tuple[Count, ...], Bounds(min_length=1, max_length=5)]


class GraphFile(Settings):
    """A graph with one input and one output that counts."""

    sha256: Annotated[str, Bounds(pattern=r"^[0-9a-f]{64}$")]
    """Of its bytes."""
    size: Annotated[int, Bounds(ge=1, le=2**28)]
    """How many bytes those are."""
    input: _Name
    """Name of its input."""
    takes: _Shape
    """Shape of one sample there."""
    output: _Name
    """Name of its output."""


class Onnx(LoadedSettings):
    """Two ONNX graphs: pictures to codes, and codes to pictures."""

    name = "onnx"
    title = "ONNX pair"
    kind: Literal["onnx"] = "onnx"
    encoder: GraphFile
    """Pictures float32 within [0, 1], ``(B, *shape)``, to codes."""
    decoder: GraphFile
    """Codes to pictures."""
    entries: Annotated[int, Bounds(ge=0, le=65_536)] = 0
    """Size of the table that codes are looked up in; 0 where the code is a vector of numbers."""
    entry_length: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Length of its entries."""

    def build(self, modality: Modality) -> Loaded:
        field, code = modality.field, self.decoder.takes
        numbers = math.prod(code)
        if math.prod(self.encoder.takes) != math.prod(field.shape):
            raise UserError(
                f"the encoder takes samples of {self.encoder.takes}, and these are {field.shape}",
                "Choose the dataset that it was made for",
            )
        require_short(numbers * max(1, self.entry_length))
        bottleneck: Bottleneck = GivenVector(numbers)
        grid: tuple[int, ...] = (1,)
        if self.entries:
            bottleneck = NumberedEntry(numbers, self.entries, self.entry_length)
            likely = modality.grid(numbers)
            grid = code if len(code) == 2 else likely if math.prod(likely) == numbers else (numbers,)
        encoder = _Encoder(Graph(self.encoder), bottleneck.tokens)
        return Loaded(Network(encoder, _Decoder(Graph(self.decoder), field.shape), bottleneck.width), bottleneck, grid)


class Graph(nn.Module):
    """A graph as a function of a tensor."""

    def __init__(self, file: GraphFile) -> None:
        super().__init__()
        self.file = file
        self.content = nn.Parameter(torch.zeros(file.size, dtype=torch.uint8), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Samples of any shape with as many numbers as the graph takes → its output ``(B, …)``."""
        if torch.compiler.is_exporting():
            raise UserError("it is made of ONNX graphs already", "Take the files that it was loaded from")
        session = self._session
        (dtype,) = (_TYPES[given.type] for given in session.get_inputs())
        rows = x.detach().cpu().reshape(len(x), *self.file.takes).numpy().astype(dtype)
        found = [session.run([self.file.output], {self.file.input: rows[i : i + _BATCH]})[0] for i in range(0, len(rows), _BATCH)]
        return torch.from_numpy(np.concatenate(found)).to(x.device)

    @cached_property
    def _session(self) -> Any:
        if importlib.util.find_spec("onnxruntime") is None:
            raise UserError("ONNX models need onnxruntime", "Install it: pip install 'aeexplorer[onnx]'")
        import onnxruntime

        content = self.content.cpu().numpy().tobytes()
        if hashlib.sha256(content).hexdigest() != self.file.sha256:
            raise UserError("the ONNX graph is not the one that the settings name", "Load the model again")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class _Encoder(nn.Module):
    """x-space ``(B, *shape)`` → ``(B, 1, d)``, or the numbers of entries ``(B, T, 1)``."""

    def __init__(self, graph: Graph, tokens: int) -> None:
        super().__init__()
        self.graph = graph
        self.tokens = tokens

    def forward(self, x: Tensor) -> Tensor:
        return self.graph(x).float().reshape(len(x), self.tokens, -1)


class _Decoder(nn.Module):
    """``(B, 1, d)`` or the numbers of entries ``(B, T, 1)`` → expected samples ``(B, *shape)``."""

    def __init__(self, graph: Graph, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.graph = graph
        self.shape = shape

    def forward(self, z: Tensor) -> Tensor:
        return self.graph(z).float().reshape(len(z), *self.shape)
