"""Settings of a model: network, likelihood, bottleneck, fusion and corruption."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny
from pydantic import Field as Bounds

from aeexplorer.core.settings import PART, NoneOf, Settings, When
from aeexplorer.models.bottlenecks.base import BottleneckSettings
from aeexplorer.models.corruptions.base import CorruptionSettings
from aeexplorer.models.fusions.base import FusionSettings
from aeexplorer.models.likelihoods.base import LikelihoodSettings
from aeexplorer.models.loaded.base import LoadedSettings
from aeexplorer.models.parts import default_part, part_validator

BOTTLENECKS = "aeexplorer.models.bottlenecks"
FUSIONS = "aeexplorer.models.fusions"
CORRUPTIONS = "aeexplorer.models.corruptions"
LIKELIHOODS = "aeexplorer.models.likelihoods"
LOADED = "aeexplorer.models.loaded"

AnyBottleneck = Annotated[SerializeAsAny[BottleneckSettings], part_validator(BOTTLENECKS), PART]
AnyFusion = Annotated[SerializeAsAny[FusionSettings], part_validator(FUSIONS), PART]
AnyLikelihood = Annotated[SerializeAsAny[LikelihoodSettings], part_validator(LIKELIHOODS), PART]
AnyCorruption = Annotated[SerializeAsAny[CorruptionSettings] | None, part_validator(CORRUPTIONS), PART]
AnyLoaded = Annotated[SerializeAsAny[LoadedSettings], part_validator(LOADED), PART]

Activation = Literal["relu", "leaky_relu", "gelu", "silu", "elu", "tanh", "sigmoid", "identity"]
Initialisation = Literal["default", "xavier", "he", "orthogonal", "zeros", "constant"]


class ModelConfig(Settings):
    """Settings of a model: encoders → fusion → bottleneck → decoders, with an optional corruption of the input."""

    network: str = "auto"
    """Kind of encoder and decoder: linear, dense, conv, recurrent, dilated or transformer. auto chooses the best kind for
    the data."""
    hidden: Annotated[
        int,
        Bounds(ge=1, le=4096),
        When({"network": ("dense", "recurrent")}),
        When({"network": NoneOf(["linear"]), "bottleneck.token_target": (None, 1)}),
    ] = 256
    """Width of the hidden dense layers, in units. The state of a recurrent network has half as many units."""
    depth: Annotated[int, Bounds(ge=1, le=8), When({"network": NoneOf(["linear"])})] = 2
    """Number of layers in the encoder, and in the decoder: hidden layers of a dense network, layers of a recurrent network,
    blocks of a dilated network or transformer. For convolutional networks, the number of residual blocks if the code has
    several tokens; if it has one token, there are two fewer."""
    channels: Annotated[int, Bounds(ge=4, le=512), When({"network": NoneOf(["linear", "dense", "recurrent"])})] = 32
    """Feature maps after the first convolution. They double each time the picture is halved, up to four times as many.
    Dilated networks and transformers have twice as many features at each step."""
    activation: Annotated[Activation, When({"network": NoneOf(["linear"])})] = "silu"
    """Non-linear function between layers. identity means none: then all layers together are one linear map."""
    initialisation: Initialisation = "default"
    """How weight matrices are drawn before training; biases start at zero. Xavier (Glorot & Bengio 2010), He (2015,
    arXiv:1502.01852) or orthogonal (Saxe et al. 2014, arXiv:1312.6120); default is the usual way of each layer. zeros and
    constant fail on purpose, to show why: no gradient flows, or all units of a layer stay the same."""
    dropout: Annotated[float, Bounds(ge=0, le=0.9)] = 0.0
    """Share of the hidden units that are switched off at random in each training step (Srivastava et al. 2014)."""
    tied: Annotated[bool, When({"network": ("linear", "dense")})] = False
    """Whether the decoder uses the transposed matrices of the encoder. For linear and dense networks, and for the two
    matrices around a plain vector."""
    cell: Annotated[Literal["gru", "lstm"], When({"network": ("recurrent",)})] = "gru"
    """Unit of a recurrent network: GRU (Cho et al. 2014, arXiv:1406.1078) or LSTM (Hochreiter & Schmidhuber 1997)."""
    likelihood: Annotated[AnyLikelihood, When({"modality": NoneOf(["text"])})] = Bounds(
        default_factory=lambda: default_part(LIKELIHOODS, LikelihoodSettings, "gaussian")
    )
    """What the output of the decoder means, and therefore how errors are measured. Texts always use the cross-entropy of
    their tokens."""
    bottleneck: AnyBottleneck = Bounds(default_factory=lambda: default_part(BOTTLENECKS, BottleneckSettings, "deterministic"))
    """What the code is: a plain vector, a distribution, or entries of a codebook."""
    fusion: AnyFusion = Bounds(default_factory=lambda: default_part(FUSIONS, FusionSettings, "average"))
    """How several fields are combined into one code."""
    corruption: AnyCorruption = None
    """How the encoder's input is corrupted in training. The loss always compares with the clean input."""


class LoadedModel(Settings):
    """A model that was trained outside the app. It is used as it is, and not trained here."""

    loaded: AnyLoaded
    """Where the encoder and the decoder come from."""

    @property
    def likelihood(self) -> LikelihoodSettings:
        """Gaussian likelihood: the outputs are expected samples, compared by their squared error."""
        return default_part(LIKELIHOODS, LikelihoodSettings, "gaussian")


def _read_model(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return (LoadedModel if "loaded" in value else ModelConfig).model_validate(value)


AnyModel = Annotated[ModelConfig | LoadedModel, BeforeValidator(_read_model)]
