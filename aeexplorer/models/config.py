"""The settings of a model: which network, which likelihood, which bottleneck, fusion and corruption."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny
from pydantic import Field as Bounds

from aeexplorer.core.settings import PART, But, Settings, When
from aeexplorer.models.bottlenecks.base import BottleneckSettings
from aeexplorer.models.corruptions.base import CorruptionSettings
from aeexplorer.models.fusions.base import FusionSettings
from aeexplorer.models.likelihoods.base import LikelihoodSettings
from aeexplorer.models.loaded.base import LoadedSettings
from aeexplorer.models.parts import default_part, part

BOTTLENECKS = "aeexplorer.models.bottlenecks"
FUSIONS = "aeexplorer.models.fusions"
CORRUPTIONS = "aeexplorer.models.corruptions"
LIKELIHOODS = "aeexplorer.models.likelihoods"
LOADED = "aeexplorer.models.loaded"

AnyBottleneck = Annotated[SerializeAsAny[BottleneckSettings], part(BOTTLENECKS), PART]
AnyFusion = Annotated[SerializeAsAny[FusionSettings], part(FUSIONS), PART]
AnyLikelihood = Annotated[SerializeAsAny[LikelihoodSettings], part(LIKELIHOODS), PART]
AnyCorruption = Annotated[SerializeAsAny[CorruptionSettings] | None, part(CORRUPTIONS), PART]
AnyLoaded = Annotated[SerializeAsAny[LoadedSettings], part(LOADED), PART]

Activation = Literal["relu", "leaky_relu", "gelu", "silu", "elu", "tanh", "sigmoid", "identity"]
Initialisation = Literal["default", "xavier", "he", "orthogonal", "zeros", "constant"]


class ModelConfig(Settings):
    """encoders → fusion → bottleneck → decoders, with an optional corruption in front."""

    network: str = "auto"
    """Kind of encoder and decoder: linear, dense, conv, recurrent, dilated or transformer; auto takes the best one for
    the data."""
    hidden: Annotated[
        int,
        Bounds(ge=1, le=4096),
        When({"network": ("dense", "recurrent")}),
        When({"network": But(["linear"]), "bottleneck.token_target": (None, 1)}),
    ] = 256
    """Width of the hidden dense layers, in units; a recurrent network's state has half as many."""
    depth: Annotated[int, Bounds(ge=1, le=8), When({"network": But(["linear"])})] = 2
    """Layers or blocks on either side: hidden layers of a dense network, layers of a recurrent one, blocks of a dilated one
    or a transformer, residual blocks of a convolutional one with tokens (with one token, those beyond the second)."""
    channels: Annotated[int, Bounds(ge=4, le=512), When({"network": But(["linear", "dense", "recurrent"])})] = 32
    """Feature maps after the first convolution; they double at each halving of the picture, up to four times as many.
    Dilated networks and transformers have twice as many features at each step."""
    activation: Annotated[Activation, When({"network": But(["linear"])})] = "silu"
    """Non-linearity between layers; identity is none, so that any depth of layers is one linear map."""
    initialisation: Initialisation = "default"
    """How the weight matrices begin, the biases being zero: Xavier (Glorot & Bengio 2010), He (2015, arXiv:1502.01852),
    orthogonal (Saxe et al. 2014, arXiv:1312.6120); default leaves each layer its own way. zeros and constant are broken
    on purpose, to be seen failing: no gradient passes, or all units of a layer stay the same."""
    dropout: Annotated[float, Bounds(ge=0, le=0.9)] = 0.0
    """Share of the hidden units that are switched off at random in each training step (Srivastava et al. 2014)."""
    tied: Annotated[bool, When({"network": ("linear", "dense")})] = False
    """Whether the decoder's matrices are the encoder's, transposed; for linear and dense networks, and the pair of matrices
    around a plain vector."""
    cell: Annotated[Literal["gru", "lstm"], When({"network": ("recurrent",)})] = "gru"
    """Unit of a recurrent network: GRU (Cho et al. 2014, arXiv:1406.1078) or LSTM (Hochreiter & Schmidhuber 1997)."""
    likelihood: Annotated[AnyLikelihood, When({"modality": But(["text"])})] = Bounds(
        default_factory=lambda: default_part(LIKELIHOODS, LikelihoodSettings, "gaussian")
    )
    """What a decoder's output means, and so what an error costs; of texts it is always the cross-entropy of their tokens."""
    bottleneck: AnyBottleneck = Bounds(default_factory=lambda: default_part(BOTTLENECKS, BottleneckSettings, "deterministic"))
    """What the code is: a plain vector, a distribution, entries of a codebook."""
    fusion: AnyFusion = Bounds(default_factory=lambda: default_part(FUSIONS, FusionSettings, "average"))
    """How several modalities meet in one code."""
    corruption: AnyCorruption = None
    """What is done to the encoder's input; the loss is always against the clean input."""


class LoadedModel(Settings):
    """A model that was made elsewhere: it is used as it is, and not trained here."""

    loaded: AnyLoaded
    """Where its encoder and decoder come from."""

    @property
    def likelihood(self) -> LikelihoodSettings:
        """Its outputs are expected samples, compared by their squared error."""
        return default_part(LIKELIHOODS, LikelihoodSettings, "gaussian")


def _read_model(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return (LoadedModel if "loaded" in value else ModelConfig).model_validate(value)


AnyModel = Annotated[ModelConfig | LoadedModel, BeforeValidator(_read_model)]
