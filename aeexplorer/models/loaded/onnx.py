"""An encoder and a decoder as ONNX graphs, run by onnxruntime. Needs the extra ``onnx``.

The bytes of a graph are stored as a tensor of the model's state, so that checkpoints, run files and their hashes treat
them like weights.
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
from aeexplorer.models.loaded._codes import IndexedEntry, LoadedVector
from aeexplorer.models.loaded.base import Count, LoadedParts, LoadedSettings, check_code_length

BATCH_SIZE = 128
"""Most samples that a graph is run on at once."""
_DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
_Name = Annotated[str, Bounds(min_length=1, max_length=200)]
_Shape = Annotated[tuple[Count, ...], Bounds(min_length=1, max_length=5)]


class GraphFile(Settings):
    """An ONNX graph, with the one input and the one output that are used."""

    sha256: Annotated[str, Bounds(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the file."""
    size: Annotated[int, Bounds(ge=1, le=2**28)]
    """Size of the file in bytes."""
    input: _Name
    """Name of the input."""
    takes: _Shape
    """Shape of one sample at the input."""
    output: _Name
    """Name of the output."""


class Onnx(LoadedSettings):
    """Two ONNX graphs: pictures to codes, and codes to pictures."""

    name = "onnx"
    title = "ONNX pair"
    kind: Literal["onnx"] = "onnx"
    encoder: GraphFile
    """Graph from pictures, float32 ``(B, *shape)`` within [0, 1], to codes."""
    decoder: GraphFile
    """Graph from codes to pictures."""
    entries: Annotated[int, Bounds(ge=0, le=65_536)] = 0
    """Number of entries of the codebook; 0 if the code is a vector of numbers."""
    entry_length: Annotated[int, Bounds(ge=0, le=4096)] = 0
    """Length of an entry of the codebook."""

    def build(self, modality: Modality) -> LoadedParts:
        field, code_shape = modality.field, self.decoder.takes
        numbers = math.prod(code_shape)
        if math.prod(self.encoder.takes) != math.prod(field.shape):
            raise UserError(
                f"the encoder takes samples of {self.encoder.takes}, and these are {field.shape}",
                "Choose the dataset that it was made for",
            )
        check_code_length(numbers * max(1, self.entry_length))
        bottleneck: Bottleneck = LoadedVector(numbers)
        grid: tuple[int, ...] = (1,)
        if self.entries:
            bottleneck = IndexedEntry(numbers, self.entries, self.entry_length)
            # arrange the codes as the decoder takes them, or like the picture if that gives the right number
            natural = modality.grid(numbers)
            grid = code_shape if len(code_shape) == 2 else natural if math.prod(natural) == numbers else (numbers,)
        encoder = _Encoder(Graph(self.encoder), bottleneck.tokens)
        decoder = _Decoder(Graph(self.decoder), field.shape)
        return LoadedParts(Network(encoder, decoder, bottleneck.width), bottleneck, grid)


class Graph(nn.Module):
    """An ONNX graph as a function of a tensor.

    Parameters
    ----------
    file
        Description of the graph. Its bytes are loaded into the parameter `content`, like weights.
    """

    def __init__(self, file: GraphFile) -> None:
        super().__init__()
        self.file = file
        self.content = nn.Parameter(torch.zeros(file.size, dtype=torch.uint8), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Run the graph on samples of any shape with as many numbers as the graph takes; return its output ``(B, …)``."""
        if torch.compiler.is_exporting():
            raise UserError("the model is made of ONNX graphs already", "Use the files that it was loaded from")
        session = self._session
        (dtype,) = (_DTYPES[graph_input.type] for graph_input in session.get_inputs())
        rows = x.detach().cpu().reshape(len(x), *self.file.takes).numpy().astype(dtype)
        batches = [rows[i : i + BATCH_SIZE] for i in range(0, len(rows), BATCH_SIZE)]
        outputs = [session.run([self.file.output], {self.file.input: batch})[0] for batch in batches]
        return torch.from_numpy(np.concatenate(outputs)).to(x.device)

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
    """Encode x-space ``(B, *shape)`` to a vector ``(B, 1, d)``, or to indices of codebook entries ``(B, T, 1)``."""

    def __init__(self, graph: Graph, tokens: int) -> None:
        super().__init__()
        self.graph = graph
        self.tokens = tokens

    def forward(self, x: Tensor) -> Tensor:
        return self.graph(x).float().reshape(len(x), self.tokens, -1)


class _Decoder(nn.Module):
    """Decode ``(B, 1, d)`` or indices of codebook entries ``(B, T, 1)`` to expected samples ``(B, *shape)``."""

    def __init__(self, graph: Graph, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.graph = graph
        self.shape = shape

    def forward(self, z: Tensor) -> Tensor:
        return self.graph(z).float().reshape(len(z), *self.shape)
