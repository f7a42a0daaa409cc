"""User samples: samples from outside the dataset that are passed through a run's model and compared with the dataset."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from aeexplorer.analysis.decoding import restore
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import presence_key
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.run import Run

MAX_VOTERS = 15
"""Number of labelled neighbours that vote on the label of a user sample."""
_MAX_VALUES = 1 << 23
"""Number of latent values that are in memory at once."""


@dataclass(frozen=True, eq=False)
class UserSample:
    """Sample to pass through a model.

    Parameters
    ----------
    samples
        ``{field: (*shape)}`` in stored units, with at least one field of the dataset.
    sample
        Id of the sample if it belongs to the dataset, else −1.
    """

    samples: Mapping[str, np.ndarray]
    sample: int = -1

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, as a hexadecimal text."""
        digest = hashlib.sha256(str(self.sample).encode())
        for name in sorted(self.samples):
            digest.update(name.encode() + b"\0" + np.ascontiguousarray(self.samples[name]).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class EncodedSample:
    """Output of a model for a user sample.

    Parameters
    ----------
    latent
        Latent, float32 ``(d,)``.
    codes
        Codes, int64 ``(T·stages,)``; None without a codebook.
    outputs
        Reconstruction of every field, ``{field: (1, *shape)}``, in stored units.
    differences
        ``{field: float32 (1, *x-space shape)}`` of the fields of the user sample: output minus input in [0, 1] units, NaN where a
        value is missing.
    error
        Mean squared error over the fields of the user sample, in [0, 1] units.
    error_quantile
        Share of the dataset's samples with a lower error, 0 to 1. None if the user sample lacks a field or the encoder did not
        see all of its fields, because the errors of the dataset are those with all fields.
    """

    latent: np.ndarray
    codes: np.ndarray | None
    outputs: Mapping[str, np.ndarray]
    differences: Mapping[str, np.ndarray]
    error: float
    error_quantile: float | None


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Samples of a run nearest to a point of the latent space.

    Parameters
    ----------
    ids, distances
        Ids and Euclidean distances between latents, int32 and float32 ``(k,)``, nearest first.
    label
        Most frequent label of the nearest labelled samples; empty where the dataset has no labels.
    share
        Share of the voting samples with that label, 0 to 1.
    voters
        Number of voting samples.
    """

    ids: np.ndarray
    distances: np.ndarray
    label: str
    share: float
    voters: int


def user_sample_from_dataset(run: Run, sample: int) -> UserSample:
    """Return a sample of the run's dataset as a user sample, with the fields that it has.

    Raises
    ------
    UserError
        If the sample does not exist.
    """
    if not 0 <= sample < run.dataset.n:
        raise UserError(f"there is no sample {sample}", f"Choose one from 0 to {run.dataset.n - 1}")
    raw = run.dataset.samples(np.array([sample]))
    present = {name for name in run.dataset.fields if presence_key(name) not in raw or raw[presence_key(name)][0]}
    return UserSample({name: raw[name][0] for name in run.dataset.fields if name in present}, sample)


def encode_user_sample(run: Run, user_sample: UserSample, seen: Collection[str] = ()) -> EncodedSample:
    """Pass a user sample through the model of a run.

    Parameters
    ----------
    run
        A run with results.
    user_sample
        Sample with the shapes of the run's fields.
    seen
        Fields of the user sample that the encoder sees; all of its fields if empty.
    """
    model = run.model
    with torch.inference_mode():
        x = model.prepare({name: torch.from_numpy(np.array(sample[None])) for name, sample in user_sample.samples.items()})
        output = model(x, seen={name: x[name] for name in x if name in seen} if seen else x)
    reconstruction, code = output.reconstruction, output.code
    errors = [model.modalities[name].error(reconstruction[name], x[name]) for name in x]
    error = float(torch.stack(errors).nanmean())
    is_complete = len(user_sample.samples) == len(run.dataset.fields) and (not seen or set(seen) >= set(user_sample.samples))
    return EncodedSample(
        latent=code.latent[0].numpy(),
        codes=None if code.indices is None else code.indices[0].numpy(),
        outputs=restore(run, [reconstruction]),
        differences={name: (reconstruction[name] - x[name]).numpy() for name in x},
        error=error,
        error_quantile=_share_below(run, error) if is_complete else None,
    )


def find_neighbours(run: Run, latent: np.ndarray, k: int, without: int = -1) -> Neighbours:
    """Find the k samples nearest to a latent, among all samples of the run.

    Parameters
    ----------
    run
        A run with results.
    latent
        Point of the latent space ``(d,)``.
    k
        Number of neighbours.
    without
        Id of a sample that is left out; −1 for none.
    """
    distances = np.concatenate(list(_distances(run, latent)))
    if without >= 0:
        distances[without] = np.inf
    # more candidates than k, because samples without a label do not vote
    count = min(max(k, MAX_VOTERS * 4), run.dataset.n - (without >= 0))
    nearest = np.argpartition(distances, count - 1)[:count]
    nearest = nearest[np.argsort(distances[nearest], kind="stable")]
    label, share, voters = _vote(run, nearest)
    return Neighbours(nearest[:k].astype(np.int32), distances[nearest[:k]].astype(np.float32), label, share, voters)


def user_code_grid(run: Run, codes: np.ndarray) -> np.ndarray:
    """Reshape the codes ``(T·stages,)`` of a user sample to the grid of the first stage: ``(rows, columns)``, or ``(T,)``."""
    bottleneck = run.model.quantizer
    return np.asarray(codes.reshape(*run.model.grid, bottleneck.stages)[..., 0])


def _share_below(run: Run, error: float) -> float:
    errors = np.asarray(run.errors)
    errors = errors[np.isfinite(errors)]
    return float((errors < error).mean()) if len(errors) else 0.0


def _distances(run: Run, latent: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the Euclidean distances of all samples to a latent ``(d,)``, in parts, in the order of the ids."""
    bottleneck = run.model.bottleneck
    ids = run.dataset.ids()
    if run.codes is not None and isinstance(bottleneck, DiscreteBottleneck) and bottleneck.stages == 1:
        # look up the distance of each token to its entry instead of decoding latents
        tokens = latent.reshape(-1, 1, bottleneck.code_dim)  # (T, 1, code_dim)
        squares = np.square(tokens - bottleneck.entries.numpy()).sum(2)  # (T, K)
        positions = np.arange(len(tokens))
        for part in _parts(ids, len(tokens)):
            yield np.sqrt(squares[positions, run.codes[part]].sum(1))
        return
    for part in _parts(ids, len(latent)):
        yield np.sqrt(np.square(run.latents(part) - latent).sum(1))


def _parts(ids: np.ndarray, width: int) -> list[np.ndarray]:
    """Split ids so that a part has at most `_MAX_VALUES` values of `width` each."""
    return np.array_split(ids, max(1, -(-len(ids) * width // _MAX_VALUES)))


def _vote(run: Run, nearest: np.ndarray) -> tuple[str, float, int]:
    """Return the most frequent label of the nearest labelled samples, its share, and the number of voters."""
    labels = run.dataset.labels
    if labels is None:
        return "", 0.0, 0
    voters = labels[nearest][labels[nearest] >= 0][:MAX_VOTERS]
    if not len(voters):
        return "", 0.0, 0
    counts = np.bincount(voters)
    winner = voters[counts[voters].argmax()]  # of equally frequent labels, the label of the nearest voter
    return run.dataset.label_names[winner], float(counts[winner] / len(voters)), len(voters)
