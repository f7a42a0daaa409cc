"""Guests on the map and beside their reconstructions."""

from typing import Any

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.samples.user_samples import UserSample, encode_user_sample, user_sample_from_dataset
from aeexplorer.views.maps.user_samples import user_sample_picture, user_samples_overlay


@pytest.mark.parametrize("dims", [2, 3])
def test_each_guest_is_a_named_mark_and_one_has_lines_to_its_neighbours(trained: Any, dims: int) -> None:
    made = compute_projection(trained.runs["vq"], "pca", dims)
    positions = made.xy[[3, 5]] + 1
    lines, stars = user_samples_overlay(made, positions, ["1", "2"], 1, made.ids[[0, 7]]).traces
    assert np.array_equal(np.stack([stars.x, stars.y], 1), positions[:, :2])
    assert stars.marker.size[1] > stars.marker.size[0]
    ends = np.stack([lines.x, lines.y], 1).reshape(-1, 3, 2)
    assert np.allclose(ends[:, 0], positions[1, :2])
    assert np.allclose(ends[:, 1], made.xy[[0, 7], :2])
    named = (
        [note["text"] for note in user_samples_overlay(made, positions, ["1", "2"]).annotations]
        if dims == 2
        else list(stars.text)
    )
    assert named == ["1", "2"]
    assert len(user_samples_overlay(made, positions, ["1", "2"]).traces) == 1


def test_a_guest_without_a_picture_shows_the_decoded_one_alone(trained: Any) -> None:
    run = trained.runs["vae"]
    field = run.dataset.main_field
    guest = user_sample_from_dataset(run, 3)
    encoded = encode_user_sample(run, guest)
    assert user_sample_picture(field, guest, encoded, 40).width == 3 * 40 + 2 * 2
    assert user_sample_picture(field, UserSample({}), encoded, 40).width == 40
