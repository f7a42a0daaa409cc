"""Film of a training: the latents of the watched samples in every snapshot, aligned with one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.maps.alignment import procrustes
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.maps.projections.base import Method
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

MAX_COMPONENTS = 16
"""Latents with more dimensions are aligned by this number of principal components."""
FILM_METHOD = "pca"
"""Projection of latents with more than two dimensions."""
MAX_QUICK_VALUES = 4_000_000
"""Number of latent values in all snapshots up to which the alignment takes less than half a second."""
_CACHE_FILE = "film.safetensors"
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class TrainingFilm:
    """Film of a training with F frames, one per snapshot.

    Parameters
    ----------
    ids
        Ids of the watched samples, int32 ``(m,)``.
    steps, epochs
        Time of each snapshot ``(F,)``.
    positions
        Positions of the samples, float32 ``(F, m, 2)``.
    losses
        ``loss`` and, if measured, ``validation_loss``: float ``(F,)``, NaN before the first measurement.
    outputs
        Reconstructions of the first k samples, ``{field: (F, k, *shape)}``.
    usage
        How often the watched samples use each codebook entry, int64 ``(F, K)``; None without a codebook.
    shows_latents
        Whether positions are the (rotated) latents themselves and not a projection.
    """

    ids: np.ndarray
    steps: np.ndarray
    epochs: np.ndarray
    positions: np.ndarray
    losses: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    usage: np.ndarray | None
    shows_latents: bool


def align_points(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rotate, mirror and shift points ``(m, k)`` onto a target ``(m, k)`` without scaling them: float32 ``(m, k)``."""
    return replace(procrustes(points, target), scale=1.0)(points)


def film_positions(latents: Sequence[np.ndarray]) -> np.ndarray:
    """Compute the positions of samples in every frame of a film.

    From the last snapshot back to the first, each snapshot is aligned with the snapshot after it, because a rotation of the
    latent space is no progress of the training. The alignment uses all dimensions, or 16 principal components of longer
    latents. Two latents are shown directly; longer latents are projected onto the PCA plane of the last snapshot.

    Parameters
    ----------
    latents
        Latents ``(m, d)`` of each snapshot, oldest first.

    Returns
    -------
    numpy.ndarray
        float32 ``(F, m, 2)``.
    """
    aligned = [_principal_components(latents[-1])]
    for points in reversed(latents[:-1]):
        aligned.append(align_points(_principal_components(points), aligned[-1]))
    aligned.reverse()
    if aligned[-1].shape[1] == 2:
        return np.stack(aligned)
    plane = method_of(FILM_METHOD).project(aligned[-1], 2, 0).plane
    assert plane is not None
    return np.stack([(points - plane[0]) @ plane[1:].T for points in aligned]).astype(np.float32)


def is_film_quick(run: Run) -> bool:
    """Return whether `training_film` takes less than half a second: the snapshots are small, or the positions are cached."""
    paths = run.snapshots()
    values = len(paths) * run.snapshot(paths[-1])["latents"].size
    return values <= MAX_QUICK_VALUES or cached_positions(run, FILM_METHOD) is not None


def film_method(name: str) -> Method:
    """Return the projection of a film by name.

    Raises
    ------
    UserError
        If films do not use this projection.
    """
    if name != FILM_METHOD:
        raise UserError(f"training films do not use the projection {name!r}", f"Use {FILM_METHOD}")
    return method_of(name)


def cached_positions(run: Run, method: str) -> np.ndarray | None:
    """Return the positions that `cache_positions` stored; None for an unfinished run and where there are none."""
    arrays = cached_arrays(run, _CACHE_FILE) if run.finished else None
    return None if arrays is None else arrays["positions"]


def cache_positions(run: Run, method: str) -> None:
    """Compute the positions of a film and store them in the folder of a finished run. Called by the projection process."""
    results = results_digest(run)
    _, snapshots = _snapshots(run)
    cache_arrays(run, _CACHE_FILE, {"positions": film_positions([snapshot["latents"] for snapshot in snapshots])}, results)


def training_film(run: Run) -> TrainingFilm:
    """Return the film of all snapshots of a run.

    Raises
    ------
    UserError
        If the run has no snapshots.
    """
    paths, snapshots = _snapshots(run)
    positions = cached_positions(run, FILM_METHOD)
    if positions is None:
        positions = film_positions([snapshot["latents"] for snapshot in snapshots])
    return _film(run, paths, snapshots, positions)


def newest_film_frame(run: Run) -> TrainingFilm:
    """Return a film of the newest snapshot only.

    Raises
    ------
    UserError
        If the run has no snapshots.
    """
    paths, snapshots = _snapshots(run, 1)
    return _film(run, paths, snapshots, film_positions([snapshots[-1]["latents"]]))


def _film(run: Run, paths: list[Path], snapshots: list[Arrays], positions: np.ndarray) -> TrainingFilm:
    steps = np.array([int(path.stem) for path in paths])
    epochs, losses = _history_at(run, steps)
    last = snapshots[-1]
    usage = None
    if "codes" in last:
        size = len(last["entries"])
        usage = np.stack([np.bincount(snapshot["codes"].ravel(), minlength=size) for snapshot in snapshots])
    fields = [name for name in last if name.startswith("field.")]
    outputs = {name.removeprefix("field."): np.stack([snapshot[name] for snapshot in snapshots]) for name in fields}
    shows_latents = last["latents"].shape[1] == 2
    return TrainingFilm(last["ids"].astype(np.int32), steps, epochs, positions, losses, outputs, usage, shows_latents)


def _snapshots(run: Run, newest: int = 0) -> tuple[list[Path], list[Arrays]]:
    """Read the newest snapshots (0 for all), oldest first, that watch the same samples as the newest snapshot."""
    paths = run.snapshots()[-newest:]
    if not paths:
        raise UserError(f"the run {run.name} has no snapshots", "Train it, or open a run that was trained here")
    snapshots = [run.snapshot(path) for path in paths]
    same = [i for i, snapshot in enumerate(snapshots) if _signature(snapshot) == _signature(snapshots[-1])]
    return [paths[i] for i in same], [snapshots[i] for i in same]


def _signature(snapshot: Arrays) -> tuple[object, ...]:
    """Return the watched samples and the shapes of a snapshot's arrays; equal for snapshots of the same film."""
    shapes = [(name, array.shape) for name, array in sorted(snapshot.items())]
    return (snapshot["ids"].tobytes(), *shapes)


def _principal_components(latents: np.ndarray) -> np.ndarray:
    """Return latents ``(m, d)``, reduced to 16 principal components if they are longer; one latent is padded to a plane."""
    if latents.shape[1] == 1:
        return np.pad(latents, ((0, 0), (0, 1))).astype(np.float32)
    if latents.shape[1] <= MAX_COMPONENTS:
        return latents.astype(np.float32)
    from sklearn.utils.extmath import randomized_svd

    u, values, _ = randomized_svd(latents - latents.mean(0), min(MAX_COMPONENTS, len(latents)), random_state=0)
    return (u * values).astype(np.float32)


def _history_at(run: Run, steps: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the latest known epoch and losses at each step."""
    epochs = np.zeros(len(steps))
    losses = {"loss": np.full(len(steps), np.nan), "validation_loss": np.full(len(steps), np.nan)}
    for event in run.history():
        later = steps >= event["step"]
        epochs[later] = event["epoch"]
        losses["loss"][later] = event["losses"]["loss"]
        if "validation_loss" in event["metrics"]:
            losses["validation_loss"][later] = event["metrics"]["validation_loss"]
    return epochs, {name: values for name, values in losses.items() if np.isfinite(values).any()}
