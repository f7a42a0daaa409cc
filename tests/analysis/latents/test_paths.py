"""Paths through the latent space and films along them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aeexplorer.analysis.decoding import decode, decode_codes, decoded_features
from aeexplorer.analysis.latents.geodesics import decoded_length
from aeexplorer.analysis.latents.paths import INTERPOLATIONS, MAX_WAYPOINTS, blend_inputs, interpolate, linear, spherical
from aeexplorer.core.errors import UserError

VECTORS = arrays(np.float32, 6, elements=st.floats(-10, 10, width=32))


@given(a=VECTORS, b=VECTORS, frames=st.integers(2, 20), path=st.sampled_from(sorted(INTERPOLATIONS)))
def test_every_path_leads_from_one_end_to_the_other(a: np.ndarray, b: np.ndarray, frames: int, path: str) -> None:
    steps = INTERPOLATIONS[path](a, b, frames)
    assert steps.shape == (frames, 6)
    assert np.isfinite(steps).all()
    assert steps[0] == pytest.approx(a, abs=1e-4)
    assert steps[-1] == pytest.approx(b, abs=1e-4)


@given(a=VECTORS, b=VECTORS)
def test_spherical_paths_have_linear_norms_and_equal_angles(a: np.ndarray, b: np.ndarray) -> None:
    norms = np.linalg.norm(a), np.linalg.norm(b)
    cosine = a @ b / max(norms[0] * norms[1], 1e-12)
    if min(norms) < 0.1 or abs(cosine) > 0.99:
        return
    steps = spherical(a, b, 9).astype(float)
    assert np.linalg.norm(steps, axis=1) == pytest.approx(np.linspace(*norms, 9), rel=1e-3)
    directions = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    turns = np.arccos(np.clip((directions[1:] * directions[:-1]).sum(1), -1, 1))
    assert turns == pytest.approx(np.full(8, np.arccos(cosine) / 8), abs=2e-3)


def test_spherical_paths_keep_the_norm_and_linear_paths_do_not() -> None:
    a, b = np.array([3.0, 0.0], np.float32), np.array([0.0, 3.0], np.float32)
    assert np.linalg.norm(linear(a, b, 3)[1]) == pytest.approx(3 / np.sqrt(2))
    assert np.linalg.norm(spherical(a, b, 3)[1]) == pytest.approx(3)


@pytest.mark.parametrize("b", [[0, 0], [4, 0], [-1, 0]])
def test_spherical_paths_without_a_rotation_are_straight(b: list[float]) -> None:
    a, end = np.array([2.0, 0.0], np.float32), np.array(b, np.float32)
    assert np.array_equal(spherical(a, end, 5), linear(a, end, 5))


@pytest.mark.parametrize("path", ["spherical", "geodesic"])
def test_a_film_goes_through_its_samples_in_order(trained, path: str) -> None:
    run = trained.runs["vae"]
    film = interpolate(run, [3, 44, 7], 5, path)
    stops = run.latents(np.array([3, 44, 7]))
    assert film.stops.tolist() == [0, 5, 10]
    assert film.latents.shape == (11, 2)
    assert film.latents[film.stops] == pytest.approx(stops, abs=1e-5)
    assert film.frames["image"].dtype == np.uint8
    assert np.array_equal(film.frames["image"][film.stops], decode(run, stops)["image"])


def test_the_speed_is_the_change_of_the_decoded_sample(trained) -> None:
    run = trained.runs["vae"]
    film = interpolate(run, [3, 44], 4)
    decoded = decoded_features(run, film.latents)
    assert film.speed == pytest.approx(np.linalg.norm(np.diff(decoded, axis=0), axis=1), rel=1e-4)
    assert film.straight == film.length >= film.speed.sum() * 0.9999


def test_a_geodesic_is_no_longer_than_the_straight_line_and_has_even_speed(trained) -> None:
    run = trained.runs["vae"]
    film = interpolate(run, [3, 44], 12, "geodesic")
    fine = interpolate(run, [3, 44], 60, "linear")
    assert decoded_length(lambda z: decoded_features(run, z), film.latents) <= fine.length * 1.01
    assert film.length <= film.straight * 1.001
    assert film.speed.max() <= 1.5 * film.speed.mean()


def test_with_a_codebook_frames_are_decoded_from_entries(trained) -> None:
    run = trained.runs["vq"]
    film = interpolate(run, [3, 44], 4)
    ends = decode_codes(run, np.asarray(run.codes)[[3, 44]])
    assert np.array_equal(film.frames["image"][[0, -1]], ends["image"])


def test_blend_inputs_crossfades_the_samples(trained) -> None:
    run = trained.runs["vae"]
    blended = blend_inputs(run, [3, 44, 7], 4)["image"].astype(int)
    array = np.asarray(run.dataset.main_field.array).astype(int)
    assert np.array_equal(blended[[0, 4, 8]], array[[3, 44, 7]])
    assert np.abs(blended[1] - (0.75 * array[3] + 0.25 * array[44])).max() <= 1


def test_a_path_through_table_rows(trained) -> None:
    film = interpolate(trained.runs["ae"], [3, 44], 4, "geodesic")
    assert film.frames["table"].shape == (5, 3)


def test_impossible_paths_are_refused(trained) -> None:
    run = trained.runs["vae"]
    many = list(range(MAX_WAYPOINTS + 1))
    for points, steps, reason in (
        ([3, 4], 0, "0 steps"),
        ([3, 400], 2, "no sample 400"),
        ([3], 2, "1 samples"),
        (many, 2, "13 samples"),
    ):
        with pytest.raises(UserError, match=reason):
            interpolate(run, points, steps)
    with pytest.raises(UserError, match="no path 'round'"):
        interpolate(run, [3, 4], path="round")
