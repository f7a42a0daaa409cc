"""Samples that a map draws in addition to its overview."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.maps.detail import Area, Detail, positions_on_plane, select_detail
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset

COUNT = 2_000
NONE = np.empty(0, np.int32)
AREA = Area(0.2, 0.6, 0.1, 0.5)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    field = NewField("image", np.zeros((COUNT, 1, 2, 2), np.uint8), {})
    labels = pa.table({"label": [str(i % 3) for i in range(COUNT)]})
    workspace = Workspace.open(tmp_path_factory.mktemp("many"))
    return create_dataset(workspace, "many", {"image": field}, labels, np.zeros(COUNT, np.int8))


@pytest.fixture(scope="module")
def positions() -> np.ndarray:
    return np.random.default_rng(0).random((COUNT, 2)).astype(np.float32)


OVERVIEW = np.arange(0, COUNT, 50, dtype=np.int32)


def test_all_samples_of_a_sparse_area_are_drawn(many: Dataset, positions: np.ndarray) -> None:
    detail = select_detail(many, OVERVIEW, positions, AREA, NONE, 1_500)
    in_area = np.flatnonzero(AREA.contains(positions))
    assert detail.drawn == detail.in_area == len(in_area)
    assert np.isin(in_area, detail.ids).all()
    assert np.isin(OVERVIEW, detail.ids).all()
    assert detail.caption == f"showing all {len(in_area):,} here"
    in_margin = np.setdiff1d(detail.ids, np.union1d(in_area, OVERVIEW))
    assert len(in_margin)
    assert AREA.contains(positions[in_margin], 0.15).all()


def test_a_dense_area_is_subsampled(many: Dataset, positions: np.ndarray) -> None:
    detail = select_detail(many, OVERVIEW, positions, AREA, NONE, 90)
    in_area = np.flatnonzero(AREA.contains(positions))
    drawn = detail.ids[AREA.contains(positions[detail.ids])]
    assert detail.drawn == len(drawn)
    assert 90 <= len(drawn) <= 90 + len(OVERVIEW)
    assert detail.caption == f"showing {len(drawn):,} of {len(in_area):,} here"
    shares = np.bincount(np.setdiff1d(drawn, OVERVIEW) % 3)
    assert shares.max() - shares.min() < 8


def test_selected_samples_are_drawn_wherever_they_lie(many: Dataset, positions: np.ndarray) -> None:
    selected = np.arange(7, 400, 3, dtype=np.int32)
    detail = select_detail(many, OVERVIEW, positions, None, selected, 1_000)
    assert detail.ids.tolist() == np.union1d(OVERVIEW, selected).tolist()
    assert (detail.caption, detail.ids.dtype) == ("", np.int32)
    assert len(select_detail(many, OVERVIEW, positions, None, selected, 10).ids) <= len(OVERVIEW) + 10


def test_without_area_and_selection_only_the_overview_is_drawn(many: Dataset, positions: np.ndarray) -> None:
    assert select_detail(many, OVERVIEW, positions, None, NONE, 10).ids.tolist() == OVERVIEW.tolist()
    assert Detail(OVERVIEW, 1_000, 2_000).caption == "showing 1,000 of 2,000 here"


def test_positions_of_all_samples_agree_with_the_map(trained: Any) -> None:
    run = trained.runs["vq"]
    projection = compute_projection(run, "pca", limit=50)
    positions = positions_on_plane(run, projection)
    assert positions is not None
    assert positions.shape == (run.dataset.n, 2)
    np.testing.assert_allclose(positions[projection.ids], projection.xy, atol=1e-4)
