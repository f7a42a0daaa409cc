"""Draws follow the fitted prior, repeat with their seed, and report the nearest training sample."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.analysis.decoding import decode, decode_codes
from aeexplorer.analysis.generation import offered_priors, priors
from aeexplorer.analysis.generation.autoregressive import CodeModel, load_code_model
from aeexplorer.analysis.generation.drawing import cached_prior, draw, fit_prior
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run


@pytest.fixture
def copied(trained, tmp_path: Path) -> dict[str, Run]:
    """Copies of the trained runs without cached priors."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=shutil.ignore_patterns("priors"))
    return {name: Run(tmp_path / "copy" / "runs" / run.id) for name, run in trained.runs.items()}


def test_mixture_and_network_are_the_default_priors(trained) -> None:
    offered = {name: [prior.name for prior in offered_priors(run)] for name, run in trained.runs.items()}
    assert offered == {"vae": ["mixture", "standard"], "vq": ["autoregressive", "positions"], "ae": ["mixture"]}


def test_mixture_has_mean_and_covariance_of_the_latents(trained) -> None:
    run = trained.runs["vae"]
    latents = run.latents(run.dataset.ids("train"))
    drawn = priors()["mixture"].draw(fit_prior(run, "mixture"), 4_000, 1.0, 0)
    assert drawn.mean(0) == pytest.approx(latents.mean(0), abs=0.15)
    assert np.cov(drawn.T) == pytest.approx(np.cov(latents.T), abs=0.25)
    cold = priors()["mixture"].draw(fit_prior(run, "mixture"), 4_000, 0.01, 0)
    assert len(np.unique(cold.round(3), axis=0)) < 0.2 * len(np.unique(drawn.round(3), axis=0))


def test_standard_prior_is_scaled_by_the_temperature(trained) -> None:
    drawn = priors()["standard"].draw(fit_prior(trained.runs["vae"], "standard"), 5_000, 0.5, 3)
    assert drawn.std(0) == pytest.approx([0.5, 0.5], rel=0.05)
    assert drawn.mean(0) == pytest.approx([0, 0], abs=0.03)


def test_positions_keep_their_code_frequencies(trained) -> None:
    run = trained.runs["vq"]
    codes = np.asarray(run.codes)[run.dataset.ids("train")]
    drawn = priors()["positions"].draw(fit_prior(run, "positions"), 3_000, 1.0, 0)
    for position in (0, 2):
        share, expected = (np.bincount(x[:, position], minlength=48) / len(x) for x in (drawn, codes))
        assert share == pytest.approx(expected, abs=0.05)
        assert not share[expected == 0].any()
    coldest = priors()["positions"].draw(fit_prior(run, "positions"), 50, 0.001, 0)
    assert (coldest == [np.bincount(position, minlength=48).argmax() for position in codes.T]).mean() > 0.9


def test_network_learns_dependencies_between_codes(copied: dict[str, Run]) -> None:
    """Each sample repeats one of three patterns: after the first code of a pattern, all other codes are certain."""
    run = copied["vq"]
    rng = np.random.default_rng(0)
    tokens = run.codes.shape[1]
    patterns = rng.integers(0, 48, (3, tokens))
    chosen = patterns[rng.integers(0, 3, run.dataset.n)].astype(np.int32)
    np.save(run.folder / "codes.npy", chosen)
    run = Run(run.folder)
    drawn = draw(run, "autoregressive", 60).codes
    assert np.mean([(row == patterns).all(1).any() for row in drawn]) > 0.9
    independent = draw(run, "positions", 60).codes
    assert np.mean([(row == patterns).all(1).any() for row in independent]) < 0.5


def test_network_beats_independent_positions_on_held_out_samples(copied: dict[str, Run]) -> None:
    run = copied["vq"]
    held_out = torch.from_numpy(np.array(run.codes[run.dataset.ids("test")], np.int64))
    counts = fit_prior(run, "positions")["counts"] + 1.0
    independent = np.log(counts / counts.sum(1, keepdims=True))
    model = load_code_model(fit_prior(run, "autoregressive"))
    with torch.inference_mode():
        logits = model(held_out)
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), held_out.flatten())
    assert float(nats) < -np.mean([independent[position, held_out[:, position]] for position in range(len(counts))]) - 0.05


