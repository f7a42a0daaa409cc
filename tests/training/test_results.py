"""Results of a run, and PCA as the baseline."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.checkpoint import save_checkpoint
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run
from aeexplorer.training.results import code_size, pca_baseline, probe_ids, write_results, write_snapshot
from aeexplorer.training.scoring.pca import fit_pca, principal_axes
from aeexplorer.training.trainer import prepare


def config(dataset: Dataset, **changes: object) -> RunConfig:
    return RunConfig(dataset=dataset.id).replace({"model.network": "dense", "model.hidden": 16} | changes)


def test_the_baseline_is_pca(dataset: Dataset) -> None:
    model = Autoencoder(config(dataset, **{"model.latent_dim": 5}).model, dataset.fields)
    baseline = pca_baseline(model, dataset, fit_pca(model, dataset, code_size(model)))
    train, test = (np.array(dataset.fields["image"].array[dataset.ids(s)]).reshape(-1, 64) / 255 for s in ("train", "test"))
    expected = PCA(5).fit(train)
    back = expected.inverse_transform(expected.transform(test))
    assert baseline["components"] == 5
    assert baseline["mse"] == pytest.approx(np.square(back - test).mean(), rel=1e-3)
    assert baseline["explained_variance"] == pytest.approx(expected.explained_variance_ratio_.sum(), rel=1e-4)


def test_the_baseline_ignores_missing_values(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    line = rng.normal(size=(60, 1)) * np.array([1.0, 2.0, -1.0, 0.5])
    holes = np.where(rng.random(line.shape) < 0.1, np.nan, line).astype(np.float32)
    holes[:, 3] = np.nan  # a column without any value
    field = NewField("series", holes[..., None], {"columns": [{"name": "v"}]})
    table = pa.table({"label": ["a"] * 60})
    dataset = create_dataset(workspace, "holes", {"series": field}, table, np.array([0, 0, 0, 0, 1, 2] * 10, np.int8))
    model = Autoencoder(config(dataset, **{"model.latent_dim": 1}).model, dataset.fields)
    baseline = pca_baseline(model, dataset, fit_pca(model, dataset, code_size(model)))
    assert 0 <= baseline["mse"] < 0.2 * np.nanvar(holes)
    assert 0.8 < baseline["explained_variance"] <= 1


@settings(max_examples=20, deadline=None)
@given(n=st.integers(2, 30), features=st.integers(1, 20), size=st.integers(1, 20), seed=st.integers(0, 99))
def test_principal_axes_are_orthonormal_and_keep_the_most_variance(n: int, features: int, size: int, seed: int) -> None:
    x = torch.randn(n, features, generator=torch.Generator().manual_seed(seed))
    x = x - x.mean(0)
    size = min(size, n, features)
    axes = principal_axes(x, size)
    torch.testing.assert_close(axes.T @ axes, torch.eye(size), atol=1e-4, rtol=0)
    kept_variance = (x @ axes).square().sum()
    best = torch.linalg.svdvals(x)[:size].square().sum()
    torch.testing.assert_close(kept_variance, best, rtol=1e-3, atol=1e-4)


def test_principal_axes_of_many_features_leave_the_global_generator_unchanged() -> None:
    x = torch.randn(50, 3) @ torch.randn(3, 2_500)
    x = x - x.mean(0)
    before = torch.get_rng_state()
    axes = principal_axes(x, 3)
    assert torch.equal(torch.get_rng_state(), before)
    assert float((x @ axes).square().sum() / x.square().sum()) > 0.999


def test_probes_are_always_the_same_held_out_samples(dataset: Dataset) -> None:
    ids = probe_ids(dataset)
    assert np.array_equal(ids, probe_ids(dataset))
    assert np.array_equal(ids, np.sort(np.concatenate([dataset.ids("validation"), dataset.ids("test")])))


DISCRETE = ("vector_quantized", "finite_scalar", "residual", "sim_vq")


@pytest.mark.parametrize("kind", ["deterministic", "gaussian", *DISCRETE])
def test_results_are_stored_by_sample_id(workspace: Workspace, dataset: Dataset, kind: str) -> None:
    settings = config(dataset, **{"model.bottleneck.kind": kind})
    run, trainer = create_run(workspace, settings, "r"), prepare(settings, dataset, torch.device("cpu"))
    facts = {"seconds": 1.5, "cpu_seconds": 1.0, "samples_per_second": 10.0, "device": "cpu"}
    written = write_results(run, trainer, facts)
    assert run.metrics["seconds"] == 1.5
    assert run.metrics["test"]["mse"] == pytest.approx(written["test"]["mse"])
    ids = dataset.ids("validation")[3:6]
    with torch.no_grad():
        x = trainer.model.eval().prepare(run.raw(ids))
        output = trainer.model(x)
    errors = (output.reconstruction["image"] - x["image"]).square().mean((1, 2, 3)).numpy()
    np.testing.assert_allclose(run.errors[ids], errors, rtol=1e-4)
    assert float(np.mean(run.errors[dataset.ids("test")])) == pytest.approx(run.metrics["test"]["mse"], rel=1e-4)
    if kind in DISCRETE:
        assert np.array_equal(run.codes[ids], output.code.indices.numpy())
        save_checkpoint(run.folder / "checkpoint", trainer.checkpoint())
        write_snapshot(run, trainer, ids)
        (path,) = run.snapshots()
        np.testing.assert_allclose(run.snapshot(path)["latents"], output.code.latent.numpy(), rtol=1e-4, atol=1e-5)
    else:
        assert run.codes is None
    np.testing.assert_allclose(run.latents(ids), output.code.latent.numpy(), rtol=1e-4, atol=1e-5)
    expected = {"gaussian": {"elbo", "active_units", "kl"}, "vector_quantized": {"perplexity", "codebook_usage"}}
    assert expected.get(kind, {"mse"}) <= set(run.metrics["test"])


@pytest.mark.parametrize(("likelihood", "bound"), [("laplace", True), ("ssim", False)])
def test_only_densities_have_an_elbo(workspace: Workspace, dataset: Dataset, likelihood: str, bound: bool) -> None:
    settings = config(dataset, **{"model.bottleneck": "gaussian", "model.likelihood": likelihood})
    run, trainer = create_run(workspace, settings, "r"), prepare(settings, dataset, torch.device("cpu"))
    assert ("elbo" in write_results(run, trainer, {})["test"]) is bound
