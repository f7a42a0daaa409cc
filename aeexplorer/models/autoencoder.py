"""The composition of a model: encoders (one per field) → fusion → bottleneck → decoders (one per field)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field, presence_key
from aeexplorer.modalities.base import Modality, modality_of
from aeexplorer.modalities.networks.initialisation import initialise
from aeexplorer.models._assembly import build_parts, check_corruption, load_parts
from aeexplorer.models.bottlenecks.base import Code, DiscreteBottleneck, VectorBottleneck
from aeexplorer.models.config import LoadedModel, ModelConfig
from aeexplorer.models.corruptions.base import CorruptionSettings
from aeexplorer.models.likelihoods.base import Likelihood


@dataclass
class Output:
    """Result of one forward pass of the autoencoder over a batch."""

    code: Code
    """Output of the bottleneck."""
    reconstruction: dict[str, Tensor]
    """Reconstruction of each field in x-space: ``(B, *shape)``."""
    terms: dict[str, Tensor]
    """Named losses in nats per sample, each ``(B,)``: ``reconstruction`` and the losses of the bottleneck."""
    loss: Tensor
    """Weighted sum of all terms, which training minimises: ``(B,)``, in nats per sample."""


class Autoencoder(nn.Module):
    """An autoencoder for the fields of a dataset.

    Parameters
    ----------
    config
        Settings of the model.
    fields
        Fields that the model reads and writes, by name.

    Raises
    ------
    UserError
        If the network or the likelihood does not fit a field, if the corruption fits no field, or if tied weights are
        requested and there are no weights to tie.
    """

    def __init__(self, config: ModelConfig | LoadedModel, fields: Mapping[str, Field]) -> None:
        super().__init__()
        self.config = config
        self.mixed_precision = False  # see `_run_network`
        self.modalities: dict[str, Modality] = {name: modality_of(field) for name, field in fields.items()}
        self.partial = [name for name, field in fields.items() if field.partial]
        if isinstance(config, LoadedModel):
            parts = load_parts(config, self.modalities)
        else:
            parts = build_parts(config, self.modalities)
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
            self._set_up_training(config)

    def prepare(self, raw: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Convert stored samples ``{field: (B, *shape)}`` to x-space.

        Samples that lack a field (see `aeexplorer.data.dataset.presence_key`) are all NaN in that field.
        """
        x = {name: modality.prepare(raw[name]) for name, modality in self.modalities.items() if name in raw}
        for name in self.partial:
            if presence_key(name) in raw:
                x[name] = torch.where(_expand_mask(raw[presence_key(name)], x[name]), x[name], torch.nan)
        return x

    def encode(self, x: Mapping[str, Tensor], progress: float = 1.0, present: Mapping[str, Tensor] | None = None) -> Code:
        """Encode samples, given any of their fields.

        Parameters
        ----------
        x
            Samples in x-space by field, ``(B, *shape)``. A sample that lacks a field is all NaN in that field.
        progress
            Share of the training that is done, 0 to 1.
        present
            For each field that some samples lack, which samples have it: bool ``(B,)``. Derived from `x` by default.
        """
        return self.bottleneck(self.fuse(x, present), progress)

    def fuse(self, x: Mapping[str, Tensor], present: Mapping[str, Tensor] | None = None) -> Tensor:
        """Compute the input of the bottleneck, ``(B, T, width)``. Takes the same arguments as `encode`."""
        present = self._present(x) if present is None else present
        inputs = {name: torch.where(_expand_mask(present[name], v), v, 0.0) if name in present else v for name, v in x.items()}
        return self.fusion({name: self._run_network(self.encoders[name], batch) for name, batch in inputs.items()}, present)

    def decode(self, latent: Tensor) -> dict[str, Tensor]:
        """Decode points ``(B, d)`` of the latent space to expected samples of every field, in x-space."""
        return self._expected(self._decoder_outputs(self.bottleneck.expand(latent)))

    @property
    def quantizer(self) -> DiscreteBottleneck:
        """The bottleneck of a model with a codebook.

        Raises
        ------
        UserError
            If the model has no codebook.
        """
        if not isinstance(self.bottleneck, DiscreteBottleneck):
            raise UserError("this model has no codebook", "Choose a run with one, such as a VQ-VAE")
        return self.bottleneck

    def decode_codes(self, indices: Tensor) -> dict[str, Tensor]:
        """Decode codebook indices ``(B, T·stages)`` to expected samples of every field, in x-space.

        Raises
        ------
        UserError
            If the model has no codebook.
        """
        return self._expected(self._decoder_outputs(self.quantizer.lookup(indices)))

    def forward(self, x: Mapping[str, Tensor], progress: float = 1.0, seen: Mapping[str, Tensor] | None = None) -> Output:
        """Encode, decode, and compare the reconstruction with the clean input.

        Parameters
        ----------
        x
            Clean samples in x-space by field, ``(B, *shape)``.
        progress
            Share of the training that is done, 0 to 1.
        seen
            Input of the encoder. By default, a corrupted copy in training and the clean samples otherwise.
        """
        # corrupt
        if seen is None:
            seen = self.corrupt(x) if self.training else x
        present = self._present(x)
        fields_dropped = seen is not x and self.corruption is not None and self.corruption.drops_fields
        visible = _present_samples(seen, seen) if fields_dropped else present
        # encode
        code = self.encode(seen, progress, visible)
        if self.training:
            code.losses |= self.bottleneck.penalties(lambda inputs: self.encode(inputs, progress, visible).latent, seen)
        # decode
        outputs = self._decoder_outputs(code.z)
        # loss
        terms = {"reconstruction": self._nll(outputs, x, present), **code.losses}
        weighted = [code.weights[name] * term if name in code.weights else term for name, term in terms.items()]
        loss = _add_up(weighted)
        return Output(code, self._expected(outputs), terms, loss)

    def nll(self, latents: Tensor, x: Mapping[str, Tensor]) -> Tensor:
        """Compute −log p(x | latent), summed over all fields that a sample has.

        Parameters
        ----------
        latents
            Points ``(B, d)`` of the latent space.
        x
            Samples in x-space by field, ``(B, *shape)``.

        Returns
        -------
        Tensor
            ``(B,)``, in nats per sample.
        """
        return self._nll(self._decoder_outputs(self.bottleneck.expand(latents)), x, self._present(x))

    def corrupt(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the encoder's input in training for a clean batch. Fields that the corruption does not fit stay unchanged."""
        if self.corruption is None:
            return dict(x)
        return self.corruption.corrupt_all(x, self.modalities)

    def _set_up_training(self, config: ModelConfig) -> None:
        """Set up the corruption, tie weights and initialise them, for models that are trained here."""
        check_corruption(config.corruption, self.modalities)
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
        """Return for each partial field which samples have it, bool ``(B,)``."""
        return _present_samples(x, [name for name in self.partial if name in x])

    def _nll(self, outputs: Mapping[str, Tensor], x: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """Sum −log p(x | outputs) over the fields that each sample has, ``(B,)``, in nats per sample."""
        terms = []
        for name, modality in self.modalities.items():
            if name in present:  # compute the loss of the samples that have the field; it is 0 for the others
                rows = present[name].nonzero().squeeze(1)
                nats = modality.nll(self._likelihood(name), outputs[name][rows], x[name][rows]) if len(rows) else None
                zeros = outputs[name].new_zeros(len(outputs[name]))
                terms.append(zeros if nats is None else zeros.index_add(0, rows, nats))
            elif name in x:
                terms.append(modality.nll(self._likelihood(name), outputs[name], x[name]))
        return _add_up(terms)

    def _decoder_outputs(self, z: Tensor) -> dict[str, Tensor]:
        """Run all decoders on the output of the bottleneck, ``(B, T, width)``."""
        return {
            name: self._run_network(decoder, self.unfuse[name](z) if name in self.unfuse else z)
            for name, decoder in self.decoders.items()
        }

    def _run_network(self, network: nn.Module, x: Tensor) -> Tensor:
        """Run an encoder or decoder with float32 input and output.

        With `mixed_precision`, matrix products inside the network are computed in bfloat16 during training.
        """
        if not (self.training and self.mixed_precision):
            return cast(Tensor, network(x))
        with torch.autocast(x.device.type, torch.bfloat16):
            return cast(Tensor, network(x).float())

    def _expected(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Convert decoder outputs to expected samples in x-space."""
        return {name: m.mean(self._likelihood(name), outputs[name]) for name, m in self.modalities.items()}

    def _likelihood(self, name: str) -> Likelihood:
        return cast(Likelihood, self.likelihoods[name])


def _present_samples(x: Mapping[str, Tensor], names: Iterable[str]) -> dict[str, Tensor]:
    """Return for each named field which samples have it (are not all NaN), bool ``(B,)``."""
    return {name: ~x[name].flatten(1).isnan().all(1) for name in names}


def _expand_mask(mask: Tensor, x: Tensor) -> Tensor:
    """Reshape a mask ``(B,)`` so that it broadcasts against `x`, ``(B, …)``."""
    return mask.view(-1, *[1] * (x.dim() - 1))


def _add_up(terms: list[Tensor]) -> Tensor:
    """Add up terms ``(B,)``; a single term is returned as it is, without a copy."""
    return reduce(torch.add, terms)


def resolve_automatic(fields: Mapping[str, Field]) -> dict[str, dict[str | None, list[str]]]:
    """Return what automatic settings of a run stand for, given the fields of its dataset.

    Returns
    -------
    dict
        Dotted path of a setting → {its automatic value: the values that it stands for}, in the form that
        `aeexplorer.core.settings.settings_without_effect` takes. ``model.modality`` is not a setting: its value is None.
    """
    return {
        "model.network": {"auto": [next(iter(modality_of(field).networks)) for field in fields.values()]},
        "model.modality": {None: [field.modality for field in fields.values()]},
    }
