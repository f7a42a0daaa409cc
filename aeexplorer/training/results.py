"""What a finished run leaves behind: latents or codes, errors and metrics over every split, with PCA beside them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor

from aeexplorer.core.workspace import atomic_path, write_array, write_json
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.split import SPLITS
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.evaluation import BATCH, Evaluation, corrupted_mse, evaluate
from aeexplorer.training.health import measure_health
from aeexplorer.training.run import Run
from aeexplorer.training.trainer import Trainer

PROBES = 1_000
SHOWN = 12
SNAPSHOT_BYTES = 2**21
"""Of a snapshot's latents or codes, and of its reconstructions: where those of a sample are long, fewer are watched."""
WATCHED = 64
"""Fewest samples that are watched, where there are so many."""
PCA_FIT = 20_000
PCA_NUMBERS = 2**24


def probe_ids(dataset: Dataset) -> np.ndarray:
    """The samples whose latents are watched during training: up to 1,000, preferring those not trained on, spread evenly."""
    held_out = np.concatenate([dataset.ids("validation"), dataset.ids("test")])
    pool = held_out if len(held_out) >= min(PROBES, dataset.n // 20) else dataset.ids()
    pool = np.sort(np.random.default_rng(0).permutation(pool)[:PROBES])
    return pool.astype(np.int32)


def write_snapshot(run: Run, trainer: Trainer, ids: np.ndarray) -> Path:
    """Latents of the probe samples, and the reconstructions of the first dozen, as they are at this step.

    Of fewer samples where they take more than 2 MiB. The codebook is stored with its codes, so that `Run.snapshot` can lay
    out latents.

    Returns
    -------
    pathlib.Path
        The file that was written.
    """
    bottleneck = trainer.model.bottleneck
    numbers = bottleneck.tokens * bottleneck.stages if isinstance(bottleneck, DiscreteBottleneck) else bottleneck.latent_dim
    ids = _spread(ids, max(WATCHED, SNAPSHOT_BYTES // (4 * numbers)))
    size = sum(field.array[:1].nbytes for field in trainer.dataset.fields.values())
    with torch.random.fork_rng(devices=[]):
        evaluation = evaluate(trainer.model, trainer.data, ids)
        shown = ids[: max(2, min(SHOWN, SNAPSHOT_BYTES // size))]
        with torch.inference_mode():
            x = trainer.model.prepare({n: d[torch.from_numpy(shown).long().to(d.device)] for n, d in trainer.data.items()})
            pictures = trainer.model(x).reconstruction
    arrays = {f"field.{name}": trainer.model.modalities[name].restore(value) for name, value in pictures.items()}
    arrays["ids"] = ids
    if evaluation.code.indices is None:
        arrays["latents"] = evaluation.code.latent.float().numpy()
    else:
        bottleneck = trainer.model.quantizer
        arrays["codes"] = evaluation.code.indices.int().numpy()
        arrays["entries"] = bottleneck.entries.float().cpu().numpy()
        arrays["stages"] = np.array([bottleneck.stages])
    target = run.artefact(f"snapshots/{trainer.step:09d}.safetensors")
    with atomic_path(target) as temporary:
        save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, temporary)
    return target


def _spread(ids: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the ids, evenly spread."""
    if len(ids) <= most:
        return ids
    return ids[np.linspace(0, len(ids) - 1, most).round().astype(int)]


def write_results(run: Run, trainer: Trainer, facts: dict[str, Any]) -> dict[str, Any]:
    """Evaluate every split and write the run's arrays and metrics.

    Parameters
    ----------
    run, trainer
        The run and its trained model.
    facts
        What else belongs in the metrics: seconds, CPU seconds, device, samples per second.

    Returns
    -------
    dict
        What was written to ``metrics.json``.
    """
    dataset = run.dataset
    errors = np.empty(dataset.n, np.float32)
    latents = codes = None
    likelihood = run.config.model.likelihood
    metrics: dict[str, Any] = dict(facts)
    for split in SPLITS:
        ids = dataset.ids(split)
        if not len(ids):
            continue
        evaluation = evaluate(trainer.model, trainer.data, ids)
        errors[ids] = evaluation.errors
        if evaluation.code.indices is not None:
            codes = np.empty((dataset.n, evaluation.code.indices.shape[1]), np.int32) if codes is None else codes
            codes[ids] = evaluation.code.indices.numpy()
        else:
            found = evaluation.code.latent.float().numpy()
            latents = np.empty((dataset.n, found.shape[1]), np.float32) if latents is None else latents
            latents[ids] = found
        metrics[split] = split_metrics(evaluation, likelihood.density)
        if trainer.model.corruption is not None:
            metrics[split]["corrupted_mse"] = corrupted_mse(trainer.model, trainer.data, ids)
    metrics["pca"] = pca_baseline(trainer.model, dataset)
    metrics["health"] = measure_health(trainer.model, trainer.data, probe_ids(dataset))
    write_array(run.folder / "errors.npy", errors)
    if codes is not None:
        write_array(run.folder / "codes.npy", codes)
    if latents is not None:
        write_array(run.folder / "latents.npy", latents)
    write_json(run.folder / "metrics.json", metrics)
    return metrics


def split_metrics(evaluation: Evaluation, density: bool) -> dict[str, Any]:
    """The figures of one split by name: ``mse``, the mean loss terms, what the bottleneck reports, and the ``elbo`` of a VAE
    whose likelihood is a density."""
    found: dict[str, Any] = {"mse": evaluation.mse, **evaluation.terms, **evaluation.statistics}
    if density and "kl" in evaluation.terms:
        found["elbo"] = -(evaluation.terms["reconstruction"] + evaluation.terms["kl"])
    return found


def pca_baseline(model: Autoencoder, dataset: Dataset) -> dict[str, float]:
    """PCA with as many components as the model has numbers (or tokens) per sample: its MSE on the test split.

    Of a model with a corruption also ``corrupted_mse``, from inputs corrupted alike. Fitted on at most 20,000 training
    samples (fewer of large ones); missing features are filled with the training mean and left out of the error.
    """
    sample = model.prepare({name: torch.from_numpy(array) for name, array in dataset.samples(np.zeros(1, np.int32)).items()})
    widths = [batch.numel() for batch in sample.values()]
    features = sum(widths)
    limit = max(2, min(PCA_FIT, PCA_NUMBERS // features))
    centred = flat_features(model, dataset, np.random.default_rng(0).permutation(dataset.ids("train"))[:limit])
    mean = centred.nanmean(0).nan_to_num()
    centred.sub_(mean).nan_to_num_()
    wanted = model.bottleneck.tokens if model.bottleneck.tokens > 1 else model.bottleneck.latent_dim
    axes = principal_axes(centred, min(wanted, *centred.shape))
    errors, from_corrupted = [], []
    test = next(found for found in map(dataset.ids, reversed(SPLITS)) if len(found))
    for start in range(0, len(test), BATCH):
        ids = test[start : start + BATCH]
        x = flat_features(model, dataset, ids) - mean
        errors.append(_projection_error(x, x, axes, widths))
        if model.corruption is not None:
            seen = flat_features(model, dataset, ids, corrupt=True) - mean
            from_corrupted.append(_projection_error(seen, x, axes, widths))
    variance = centred.norm().square().clamp_min(1e-12)
    found = {
        "components": axes.shape[1],
        "mse": float(torch.cat(errors).mean()),
        "explained_variance": float((centred @ axes).square().sum() / variance),
    }
    return found | ({"corrupted_mse": float(torch.cat(from_corrupted).mean())} if from_corrupted else {})


def _projection_error(seen: Tensor, clean: Tensor, axes: Tensor, widths: list[int]) -> Tensor:
    """Mean squared error per sample of `seen`, projected onto the axes, against `clean`; both centred, ``(B, F)``.

    As of models: the mean over the fields that a sample has, which are so many features wide each.
    """
    squares = (seen.nan_to_num() @ axes @ axes.T - clean).square()
    return torch.stack([part.nanmean(1) for part in squares.split(widths, 1)]).nanmean(0).nan_to_num()


def principal_axes(centred: Tensor, size: int) -> Tensor:
    """The directions of greatest variance of centred samples ``(n, F)``, orthonormal columns ``(F, size)``.

    Exact up to 2,000 features, by a randomised range finder beyond (Halko et al. 2011, arXiv:0909.4061).
    """
    if centred.shape[1] <= 2_000:
        products = (centred.T @ centred).double()  # in float32 it may not converge where many features never vary
        return torch.linalg.eigh(products).eigenvectors[:, -size:].float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return torch.svd_lowrank(centred, q=min(size + 10, *centred.shape), niter=4)[2][:, :size]


def flat_features(model: Autoencoder, dataset: Dataset, ids: np.ndarray, corrupt: bool = False) -> Tensor:
    """x-space of all fields laid side by side, corrupted where asked: float32 ``(m, F)``, NaN where missing."""
    raw = {name: torch.from_numpy(array) for name, array in dataset.samples(ids).items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = model.prepare(raw)
        flat = [batch.flatten(1) for batch in (model.corrupt(x) if corrupt else x).values()]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)
