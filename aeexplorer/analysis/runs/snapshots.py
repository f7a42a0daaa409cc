"""The film of a training: what its snapshots knew of the watched samples, each laid over the next."""

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

COMPONENTS = 16
"""Longer latents are laid over one another by so many of their principal components."""
PLANE = "pca"
"""The projection through which longer latents are seen."""
QUICK = 4_000_000
"""Numbers in all snapshots up to which laying them over one another takes less than half a second."""
_KEPT = "film.safetensors"
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class TrainingFilm:
    """F moments of a training.

    Parameters
    ----------
    ids
        int32 ``(m,)``: the watched samples.
    steps, epochs
        ``(F,)``: when each snapshot was taken.
    positions
        float32 ``(F, m, 2)``: where the samples lay.
    losses
        ``loss`` and, where it was measured, ``validation_loss``: float ``(F,)``, NaN where nothing was known yet.
    outputs
        ``{field: (F, k, *shape)}``: what the model made of the first k samples.
    usage
        int64 ``(F, K)``: how often the watched samples use each entry; None without a codebook.
    plain
        Whether positions are the latents themselves (turned), and no plane through them.
    """

    ids: np.ndarray
    steps: np.ndarray
    epochs: np.ndarray
    positions: np.ndarray
    losses: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]
    usage: np.ndarray | None
    plain: bool


def laid_over(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Points ``(m, k)`` turned, mirrored and shifted, but not resized, to lie closest to `onto`: float32 ``(m, k)``."""
    return replace(procrustes(points, onto), scale=1.0)(points)


def film_positions(latents: Sequence[np.ndarray]) -> np.ndarray:
    """Where samples lie at each moment of a training: float32 ``(F, m, 2)`` of latents ``(m, d)``, oldest first.

    From the last moment back, each is laid over the one after it, in all of its dimensions (of many, in its 16 principal
    components): turning is no learning. What is seen of all of them is the plane of PCA of the last; two latents are seen
    as they are.
    """
    chain = [_leading(latents[-1])]
    for points in reversed(latents[:-1]):
        chain.append(laid_over(_leading(points), chain[-1]))
    chain.reverse()
    if chain[-1].shape[1] == 2:
        return np.stack(chain)
    plane = method_of(PLANE).project(chain[-1], 2, 0).plane
    assert plane is not None
    return np.stack([(points - plane[0]) @ plane[1:].T for points in chain]).astype(np.float32)


def is_quick(run: Run) -> bool:
    """Whether `training_film` takes less than half a second: there is little to lay over one another, or it was done."""
    paths = run.snapshots()
    return len(paths) * run.snapshot(paths[-1])["latents"].size <= QUICK or kept_positions(run, PLANE) is not None


def film_method(name: str) -> Method:
    """The projection that films are made with; raises `UserError` for any other."""
    if name != PLANE:
        raise UserError(f"films of a training are not made with {name!r}", f"Ask for {PLANE}")
    return method_of(name)


def kept_positions(run: Run, method: str) -> np.ndarray | None:
    """The positions that `keep_positions` left in the folder of a finished run."""
    kept = cached_arrays(run, _KEPT) if run.finished else None
    return None if kept is None else kept["positions"]


def keep_positions(run: Run, method: str) -> None:
    """Compute where samples lay and keep it in the folder of a finished run; for the projection process."""
    results = results_digest(run)
    _, snapshots = _snapshots(run)
    cache_arrays(run, _KEPT, {"positions": film_positions([one["latents"] for one in snapshots])}, results)


def training_film(run: Run) -> TrainingFilm:
    """The film of all snapshots of a run.

    Raises
    ------
    UserError
        If it has none.
    """
    paths, snapshots = _snapshots(run)
    positions = kept_positions(run, PLANE)
    if positions is None:
        positions = film_positions([one["latents"] for one in snapshots])
    return _film(run, paths, snapshots, positions)


def newest_moment(run: Run) -> TrainingFilm:
    """The newest snapshot of a run alone."""
    paths, snapshots = _snapshots(run, 1)
    return _film(run, paths, snapshots, film_positions([snapshots[-1]["latents"]]))


def _film(run: Run, paths: list[Path], snapshots: list[Arrays], positions: np.ndarray) -> TrainingFilm:
    steps = np.array([int(path.stem) for path in paths])
    epochs, losses = _history(run, steps)
    last = snapshots[-1]
    usage = None
    if "codes" in last:
        size = len(last["entries"])
        usage = np.stack([np.bincount(one["codes"].ravel(), minlength=size) for one in snapshots])
    outputs = {
        name.removeprefix("field."): np.stack([one[name] for one in snapshots]) for name in last if name.startswith("field.")
    }
    plain = last["latents"].shape[1] == 2
    return TrainingFilm(last["ids"].astype(np.int32), steps, epochs, positions, losses, outputs, usage, plain)


def _snapshots(run: Run, newest: int = 0) -> tuple[list[Path], list[Arrays]]:
    """The snapshots that watched what the newest one watched, oldest first; all of them, or the newest few."""
    paths = run.snapshots()[-newest:]  # of 0, all
    if not paths:
        raise UserError(f"the run {run.name} has no snapshots", "Train it, or open a run that was trained here")
    read = [run.snapshot(path) for path in paths]
    alike = [i for i, one in enumerate(read) if _watches(one) == _watches(read[-1])]
    return [paths[i] for i in alike], [read[i] for i in alike]


def _watches(snapshot: Arrays) -> tuple[object, ...]:
    shapes = [(name, array.shape) for name, array in sorted(snapshot.items())]
    return (snapshot["ids"].tobytes(), *shapes)


def _leading(latents: np.ndarray) -> np.ndarray:
    """Latents ``(m, d)``, or the leading principal components of long ones; a single latent lies on a line."""
    if latents.shape[1] == 1:
        return np.pad(latents, ((0, 0), (0, 1))).astype(np.float32)
    if latents.shape[1] <= COMPONENTS:
        return latents.astype(np.float32)
    from sklearn.utils.extmath import randomized_svd

    u, values, _ = randomized_svd(latents - latents.mean(0), min(COMPONENTS, len(latents)), random_state=0)
    return (u * values).astype(np.float32)


def _history(run: Run, steps: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Epochs and losses as they were last known at each step."""
    epochs = np.zeros(len(steps))
    losses = {"loss": np.full(len(steps), np.nan), "validation_loss": np.full(len(steps), np.nan)}
    for event in run.history():
        later = steps >= event["step"]
        epochs[later] = event["epoch"]
        losses["loss"][later] = event["losses"]["loss"]
        if "validation_loss" in event["metrics"]:
            losses["validation_loss"][later] = event["metrics"]["validation_loss"]
    return epochs, {name: values for name, values in losses.items() if np.isfinite(values).any()}
