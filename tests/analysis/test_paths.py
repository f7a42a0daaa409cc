"""Paths through the latent space, and the films along them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aeexplorer.analysis.decoding import decode, decode_codes
from aeexplorer.analysis.interpolation import PATHS, interpolate, linear, spherical
from aeexplorer.errors import UserError

VECTORS = arrays(np.float32, 6, elements=st.floats(-10, 10, width=32))


@given(a=VECTORS, b=VECTORS, frames=st.integers(2, 20), path=st.sampled_from(sorted(PATHS)))
def test_every_path_leads_from_one_end_to_the_other(a: np.ndarray, b: np.ndarray, frames: int, path: str) -> None:
    steps = PATHS[path](a, b, frames)
    assert steps.shape == (frames, 6)
    assert np.isfinite(steps).all()
    assert steps[0] == pytest.approx(a, abs=1e-4)
    assert steps[-1] == pytest.approx(b, abs=1e-4)


@given(a=VECTORS, b=VECTORS)
def test_on_the_sphere_norms_go_evenly_and_turns_are_equal(a: np.ndarray, b: np.ndarray) -> None:
    norms = np.linalg.norm(a), np.linalg.norm(b)
    cosine = a @ b / max(norms[0] * norms[1], 1e-12)
    if min(norms) < 0.1 or abs(cosine) > 0.99:
        return
    steps = spherical(a, b, 9).astype(float)
    assert np.linalg.norm(steps, axis=1) == pytest.approx(np.linspace(*norms, 9), rel=1e-3)
    directions = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    turns = np.arccos(np.clip((directions[1:] * directions[:-1]).sum(1), -1, 1))
    assert turns == pytest.approx(np.full(8, np.arccos(cosine) / 8), abs=2e-3)


def test_between_equal_norms_the_line_cuts_through_and_the_turn_does_not() -> None:
    a, b = np.array([3.0, 0.0], np.float32), np.array([0.0, 3.0], np.float32)
    assert np.linalg.norm(linear(a, b, 3)[1]) == pytest.approx(3 / np.sqrt(2))
    assert np.linalg.norm(spherical(a, b, 3)[1]) == pytest.approx(3)


@pytest.mark.parametrize("b", [[0, 0], [4, 0], [-1, 0]])
def test_without_a_direction_to_turn_in_the_path_is_straight(b: list[float]) -> None:
    a, end = np.array([2.0, 0.0], np.float32), np.array(b, np.float32)
    assert np.array_equal(spherical(a, end, 5), linear(a, end, 5))


def test_a_film_runs_from_reconstruction_to_reconstruction(trained) -> None:
    run = trained.runs["vae"]
    film = interpolate(run, 3, 44, 7, "spherical")
    ends = run.latents(np.array([3, 44]))
    assert film.latents[[0, -1]] == pytest.approx(ends, abs=1e-5)
    assert film.frames["image"].shape == (7, 1, 8, 8)
    assert film.frames["image"].dtype == np.uint8
    assert np.array_equal(film.frames["image"][[0, -1]], decode(run, ends)["image"])


def test_with_a_codebook_frames_are_decoded_from_entries(trained) -> None:
    run = trained.runs["vq"]
    film = interpolate(run, 3, 44, 5)
    ends = decode_codes(run, np.asarray(run.codes)[[3, 44]])
    assert np.array_equal(film.frames["image"][[0, -1]], ends["image"])


def test_what_is_no_film_is_said(trained) -> None:
    run = trained.runs["vae"]
    for wrong, reason in (((3, 4, 1), "no film"), ((3, 400), "no sample 400"), ((-1, 4), "no sample -1")):
        with pytest.raises(UserError, match=reason):
            interpolate(run, *wrong)
    with pytest.raises(UserError, match="no path 'round'"):
        interpolate(run, 3, 4, path="round")
