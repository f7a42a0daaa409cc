"""Slices through the latent space, and latents of positions on any map."""

from dataclasses import replace

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import cached_projection, compute_projection, place_latents
from aeexplorer.analysis.maps.projections import method_of, slice_along_latents, slice_numbers, slice_through_samples
from aeexplorer.analysis.maps.slices import (
    AVERAGED_NEIGHBOURS,
    default_slice,
    latents_at_positions,
    leading_dimensions,
    slice_fits,
)
from aeexplorer.core.errors import UserError


def test_three_samples_lie_on_their_slice(trained) -> None:
    run = trained.runs["vq"]
    projection = compute_projection(run, slice_through_samples((12, 88, 3)))
    corners = run.latents(np.array([12, 88, 3]))
    positions = projection.xy[[12, 88, 3]]
    assert latents_at_positions(run, projection, positions) == pytest.approx(corners, abs=1e-4)
    assert positions[0] == pytest.approx([0, 0], abs=1e-5)
    assert positions[1] == pytest.approx([np.linalg.norm(corners[1] - corners[0]), 0], abs=1e-4)
    assert positions[2, 1] > 0
    lengths = np.linalg.norm(positions[2] - positions[1]), np.linalg.norm(corners[2] - corners[1])
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-4)


def test_a_slice_along_two_latents_has_the_other_latents_at_their_mean(trained) -> None:
    run = trained.runs["vq"]
    projection = compute_projection(run, slice_along_latents(3, 7))
    latents = run.latents(projection.ids)
    assert np.array_equal(projection.xy, latents[:, [3, 7]])
    latent = latents_at_positions(run, projection, np.float32([[0.25, -1.5]]))[0]
    expected = latents.mean(0)
    expected[[3, 7]] = 0.25, -1.5
    assert latent == pytest.approx(expected, abs=1e-5)
    assert place_latents(projection, run, latent[None])[0] == pytest.approx([0.25, -1.5], abs=1e-5)


def test_slices_are_cached(trained) -> None:
    run = trained.runs["vq"]
    projection = compute_projection(run, slice_along_latents(0, 2))
    cached = cached_projection(run, slice_along_latents(0, 2))
    assert cached is not None
    assert np.array_equal(cached.plane, projection.plane)
    assert "of the variance" in cached.caption


def test_without_a_plane_latents_are_averaged_over_the_nearest_samples(trained) -> None:
    run = trained.runs["vq"]
    projection = replace(compute_projection(run, "pca"), plane=None)
    assert latents_at_positions(run, projection, projection.xy[[7]])[0] == pytest.approx(
        run.latents(projection.ids[[7]])[0], abs=1e-4
    )
    position = projection.xy.mean(0, keepdims=True)
    distances = np.linalg.norm(projection.xy - position, axis=1)
    near = np.argsort(distances)[:AVERAGED_NEIGHBOURS]
    weights = 1 / distances[near] / (1 / distances[near]).sum()
    assert latents_at_positions(run, projection, position)[0] == pytest.approx(
        weights @ run.latents(projection.ids[near]), abs=1e-3
    )


@pytest.mark.parametrize(
    "name",
    ["slice-0-1", "slice-1", "slice-1-1", "slice-01-2", "slice-1-2-3-4", "slice-../x", "slice--1-2", "slice-1-2\n", "slice"],
)
def test_other_names_are_not_slices(name: str) -> None:
    assert slice_numbers(name) == ()
    with pytest.raises(UserError, match="no projection"):
        method_of(name)


def test_slices_that_do_not_fit_are_refused(trained) -> None:
    run = trained.runs["vq"]
    size = run.model.bottleneck.latent_dim
    with pytest.raises(UserError, match="no sample 400"):
        compute_projection(run, slice_through_samples((1, 2, 400)))
    with pytest.raises(UserError, match="makes no 2-dimensional map"):
        compute_projection(run, slice_along_latents(0, size))
    with pytest.raises(UserError, match="on a line"):
        method_of("slice-1-2-3").project(np.array([[0, 0, 1], [1, 1, 1], [3, 3, 1], [5, 0, 0]]), 2, 0)
    assert slice_fits(run, slice_along_latents(0, size - 1), size)
    assert not slice_fits(run, slice_along_latents(0, size), size)
    assert not slice_fits(run, "pca", size)


def test_leading_dimensions_have_the_largest_variance(trained) -> None:
    run = trained.runs["vq"]
    leading = leading_dimensions(run)
    variance = run.latents(run.dataset.ids()).var(0)
    assert variance[leading[0]] == pytest.approx(variance.max(), rel=1e-5)
    assert default_slice(run) == slice_along_latents(leading[0], leading[1])
    assert default_slice(trained.runs["vae"]) == ""
