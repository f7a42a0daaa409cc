"""The composition: encoders (one per field) → fusion → bottleneck → decoders (one per field)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field, presence
from aeexplorer.modalities.base import Modality, Network, modality_of
from aeexplorer.modalities.networks.initialisation import initialise
from aeexplorer.models.bottlenecks.base import Bottleneck, Code, DiscreteBottleneck, VectorBottleneck
from aeexplorer.models.config import LoadedModel, ModelConfig
from aeexplorer.models.corruptions.base import CorruptionSettings
from aeexplorer.models.fusions.average import AverageFusion
from aeexplorer.models.fusions.base import Fusion
from aeexplorer.models.likelihoods.base import Likelihood
from aeexplorer.models.loaded.base import require_pictures


@dataclass
class Output:
    """What the autoencoder makes of a batch."""

    code: Code
    reconstruction: dict[str, Tensor]
    """By field, in x-space: ``(B, *shape)``."""
    terms: dict[str, Tensor]
    """Named losses, each ``(B,)`` nats: ``reconstruction`` and those of the bottleneck."""
    loss: Tensor
    """``(B,)``: the weighted sum that the training minimises, in nats."""


class Autoencoder(nn.Module):
    """An autoencoder for the fields of a dataset.

    Parameters
    ----------
    config
        Its settings.
    fields
        The fields it reads and writes, by name.

    Raises
    ------
    UserError
        If the network or the likelihood does not fit a field's modality, or the corruption no field's, or if there are
        no weights to tie.
    """

    def __init__(self, config: ModelConfig | LoadedModel, fields: Mapping[str, Field]) -> None:
        super().__init__()
        self.config = config
        self.mixed_precision = False  # see `_through`
        self.modalities: dict[str, Modality] = {name: modality_of(field) for name, field in fields.items()}
        self.partial = [name for name, field in fields.items() if field.partial]
        parts = _loaded(config, self.modalities) if isinstance(config, LoadedModel) else _built(config, self.modalities)
        networks, width = parts.networks, parts.width
        self.grid = parts.grid
        self.encoders = nn.ModuleDict({name: n.encoder for name, n in networks.items()})
        self.decoders = nn.ModuleDict({name: n.decoder for name, n in networks.items()})
        self.likelihoods = nn.ModuleDict({name: config.likelihood.build(field) for name, field in fields.items()})
        self.fusion = parts.fusion
        self.bottleneck = parts.bottleneck
        self.unfuse = nn.ModuleDict({name: nn.Linear(width, n.width) for name, n in networks.items() if n.width != width})
        self.corruption: CorruptionSettings | None = None
        if isinstance(config, ModelConfig):
            self._finish(config)

    def prepare(self, raw: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Stored samples ``{field: (B, *shape)}`` → x-space; all NaN where a sample does not have a field, see `presence`."""
        x = {name: modality.prepare(raw[name]) for name, modality in self.modalities.items() if name in raw}
        for name in self.partial:
            if presence(name) in raw:
                x[name] = torch.where(_beside(raw[presence(name)], x[name]), x[name], torch.nan)
        return x

    def encode(self, x: Mapping[str, Tensor], progress: float = 1.0, present: Mapping[str, Tensor] | None = None) -> Code:
        """x-space, any of the fields → code.

        Parameters
        ----------
        x
            Samples by field; those that do not have a field are all NaN there.
        progress
            Share of the training that is done, 0 to 1.
        present
            Of fields that some samples do not have, which do, bool ``(B,)``; where not given, `x` says so.
        """
        return self.bottleneck(self.fuse(x, present), progress)

    def fuse(self, x: Mapping[str, Tensor], present: Mapping[str, Tensor] | None = None) -> Tensor:
        """x-space, any of the fields → what the bottleneck takes, ``(B, T, width)``; arguments as in `encode`."""
        present = self._present(x) if present is None else present
        seen = {name: torch.where(_beside(present[name], v), v, 0.0) if name in present else v for name, v in x.items()}
        return self.fusion({name: self._through(self.encoders[name], batch) for name, batch in seen.items()}, present)

    def decode(self, latent: Tensor) -> dict[str, Tensor]:
        """Points ``(B, d)`` of the latent space → expected samples of every field, in x-space."""
        return self._means(self._outputs(self.bottleneck.expand(latent)))

    @property
    def quantizer(self) -> DiscreteBottleneck:
        """The bottleneck of a model with a codebook; raises `UserError` for any other model."""
        if not isinstance(self.bottleneck, DiscreteBottleneck):
            raise UserError("this model has no codebook", "Choose a run with one, such as a VQ-VAE")
        return self.bottleneck

    def decode_codes(self, indices: Tensor) -> dict[str, Tensor]:
        """Codebook entries ``(B, T·stages)`` → expected samples of every field, in x-space; needs a discrete bottleneck."""
        return self._means(self._outputs(self.quantizer.lookup(indices)))

    def forward(self, x: Mapping[str, Tensor], progress: float = 1.0, seen: Mapping[str, Tensor] | None = None) -> Output:
        """Encode, decode, and compare with the clean input.

        Parameters
        ----------
        x
            Clean samples by field, x-space.
        progress
            Share of the training that is done, 0 to 1.
        seen
            What the encoder sees; where not given, a corrupted copy in training and the clean samples otherwise.
        """
        if seen is None:
            seen = self.corrupt(x) if self.training else x
        present = self._present(x)
        drops = seen is not x and self.corruption is not None and self.corruption.drops_fields
        shown = _there(seen, seen) if drops else present
        code = self.encode(seen, progress, shown)
        if self.training:
            code.losses |= self.bottleneck.penalties(lambda inputs: self.encode(inputs, progress, shown).latent, seen)
        outputs = self._outputs(code.z)
        terms = {"reconstruction": self._nll(outputs, x, present), **code.losses}
        weighted = [code.weights[name] * term if name in code.weights else term for name, term in terms.items()]
        loss = _total(weighted)
        return Output(code, self._means(outputs), terms, loss)

    def nll(self, latents: Tensor, x: Mapping[str, Tensor]) -> Tensor:
        """−log p(x | latent) in nats over all fields that a sample has: points ``(B, d)``, x-space ``(B, …)`` → ``(B,)``."""
        return self._nll(self._outputs(self.bottleneck.expand(latents)), x, self._present(x))

    def corrupt(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What the encoder sees of a clean batch in training; fields that the corruption is not for pass as they are."""
        if self.corruption is None:
            return dict(x)
        return self.corruption.corrupt_all(x, self.modalities)

    def _finish(self, config: ModelConfig) -> None:
        """What concerns models that are trained here: the corruption, tied weights, how the weights begin."""
        assert config.corruption is None or isinstance(config.corruption, CorruptionSettings)
        _check_corruption(config.corruption, self.modalities)
        self.corruption = config.corruption
        if config.tied:
            self._tie(config)
        if config.initialisation != "default":
            initialise(self, config.initialisation)

    def _tie(self, config: ModelConfig) -> None:
        if isinstance(self.bottleneck, VectorBottleneck):
            self.bottleneck.tie()
        elif not any(True for _ in self.encoders.parameters()):
            raise UserError(
                f"a linear network with the bottleneck {type(config.bottleneck).title!r} has no pair of matrices to tie",
                "Choose the bottleneck deterministic or the network dense, or switch tied weights off",
            )

    def _present(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Of the fields that some samples of the dataset do not have, which of these do, bool ``(B,)``."""
        return _there(x, [name for name in self.partial if name in x])

    def _nll(self, outputs: Mapping[str, Tensor], x: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        nats = []
        for name, modality in self.modalities.items():
            if name in present:
                rows = present[name].nonzero().squeeze(1)
                some = modality.nll(self._likelihood(name), outputs[name][rows], x[name][rows]) if len(rows) else None
                zeros = outputs[name].new_zeros(len(outputs[name]))
                nats.append(zeros if some is None else zeros.index_add(0, rows, some))
            elif name in x:
                nats.append(modality.nll(self._likelihood(name), outputs[name], x[name]))
        return _total(nats)

    def _outputs(self, z: Tensor) -> dict[str, Tensor]:
        return {
            name: self._through(decoder, self.unfuse[name](z) if name in self.unfuse else z)
            for name, decoder in self.decoders.items()
        }

    def _through(self, network: nn.Module, x: Tensor) -> Tensor:
        """Apply an encoder or decoder, float32 in and out; with `mixed_precision`, its products are bfloat16 in training."""
        if not (self.training and self.mixed_precision):
            return cast(Tensor, network(x))
        with torch.autocast(x.device.type, torch.bfloat16):
            return cast(Tensor, network(x).float())

    def _means(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: m.mean(self._likelihood(name), outputs[name]) for name, m in self.modalities.items()}

    def _likelihood(self, name: str) -> Likelihood:
        return cast(Likelihood, self.likelihoods[name])


def _there(x: Mapping[str, Tensor], names: Iterable[str]) -> dict[str, Tensor]:
    """Which samples have a field, bool ``(B,)``: those that are not all NaN."""
    return {name: ~x[name].flatten(1).isnan().all(1) for name in names}


def _beside(mask: Tensor, x: Tensor) -> Tensor:
    """``(B,)`` in the shape of ``(B, …)``."""
    return mask.view(-1, *[1] * (x.dim() - 1))


@dataclass
class _Parts:
    """What an autoencoder is put together from."""

    networks: Mapping[str, Network]
    grid: tuple[int, ...]
    fusion: Fusion
    width: int
    bottleneck: Bottleneck


def _built(config: ModelConfig, modalities: Mapping[str, Modality]) -> _Parts:
    """New parts, of freshly drawn weights; a field that the network fits not, though it fits another, gets its best."""
    main = next(iter(modalities.values()))
    wanted = config.bottleneck.token_count(main.natural_tokens())
    grid = main.grid(wanted) if wanted > 1 else (1,)
    tokens = math.prod(grid)
    fitting = {name for name, m in modalities.items() if config.network in m.networks}
    names = {name: config.network if name in fitting or not fitting else "auto" for name in modalities}
    networks = {name: m.network(names[name], config, tokens) for name, m in modalities.items()}
    fusion, width = config.fusion.build({name: n.width for name, n in networks.items()})
    return _Parts(networks, grid, fusion, width, config.bottleneck.build(width, tokens))


def _loaded(config: LoadedModel, modalities: Mapping[str, Modality]) -> _Parts:
    """The parts of a model that was made elsewhere, for the one field that it is for."""
    (name,) = require_pictures(modalities)
    loaded = config.loaded.build(modalities[name])
    width = loaded.network.width
    return _Parts({name: loaded.network}, loaded.grid, AverageFusion({name: width}), width, loaded.bottleneck)


def _total(parts: list[Tensor]) -> Tensor:
    """Their sum; of one it is that one, at no cost."""
    return reduce(torch.add, parts)


def _check_corruption(corruption: CorruptionSettings | None, modalities: Mapping[str, Modality]) -> None:
    if corruption is not None and corruption.drops_fields and len(modalities) == 1:
        raise UserError(
            f"the corruption {corruption.title!r} is for data of several fields, and these have one",
            "Choose another corruption, such as gaussian_noise or masking, or none",
        )
    if corruption is None or any(corruption.fits(modality) for modality in modalities.values()):
        return
    there = ", ".join(sorted({modality.name for modality in modalities.values()}))
    wanted = " or ".join(sorted(corruption.modalities or ())) or "other"
    raise UserError(
        f"the corruption {corruption.title!r} is for {wanted} data, and these are {there}",
        "Choose another corruption, such as masking, or none",
    )


def automatic(fields: Mapping[str, Field]) -> dict[str, dict[str | None, list[str]]]:
    """What a run's settings that are left to themselves come to for some fields, and what these are, as `without_effect`
    takes it."""
    return {
        "model.network": {"auto": [next(iter(modality_of(field).networks)) for field in fields.values()]},
        "model.modality": {None: [field.modality for field in fields.values()]},
    }
