"""Slices are exact planes through the latent space, and positions elsewhere the mean of the nearest samples."""

from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import compute, place, projection
from aeexplorer.analysis.maps.projections import along, method_of, numbers_of, through
from aeexplorer.analysis.maps.slices import AVERAGED, first_slice, latents_on, leading_dimensions, slice_fits
from aeexplorer.core.errors import UserError


def test_three_samples_lie_exactly_on_their_plane(trained) -> None:
    run = trained.runs["vq"]
    made = compute(run, through((12, 88, 3)))
    corners = run.latents(np.array([12, 88, 3]))
    positions = made.xy[[12, 88, 3]]
    assert latents_on(run, made, positions) == pytest.approx(corners, abs=1e-4)
    assert positions[0] == pytest.approx([0, 0], abs=1e-5)
    assert positions[1] == pytest.approx([np.linalg.norm(corners[1] - corners[0]), 0], abs=1e-4)
    assert positions[2, 1] > 0
    lengths = np.linalg.norm(positions[2] - positions[1]), np.linalg.norm(corners[2] - corners[1])
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-4)


def test_along_two_latents_positions_are_those_latents_and_the_others_stay_at_their_mean(trained) -> None:
    run = trained.runs["vq"]
    made = compute(run, along(3, 7))
    latents = run.latents(made.ids)
    assert np.array_equal(made.xy, latents[:, [3, 7]])
    found = latents_on(run, made, np.float32([[0.25, -1.5]]))[0]
    expected = latents.mean(0)
    expected[[3, 7]] = 0.25, -1.5
    assert found == pytest.approx(expected, abs=1e-5)
    assert place(made, run, found[None])[0] == pytest.approx([0.25, -1.5], abs=1e-5)


def test_a_slice_is_kept_like_any_map(trained) -> None:
    run = trained.runs["vq"]
    made = compute(run, along(0, 2))
    found = projection(run, along(0, 2))
    assert found is not None
    assert np.array_equal(found.plane, made.plane)
    assert "of the variance" in found.caption


def test_where_a_map_is_no_plane_a_position_is_the_mean_of_the_nearest(trained) -> None:
    run = trained.runs["vq"]
    made = replace(compute(run, "pca"), plane=None)
    assert latents_on(run, made, made.xy[[7]])[0] == pytest.approx(run.latents(made.ids[[7]])[0], abs=1e-4)
    position = made.xy.mean(0, keepdims=True)
    distances = np.linalg.norm(made.xy - position, axis=1)
    near = np.argsort(distances)[:AVERAGED]
    weights = 1 / distances[near] / (1 / distances[near]).sum()
    assert latents_on(run, made, position)[0] == pytest.approx(weights @ run.latents(made.ids[near]), abs=1e-3)


@pytest.mark.parametrize(
    "name",
    ["slice-0-1", "slice-1", "slice-1-1", "slice-01-2", "slice-1-2-3-4", "slice-../x", "slice--1-2", "slice-1-2\n", "slice"],
)
def test_what_is_no_slice_is_none(name: str) -> None:
    assert numbers_of(name) == ()
    with pytest.raises(UserError, match="no projection"):
        method_of(name)


def test_slices_that_do_not_fit_are_refused(trained) -> None:
    run = trained.runs["vq"]
    size = run.model.bottleneck.latent_dim
    with pytest.raises(UserError, match="no sample 400"):
        compute(run, through((1, 2, 400)))
    with pytest.raises(UserError, match="makes no 2-dimensional map"):
        compute(run, along(0, size))
    with pytest.raises(UserError, match="on a line"):
        method_of("slice-1-2-3").project(np.array([[0, 0, 1], [1, 1, 1], [3, 3, 1], [5, 0, 0]]), 2, 0)
    assert slice_fits(run, along(0, size - 1), size)
    assert not slice_fits(run, along(0, size), size)
    assert not slice_fits(run, "pca", size)


def test_the_leading_dimensions_come_first(trained) -> None:
    run = trained.runs["vq"]
    leading = leading_dimensions(run)
    variance = run.latents(run.dataset.ids()).var(0)
    assert variance[leading[0]] == pytest.approx(variance.max(), rel=1e-5)
    assert first_slice(run) == along(leading[0], leading[1])
    assert first_slice(trained.runs["vae"]) == ""
