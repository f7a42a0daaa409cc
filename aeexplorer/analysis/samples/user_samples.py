"""Guests: samples that are not of the dataset, passed through a run's model and set among the samples that are."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from aeexplorer.analysis.decoding import restore
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import presence
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.run import Run

VOTERS = 15
"""Neighbours that vote on a user sample's label."""
_VALUES = 1 << 23  # of latents that are held at once


@dataclass(frozen=True, eq=False)
class UserSample:
    """Something to look at with the eyes of a model.

    Parameters
    ----------
    samples
        ``{field: (*shape)}`` in the units of the dataset's own samples; at least one of its fields.
    sample
        Its id where it is a sample of the dataset, else −1.
    """

    samples: Mapping[str, np.ndarray]
    sample: int = -1

    @cached_property
    def digest(self) -> str:
        """Tells its content from that of others."""
        found = hashlib.sha256(str(self.sample).encode())
        for name in sorted(self.samples):
            found.update(name.encode() + b"\0" + np.ascontiguousarray(self.samples[name]).tobytes())
        return found.hexdigest()


@dataclass(frozen=True, eq=False)
class EncodedSample:
    """What a model makes of a user sample.

    Parameters
    ----------
    latent
        float32 ``(d,)``.
    codes
        int64 ``(T·stages,)`` codebook entries; None without a codebook.
    outputs
        ``{field: (1, *shape)}`` of every field, in stored units: what is decoded.
    differences
        ``{field: float32 (1, *x-space shape)}`` of the user_sample's fields: output minus input in [0, 1] units, NaN where a
        value is missing.
    error
        Mean squared error over the user_sample's fields, [0, 1] units.
    above
        Share of the dataset's samples whose error is lower, 0 to 1; None where the user sample lacks a field, or the encoder
        did not see all of them: the errors of the dataset are not of that.
    """

    latent: np.ndarray
    codes: np.ndarray | None
    outputs: Mapping[str, np.ndarray]
    differences: Mapping[str, np.ndarray]
    error: float
    above: float | None


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The samples of a run nearest to a point of its latent space.

    Parameters
    ----------
    ids, distances
        int32 and float32 ``(k,)``, the nearest first; Euclidean distances between latents.
    label, share, voters
        The label that most of the nearest labelled ones have, which share of them, and how many they are; an empty text
        where the dataset has no labels.
    """

    ids: np.ndarray
    distances: np.ndarray
    label: str
    share: float
    voters: int


def own_sample(run: Run, sample: int) -> UserSample:
    """A sample of the run's dataset as a user sample, with the fields that it has.

    Raises
    ------
    UserError
        If there is no such sample.
    """
    if not 0 <= sample < run.dataset.n:
        raise UserError(f"there is no sample {sample}", f"Choose one from 0 to {run.dataset.n - 1}")
    found = run.dataset.samples(np.array([sample]))
    there = {name for name in run.dataset.fields if presence(name) not in found or found[presence(name)][0]}
    return UserSample({name: found[name][0] for name in run.dataset.fields if name in there}, sample)


def encode(run: Run, user_sample: UserSample, seen: Collection[str] = ()) -> EncodedSample:
    """Pass a user sample through the model of a run.

    Parameters
    ----------
    run
        With results.
    user_sample
        Of the shapes of the run's fields.
    seen
        Which of the user_sample's fields the encoder sees; all of them where none is named.
    """
    model = run.model
    with torch.inference_mode():
        x = model.prepare({name: torch.from_numpy(np.array(sample[None])) for name, sample in user_sample.samples.items()})
        output = model(x, seen={name: x[name] for name in x if name in seen} if seen else x)
    back, code = output.reconstruction, output.code
    errors = [model.modalities[name].squared_error(back[name], x[name]) for name in x]
    error = float(torch.stack(errors).nanmean())
    whole = len(user_sample.samples) == len(run.dataset.fields) and (not seen or set(seen) >= set(user_sample.samples))
    return EncodedSample(
        latent=code.latent[0].numpy(),
        codes=None if code.indices is None else code.indices[0].numpy(),
        outputs=restore(run, [back]),
        differences={name: (back[name] - x[name]).numpy() for name in x},
        error=error,
        above=_share_below(run, error) if whole else None,
    )


def find_neighbours(run: Run, latent: np.ndarray, k: int, without: int = -1) -> Neighbours:
    """The k samples of the whole run nearest to a latent ``(d,)``; `without` leaves out the sample of that id."""
    distances = np.concatenate(list(_distances(run, latent)))
    if without >= 0:
        distances[without] = np.inf
    most = min(max(k, VOTERS * 4), run.dataset.n - (without >= 0))
    nearest = np.argpartition(distances, most - 1)[:most]
    nearest = nearest[np.argsort(distances[nearest], kind="stable")]
    label, share, voters = _vote(run, nearest)
    return Neighbours(nearest[:k].astype(np.int32), distances[nearest[:k]].astype(np.float32), label, share, voters)


def code_grid(run: Run, codes: np.ndarray) -> np.ndarray:
    """A user sample's codes ``(T·stages,)`` as they lie in it, those of the first stage: ``(rows, columns)``, or ``(T,)``."""
    bottleneck = run.model.quantizer
    return np.asarray(codes.reshape(*run.model.grid, bottleneck.stages)[..., 0])


def _share_below(run: Run, error: float) -> float:
    known = np.asarray(run.errors)
    known = known[np.isfinite(known)]
    return float((known < error).mean()) if len(known) else 0.0


def _distances(run: Run, latent: np.ndarray) -> Iterator[np.ndarray]:
    """Euclidean distances of every sample's latent to one, in pieces, in the order of the ids."""
    bottleneck = run.model.bottleneck
    ids = run.dataset.ids()
    if run.codes is not None and isinstance(bottleneck, DiscreteBottleneck) and bottleneck.stages == 1:
        tokens = latent.reshape(-1, 1, bottleneck.code_dim)
        squares = np.square(tokens - bottleneck.entries.numpy()).sum(2)  # (T, K): of each token to each entry
        places = np.arange(len(tokens))
        for part in _parts(ids, len(tokens)):
            yield np.sqrt(squares[places, run.codes[part]].sum(1))
        return
    for part in _parts(ids, len(latent)):
        yield np.sqrt(np.square(run.latents(part) - latent).sum(1))


def _parts(ids: np.ndarray, width: int) -> list[np.ndarray]:
    return np.array_split(ids, max(1, -(-len(ids) * width // _VALUES)))


def _vote(run: Run, nearest: np.ndarray) -> tuple[str, float, int]:
    labels = run.dataset.labels
    if labels is None:
        return "", 0.0, 0
    voters = labels[nearest][labels[nearest] >= 0][:VOTERS]
    if not len(voters):
        return "", 0.0, 0
    counts = np.bincount(voters)
    most = voters[counts[voters].argmax()]  # of equally many the one that lies nearest
    return run.dataset.label_names[most], float(counts[most] / len(voters)), len(voters)
