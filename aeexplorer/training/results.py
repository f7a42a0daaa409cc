"""Results of a finished run: latents or codes, errors, and metrics over every split, with PCA as the baseline."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from aeexplorer.core.workspace import atomic_path, write_array, write_json
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.split import SPLITS
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.evaluation import (
    MAX_BATCH_SAMPLES,
    Evaluation,
    batch_size,
    corrupted_errors,
    evaluate,
    forward_batches,
    sample_errors,
)
from aeexplorer.training.run import Run
from aeexplorer.training.scoring.health import measure_health
from aeexplorer.training.scoring.outside import find_outside
from aeexplorer.training.scoring.pca import PrincipalComponents, fit_pca, prepare_samples
from aeexplorer.training.scoring.scores import score_parts
from aeexplorer.training.scoring.uncertainty import standard_errors
from aeexplorer.training.trainer import Trainer

MAX_PROBES = 1_000
"""Probe samples of a run, at most: the samples whose latents are stored in its snapshots."""
MIN_PROBES = 64
"""Probe samples of a snapshot, at least, if the dataset has so many."""
MAX_RECONSTRUCTIONS = 12
SNAPSHOT_BYTES = 2**21
"""Target size of a snapshot's latents or codes, and of its reconstructions. Larger ones are stored for fewer samples."""


def probe_ids(dataset: Dataset) -> np.ndarray:
    """Return the probe samples, whose latents are stored during training: int32 ``(m,)``, sorted, at most 1,000.

    They are drawn at random, always the same ones, from the validation and test splits, or from the whole dataset if these
    are small.
    """
    held_out = np.concatenate([dataset.ids("validation"), dataset.ids("test")])
    pool = held_out if len(held_out) >= min(MAX_PROBES, dataset.n // 20) else dataset.ids()
    ids = np.sort(np.random.default_rng(0).permutation(pool)[:MAX_PROBES])
    return ids.astype(np.int32)


def write_snapshot(run: Run, trainer: Trainer, ids: np.ndarray) -> Path | None:
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
    pathlib.Path or None
        The file that was written; None, and no file, if a number of the snapshot is not finite.
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
    if not all(bool(tensor.isfinite().all()) for tensor in (evaluation.code.latent, *reconstructions.values())):
        return None
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

    Raises
    ------
    Diverged
        If the errors of the training split are not finite after a training. Nothing is written then.
    """
    dataset = run.dataset
    errors = np.empty(dataset.n, np.float32)
    latents = codes = None
    likelihood = run.config.model.likelihood
    metrics: dict[str, Any] = dict(facts)
    errors_of_means: dict[str, dict[str, float]] = {}
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
        sample_values = {"mse": evaluation.errors, **evaluation.sample_terms}
        if "elbo" in metrics[split]:
            sample_values["elbo"] = evaluation.sample_terms["reconstruction"] + evaluation.sample_terms["kl"]
        if trainer.model.corruption is not None:
            sample_values["corrupted_mse"] = corrupted_errors(trainer.model, trainer.data, ids)
            metrics[split]["corrupted_mse"] = float(sample_values["corrupted_mse"].mean())
        errors_of_means[split] = standard_errors(sample_values)
    metrics["standard_errors"] = errors_of_means
    # baseline, scores and health
    held_out = next(split for split in reversed(SPLITS) if split in metrics)
    ids, pca = dataset.ids(held_out), fit_pca(trainer.model, dataset, code_size(trainer.model))
    metrics["features"] = len(pca.mean)
    metrics["pca"] = pca_baseline(trainer.model, dataset, pca)
    if "active_units" in metrics[held_out]:  # inactive dimensions of a VAE hold nothing: PCA gets as many components
        pca = pca.truncated(int(metrics[held_out]["active_units"]))
        has_density = likelihood.density and likelihood.adapts_spread and is_plain_density(trainer.model, dataset)
        metrics["pca"]["active"] = pca_baseline(trainer.model, dataset, pca, has_density)
    batches = ((x, output.reconstruction) for x, output in forward_batches(trainer.model, trainer.data, ids))
    metrics["scores"] = [asdict(score) for score in score_parts(trainer.model.modalities, pca, batches)]
    metrics["outside"] = find_outside(trainer.model, dataset, ids, errors[ids])
    metrics["health"] = measure_health(trainer.model, trainer.data, probe_ids(dataset))
    if trainer.last_finite is not None:  # else the model was not trained here, and the caller checks it
        trainer.require_finite({"the errors": torch.from_numpy(errors[dataset.ids("train")])})
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


def pca_baseline(model: Autoencoder, dataset: Dataset, pca: PrincipalComponents, has_density: bool = False) -> dict[str, float]:
    """Measure the error of PCA on the test split, as the error of a model is measured.

    Without a test split, the validation or training split is used.

    Parameters
    ----------
    model
        The model that prepares, and perhaps corrupts, the samples.
    dataset
        Samples and their splits.
    pca
        PCA fitted on the training samples.
    has_density
        Whether the model's likelihood is a density of all features, see `is_plain_density`.

    Returns
    -------
    dict
        ``components``, ``mse`` and ``explained_variance`` (a share of the training variance). A model with a corruption also
        has ``corrupted_mse``, the error from inputs with the same corruption. With a density, ``log_likelihood`` is the mean
        log p(x) under probabilistic PCA, in nats per sample.
    """
    errors, corrupted_errors, log_likelihoods = [], [], []
    test = next(ids for ids in map(dataset.ids, reversed(SPLITS)) if len(ids))
    size = batch_size({name: field.array for name, field in dataset.fields.items()})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # PCA sees the same corrupted inputs as the model in `forward_batches`
        for start in range(0, len(test), size):
            x = prepare_samples(model, dataset, test[start : start + size])
            errors.append(sample_errors(model, pca.reconstruct(x), x))
            if model.corruption is not None:
                corrupted_errors.append(sample_errors(model, pca.reconstruct(model.corrupt(x)), x))
            if has_density:
                log_likelihoods.append(pca.log_likelihood(x, pca.axes.shape[1]))
    metrics = {
        "components": pca.axes.shape[1],
        "mse": float(torch.cat(errors).mean()),
        "explained_variance": pca.explained_variance,
    }
    if corrupted_errors:
        metrics["corrupted_mse"] = float(torch.cat(corrupted_errors).mean())
    if log_likelihoods:
        metrics["log_likelihood"] = float(torch.cat(log_likelihoods).mean())
    return metrics


def code_size(model: Autoencoder) -> int:
    """Return the number of numbers in a code, or of its tokens: the components of PCA of the same size."""
    return model.bottleneck.tokens if model.bottleneck.tokens > 1 else model.bottleneck.latent_dim


def is_plain_density(model: Autoencoder, dataset: Dataset) -> bool:
    """Return whether the likelihood is a density of all features: no categories, no texts, no missing values."""
    x = prepare_samples(model, dataset, dataset.ids()[:MAX_BATCH_SAMPLES])
    return not any(modality.counted_parts for modality in model.modalities.values()) and all(
        bool(values.isfinite().all()) for values in x.values()
    )
