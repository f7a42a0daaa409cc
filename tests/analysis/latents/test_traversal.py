"""Traversals of one latent dimension at a time, in standard deviations."""

import numpy as np
import pytest

from aeexplorer.analysis.latents.traversal import format_moves, latent_spread, parse_moves, traversal_origin
from aeexplorer.core.errors import UserError


def test_moving_sets_one_dimension_only(trained) -> None:
    run = trained.runs["vae"]
    spread = latent_spread(run)
    start = traversal_origin(run, 9, spread.mean)
    moved = spread.move(start, {1: -2.0})
    assert moved[0] == start[0] == run.latents(np.array([9]))[0, 0]
    assert spread.in_deviations(moved)[1] == pytest.approx(-2, abs=1e-4)
    latents = run.latents(run.dataset.ids())
    assert moved[1] == pytest.approx(latents[:, 1].mean() - 2 * latents[:, 1].std(), abs=1e-3)


def test_strips_have_one_row_per_dimension(trained) -> None:
    spread = latent_spread(trained.runs["vae"])
    strips = spread.strips(spread.mean, [1, 0], 7).reshape(2, 7, 2)
    assert np.apply_along_axis(spread.in_deviations, 1, strips[0])[:, 1] == pytest.approx(np.linspace(-3, 3, 7), abs=1e-4)
    assert (strips[0, :, 0] == spread.mean[0]).all()
    assert (strips[1, :, 1] == spread.mean[1]).all()


def test_a_sweep_returns_to_its_start(trained) -> None:
    spread = latent_spread(trained.runs["vae"])
    deviations = [spread.in_deviations(latent)[0] for latent in spread.sweep(spread.mean, 0, 24)]
    assert deviations[0] == pytest.approx(-3, abs=1e-4)
    assert deviations[12] == pytest.approx(3, abs=1e-4)
    assert deviations[1:] == pytest.approx(deviations[:0:-1], abs=1e-3)


def test_a_vae_is_ordered_by_kl_divergence_and_others_by_variance(trained) -> None:
    assert latent_spread(trained.runs["vae"]).unit == "nats"
    spread = latent_spread(trained.runs["ae"])
    assert spread.unit == "variance"
    assert (np.diff(spread.importance[spread.order]) <= 0).all()
    with pytest.raises(UserError, match="no figures"):
        latent_spread(trained.runs["vq"])


def test_moves_are_formatted_and_parsed(trained) -> None:
    run = trained.runs["vae"]
    assert parse_moves(format_moves({1: -1.5, 0: 3.0}), run) == {1: -1.5, 0: 3.0}
    assert parse_moves("1:99,7:1,0:1.2.3", run) == {1: 3.0}
    with pytest.raises(UserError, match="no sample 400"):
        traversal_origin(run, 400, np.zeros(2))