def test_each_code_depends_only_on_the_codes_before_it() -> None:
    torch.manual_seed(0)
    model = CodeModel(torch.randn(9, 4), 5).eval()
    codes = torch.randint(9, (2, 5))
    changed = codes.clone()
    changed[:, 3] = (changed[:, 3] + 1) % 9
    first, second = model(codes), model(changed)
    assert torch.equal(first[:, :4], second[:, :4])
    assert not torch.equal(first[:, 4], second[:, 4])


def test_untrained_network_draws_codes_of_the_right_stage() -> None:
    torch.manual_seed(0)
    model = CodeModel(torch.randn(12, 4), 6, stages=3).eval()
    codes = model.sample(200, 1.5, torch.Generator().manual_seed(0))
    assert (codes // 4 == torch.arange(6) % 3).all()
    assert [len(codes[:, position].unique()) for position in range(6)] == [4] * 6
    assert (model(codes).softmax(2) > 0).sum(2).unique().tolist() == [4]


@pytest.mark.parametrize("prior", ["autoregressive", "positions"])
def test_residual_codes_are_drawn_by_stage(trained, copied: dict[str, Run], prior: str) -> None:
    dataset, workspace = trained.runs["vq"].dataset, Workspace(copied["vq"].folder.parent.parent)
    small = {"model.network": "dense", "model.hidden": 16, "training.epochs": 1}
    codes = {"model.codebook_size": 5, "model.stages": 3, "model.token_target": 4}
    run = create_run(workspace, config_for("rvq", dataset, small | codes), "rvq", "rvq")
    train(run, "cpu")
    for seed in (0, 1):
        drawn = draw(run, prior, 40, 1.5, seed)
        assert drawn.codes.shape == (40, 12)
        assert (drawn.codes // 5 == np.arange(12) % 3).all()
        assert np.isfinite(drawn.distances).all()


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_draws_are_decoded_and_repeat_with_their_seed(trained, name: str) -> None:
    run = trained.runs[name]
    prior = next(prior.name for prior in offered_priors(run) if prior.quick)
    first, again, other = draw(run, prior, 6, seed=1), draw(run, prior, 6, seed=1), draw(run, prior, 6, seed=2)
    assert np.array_equal(first.codes, again.codes)
    assert not np.array_equal(first.codes, other.codes)
    decoded = (decode_codes if name == "vq" else decode)(run, first.codes)
    for field, samples in first.samples.items():
        assert np.array_equal(samples, decoded[field])


def test_nearest_training_sample_is_reported(trained) -> None:
    run = trained.runs["vae"]
    draws = draw(run, "mixture", 8)
    train = run.dataset.ids("train")
    pictures = run.dataset.main_field.array[train].reshape(len(train), -1) / 255
    distances = np.square(draws.samples["image"].reshape(8, 1, -1) / 255 - pictures).mean(2)
    assert draws.nearest.tolist() == train[distances.argmin(1)].tolist()
    assert draws.distances == pytest.approx(np.sqrt(distances.min(1)), abs=1e-3)
    assert draws.compared == len(train)


def test_prior_is_fitted_once_for_the_current_results(copied: dict[str, Run]) -> None:
    run = copied["vae"]
    assert cached_prior(run, "mixture") is None
    first = fit_prior(run, "mixture")
    again = cached_prior(run, "mixture")
    assert again is not None
    assert all(np.array_equal(first[name], again[name]) for name in first)
    results = run.folder / "metrics.json"
    results.write_text(results.read_text() + "\n")
    assert cached_prior(run, "mixture") is None
    (run.folder / "priors" / "mixture.safetensors").write_bytes(b"nonsense")
    assert cached_prior(run, "mixture") is None


def test_undefined_and_unknown_priors_are_refused(trained) -> None:
    with pytest.raises(UserError, match="has no prior positions"):
        draw(trained.runs["vae"], "positions")
    with pytest.raises(UserError, match="no prior 'magic'"):
        draw(trained.runs["vae"], "magic")
