"""What a map draws beyond its overview: no more than asked, all that there is room for, at its own place."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.maps.detail import Area, Detail, detail, positions_on_plane
from aeexplorer.analysis.maps.projection import compute
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


def test_an_area_brings_in_all_its_samples_where_there_is_room(many: Dataset, positions: np.ndarray) -> None:
    found = detail(many, OVERVIEW, positions, AREA, NONE, 1_500)
    inside = np.flatnonzero(AREA.holds(positions))
    assert found.here == found.there_are == len(inside)
    assert np.isin(inside, found.ids).all()
    assert np.isin(OVERVIEW, found.ids).all()
    assert found.said == f"showing all {len(inside):,} here"
    around = np.setdiff1d(found.ids, np.union1d(inside, OVERVIEW))
    assert len(around)
    assert AREA.holds(positions[around], 0.15).all()


def test_of_too_many_a_stratified_part_comes_in(many: Dataset, positions: np.ndarray) -> None:
    found = detail(many, OVERVIEW, positions, AREA, NONE, 90)
    inside = np.flatnonzero(AREA.holds(positions))
    drawn = found.ids[AREA.holds(positions[found.ids])]
    assert found.here == len(drawn)
    assert 90 <= len(drawn) <= 90 + len(OVERVIEW)
    assert found.said == f"showing {len(drawn):,} of {len(inside):,} here"
    shares = np.bincount(np.setdiff1d(drawn, OVERVIEW) % 3)
    assert shares.max() - shares.min() < 8


def test_selected_samples_come_in_wherever_they_lie(many: Dataset, positions: np.ndarray) -> None:
    wanted = np.arange(7, 400, 3, dtype=np.int32)
    found = detail(many, OVERVIEW, positions, None, wanted, 1_000)
    assert found.ids.tolist() == np.union1d(OVERVIEW, wanted).tolist()
    assert (found.said, found.ids.dtype) == ("", np.int32)
    assert len(detail(many, OVERVIEW, positions, None, wanted, 10).ids) <= len(OVERVIEW) + 10


def test_nothing_asked_for_is_the_overview(many: Dataset, positions: np.ndarray) -> None:
    assert detail(many, OVERVIEW, positions, None, NONE, 10).ids.tolist() == OVERVIEW.tolist()
    assert Detail(OVERVIEW, 1_000, 2_000).said == "showing 1,000 of 2,000 here"


def test_positions_of_all_samples_agree_with_the_map(trained: Any) -> None:
    run = trained.runs["vq"]
    made = compute(run, "pca", limit=50)
    positions = positions_on_plane(run, made)
    assert positions is not None
    assert positions.shape == (run.dataset.n, 2)
    np.testing.assert_allclose(positions[made.ids], made.xy, atol=1e-4)
