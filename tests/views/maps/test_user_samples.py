"""Tests of user samples on the map and of pictures of their reconstructions."""

from typing import Any

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.samples.user_samples import UserSample, encode_user_sample, user_sample_from_dataset
from aeexplorer.views.maps.user_samples import user_sample_picture, user_samples_overlay


@pytest.mark.parametrize("dims", [2, 3])
def test_user_samples_are_named_marks_and_one_has_lines_to_its_neighbours(trained: Any, dims: int) -> None:
    projection = compute_projection(trained.runs["vq"], "pca", dims)
    positions = projection.xy[[3, 5]] + 1
    lines, stars = user_samples_overlay(projection, positions, ["1", "2"], 1, projection.ids[[0, 7]]).traces
    assert np.array_equal(np.stack([stars.x, stars.y], 1), positions[:, :2])
    assert stars.marker.size[1] > stars.marker.size[0]
    ends = np.stack([lines.x, lines.y], 1).reshape(-1, 3, 2)
    assert np.allclose(ends[:, 0], positions[1, :2])
    assert np.allclose(ends[:, 1], projection.xy[[0, 7], :2])
    texts = (
        [note["text"] for note in user_samples_overlay(projection, positions, ["1", "2"]).annotations]
        if dims == 2
        else list(stars.text)
    )
    assert texts == ["1", "2"]
    assert len(user_samples_overlay(projection, positions, ["1", "2"]).traces) == 1


def test_a_user_sample_without_a_picture_shows_only_its_reconstruction(trained: Any) -> None:
    run = trained.runs["vae"]
    field = run.dataset.main_field
    user_sample = user_sample_from_dataset(run, 3)
    encoded = encode_user_sample(run, user_sample)
    assert user_sample_picture(field, user_sample, encoded, 40).width == 3 * 40 + 2 * 2
    assert user_sample_picture(field, UserSample({}), encoded, 40).width == 40
