"""Results of a finished run: latents or codes, errors, and metrics over every split, with PCA as the baseline."""

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
from aeexplorer.training.evaluation import MAX_BATCH_SAMPLES, Evaluation, corrupted_mse, evaluate
from aeexplorer.training.health import measure_health
from aeexplorer.training.run import Run
from aeexplorer.training.trainer import Trainer

MAX_PROBES = 1_000
"""Probe samples of a run, at most: the samples whose latents are stored in its snapshots."""
MIN_PROBES = 64
"""Probe samples of a snapshot, at least, if the dataset has so many."""
MAX_RECONSTRUCTIONS = 12
SNAPSHOT_BYTES = 2**21
"""Target size of a snapshot's latents or codes, and of its reconstructions. Larger ones are stored for fewer samples."""
PCA_MAX_SAMPLES = 20_000
PCA_MAX_NUMBERS = 2**24
"""Samples, and numbers in all of them, that PCA is fitted on, at most."""


def probe_ids(dataset: Dataset) -> np.ndarray:
    """Return the probe samples, whose latents are stored during training: int32 ``(m,)``, sorted, at most 1,000.

    They are drawn at random, always the same ones, from the validation and test splits, or from the whole dataset if these
    are small.
    """
    held_out = np.concatenate([dataset.ids("validation"), dataset.ids("test")])
    pool = held_out if len(held_out) >= min(MAX_PROBES, dataset.n // 20) else dataset.ids()
    ids = np.sort(np.random.default_rng(0).permutation(pool)[:MAX_PROBES])
    return ids.astype(np.int32)


def write_snapshot(run: Run, trainer: Trainer, ids: np.ndarray) -> Path:
    """Write a snapshot of the current step: the latents of the probe samples, and reconstructions of the first dozen.

    Fewer samples are stored if they take more than 2 MiB. A discrete bottleneck stores its codes and its codebook, from
    which `Run.snapshot` computes the latents.

    Parameters
    ----------
    run, trainer
        The run and its training.
    ids
        Probe samples, ``(m,)``.

    Returns
    -------
    pathlib.Path
        The file that was written.
    """
    bottleneck = trainer.model.bottleneck
    numbers = bottleneck.tokens * bottleneck.stages if isinstance(bottleneck, DiscreteBottleneck) else bottleneck.latent_dim
    ids = _spread_evenly(ids, max(MIN_PROBES, SNAPSHOT_BYTES // (4 * numbers)))
    sample_bytes = sum(field.array[:1].nbytes for field in trainer.dataset.fields.values())
    with torch.random.fork_rng(devices=[]):
        evaluation = evaluate(trainer.model, trainer.data, ids)
        # reconstruct the first samples
        first = ids[: max(2, min(MAX_RECONSTRUCTIONS, SNAPSHOT_BYTES // sample_bytes))]
        with torch.inference_mode():
            x = trainer.model.prepare({n: d[torch.from_numpy(first).long().to(d.device)] for n, d in trainer.data.items()})
            reconstructions = trainer.model(x).reconstruction
    arrays = {f"field.{name}": trainer.model.modalities[name].restore(value) for name, value in reconstructions.items()}
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


def _spread_evenly(ids: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of the ids, evenly spread."""
    if len(ids) <= count:
        return ids
    return ids[np.linspace(0, len(ids) - 1, count).round().astype(int)]


def write_results(run: Run, trainer: Trainer, facts: dict[str, Any]) -> dict[str, Any]:
    """Evaluate every split, and write the run's arrays and metrics.

    Parameters
    ----------
    run, trainer
        The run and its trained model.
    facts
        Further entries of the metrics: seconds, CPU seconds, device, samples per second.

    Returns
    -------
    dict
        The content of ``metrics.json``.
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
        # errors and codes or latents, by sample id
        evaluation = evaluate(trainer.model, trainer.data, ids)
        errors[ids] = evaluation.errors
        if evaluation.code.indices is not None:
            codes = np.empty((dataset.n, evaluation.code.indices.shape[1]), np.int32) if codes is None else codes
            codes[ids] = evaluation.code.indices.numpy()
        else:
            split_latents = evaluation.code.latent.float().numpy()  # (m, d)
            latents = np.empty((dataset.n, split_latents.shape[1]), np.float32) if latents is None else latents
            latents[ids] = split_latents
        # metrics
        metrics[split] = split_metrics(evaluation, likelihood.density)
        if trainer.model.corruption is not None:
            metrics[split]["corrupted_mse"] = corrupted_mse(trainer.model, trainer.data, ids)
    # baseline and health
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
    """Return the metrics of one split by name.

    These are ``mse``, the mean loss terms, the statistics of the bottleneck, and for a VAE the ``elbo``, if `density` says
    that its likelihood is a density.
    """
    metrics: dict[str, Any] = {"mse": evaluation.mse, **evaluation.terms, **evaluation.statistics}
    if density and "kl" in evaluation.terms:
        metrics["elbo"] = -(evaluation.terms["reconstruction"] + evaluation.terms["kl"])
    return metrics


def pca_baseline(model: Autoencoder, dataset: Dataset) -> dict[str, float]:
    """Fit PCA with as many components as the model's code has numbers (or tokens), and measure its error on the test split.

    PCA is fitted on at most 20,000 training samples, on fewer if they are large. Missing features are replaced by the
    training mean and left out of the error. Without a test split, the validation or training split is used.

    Returns
    -------
    dict
        ``components``, ``mse`` and ``explained_variance`` (a share of the training variance). A model with a corruption also
        has ``corrupted_mse``, the error from inputs with the same corruption.
    """
    sample = model.prepare({name: torch.from_numpy(array) for name, array in dataset.samples(np.zeros(1, np.int32)).items()})
    widths = [batch.numel() for batch in sample.values()]
    features = sum(widths)
    # fit on training samples
    limit = max(2, min(PCA_MAX_SAMPLES, PCA_MAX_NUMBERS // features))
    centred = flat_features(model, dataset, np.random.default_rng(0).permutation(dataset.ids("train"))[:limit])  # (m, F)
    mean = centred.nanmean(0).nan_to_num()
    centred.sub_(mean).nan_to_num_()
    components = model.bottleneck.tokens if model.bottleneck.tokens > 1 else model.bottleneck.latent_dim
    axes = principal_axes(centred, min(components, *centred.shape))  # (F, components)
    # project and measure the test split
    errors, corrupted_errors = [], []
    test = next(ids for ids in map(dataset.ids, reversed(SPLITS)) if len(ids))
    for start in range(0, len(test), MAX_BATCH_SAMPLES):
        ids = test[start : start + MAX_BATCH_SAMPLES]
        x = flat_features(model, dataset, ids) - mean
        errors.append(_projection_error(x, x, axes, widths))
        if model.corruption is not None:
            seen = flat_features(model, dataset, ids, corrupt=True) - mean
            corrupted_errors.append(_projection_error(seen, x, axes, widths))
    variance = centred.norm().square().clamp_min(1e-12)
    metrics = {
        "components": axes.shape[1],
        "mse": float(torch.cat(errors).mean()),
        "explained_variance": float((centred @ axes).square().sum() / variance),
    }
    return metrics | ({"corrupted_mse": float(torch.cat(corrupted_errors).mean())} if corrupted_errors else {})


def _projection_error(seen: Tensor, clean: Tensor, axes: Tensor, widths: list[int]) -> Tensor:
    """Return the mean squared error of each sample, ``(B,)``, after projecting it onto the axes.

    Like the error of a model, it is the mean over the fields that a sample has.

    Parameters
    ----------
    seen, clean
        Centred samples ``(B, F)``: those that are projected, and those that the projections are compared with.
    axes
        Orthonormal columns, ``(F, components)``.
    widths
        Features of each field.
    """
    squares = (seen.nan_to_num() @ axes @ axes.T - clean).square()
    return torch.stack([part.nanmean(1) for part in squares.split(widths, 1)]).nanmean(0).nan_to_num()


def principal_axes(centred: Tensor, size: int) -> Tensor:
    """Return the directions of greatest variance of centred samples ``(n, F)``: orthonormal columns ``(F, size)``.

    Up to 2,000 features the result is exact. With more features, a randomised range finder is used (Halko et al. 2011,
    arXiv:0909.4061).
    """
    if centred.shape[1] <= 2_000:
        products = (centred.T @ centred).double()  # float32 may not converge if many features are constant
        return torch.linalg.eigh(products).eigenvectors[:, -size:].float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return torch.svd_lowrank(centred, q=min(size + 10, *centred.shape), niter=4)[2][:, :size]


def flat_features(model: Autoencoder, dataset: Dataset, ids: np.ndarray, corrupt: bool = False) -> Tensor:
    """Return samples in x-space with all fields side by side, float32 ``(m, F)``; missing values are NaN.

    Parameters
    ----------
    model, dataset, ids
        The model that prepares the samples, and the ids of the samples, ``(m,)``.
    corrupt
        Whether to corrupt the samples as in training, the same way on every call.
    """
    raw = {name: torch.from_numpy(array) for name, array in dataset.samples(ids).items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = model.prepare(raw)
        flat = [batch.flatten(1) for batch in (model.corrupt(x) if corrupt else x).values()]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)
