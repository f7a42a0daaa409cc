"""Traversals move one latent at a time, in standard deviations."""

import numpy as np
import pytest

from aeexplorer.analysis.latents.traversal import origin_of, parse_moves, spread, written_moves
from aeexplorer.core.errors import UserError


def test_moving_sets_a_latent_and_leaves_the_others(trained) -> None:
    run = trained.runs["vae"]
    found = spread(run)
    start = origin_of(run, 9, found.mean)
    moved = found.moved(start, {1: -2.0})
    assert moved[0] == start[0] == run.latents(np.array([9]))[0, 0]
    assert found.units(moved)[1] == pytest.approx(-2, abs=1e-4)
    latents = run.latents(run.dataset.ids())
    assert moved[1] == pytest.approx(latents[:, 1].mean() - 2 * latents[:, 1].std(), abs=1e-3)


def test_strips_go_from_end_to_end_in_rows(trained) -> None:
    found = spread(trained.runs["vae"])
    strips = found.strips(found.mean, [1, 0], 7).reshape(2, 7, 2)
    assert np.apply_along_axis(found.units, 1, strips[0])[:, 1] == pytest.approx(np.linspace(-3, 3, 7), abs=1e-4)
    assert (strips[0, :, 0] == found.mean[0]).all()
    assert (strips[1, :, 1] == found.mean[1]).all()


def test_a_sweep_goes_there_and_back(trained) -> None:
    found = spread(trained.runs["vae"])
    units = [found.units(latent)[0] for latent in found.sweep(found.mean, 0, 24)]
    assert units[0] == pytest.approx(-3, abs=1e-4)
    assert units[12] == pytest.approx(3, abs=1e-4)
    assert units[1:] == pytest.approx(units[:0:-1], abs=1e-3)


def test_a_vae_is_ordered_by_its_divergence_and_others_by_variance(trained) -> None:
    assert spread(trained.runs["vae"]).unit == "nats"
    found = spread(trained.runs["ae"])
    assert found.unit == "variance"
    assert (np.diff(found.carried[found.order]) <= 0).all()
    with pytest.raises(UserError, match="no figures"):
        spread(trained.runs["vq"])


def test_moves_are_written_and_read(trained) -> None:
    run = trained.runs["vae"]
    assert parse_moves(written_moves({1: -1.5, 0: 3.0}), run) == {1: -1.5, 0: 3.0}
    assert parse_moves("1:99,7:1,0:1.2.3", run) == {1: 3.0}
    with pytest.raises(UserError, match="no sample 400"):
        origin_of(run, 400, np.zeros(2))
