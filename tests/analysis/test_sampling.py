"""Subsamples keep the shares of labels and splits, and say how much they show."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aeexplorer.analysis.sampling import LIMIT, sample_ids, showing
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """1,000 samples: labels a, b, none in the shares 7 : 2 : 1, three uneven splits."""
    rng = np.random.default_rng(1)
    labels = rng.choice(np.array(["a", "b", None], object), 1_000, p=[0.7, 0.2, 0.1])
    split = rng.choice(3, 1_000, p=[0.6, 0.1, 0.3]).astype(np.int8)
    field = NewField("image", np.zeros((1_000, 1, 2, 2), np.uint8), {})
    workspace = Workspace.open(tmp_path_factory.mktemp("uneven"))
    return create_dataset(workspace, "uneven", {"image": field}, pa.table({"label": labels.tolist()}), split)


@given(limit=st.integers(1, 1_200), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_stratum_keeps_its_share_to_within_one(uneven: Dataset, limit: int, seed: int) -> None:
    ids = sample_ids(uneven, limit, seed=seed)
    assert ids.dtype == np.int32
    assert len(ids) == min(limit, 1_000)
    assert (np.diff(ids) > 0).all()
    assert uneven.labels is not None
    for label in (-1, 0, 1):
        for split in range(3):
            there = (uneven.labels == label) & (uneven.split == split)
            assert abs(there[ids].sum() - there.sum() * len(ids) / 1_000) < 1 + 1e-9


def test_the_seed_decides_and_nothing_else(uneven: Dataset) -> None:
    assert np.array_equal(sample_ids(uneven, 100), sample_ids(uneven, 100))
    assert not np.array_equal(sample_ids(uneven, 100), sample_ids(uneven, 100, seed=1))


def test_a_pool_limits_the_choice(uneven: Dataset) -> None:
    pool = uneven.ids("validation")
    chosen = sample_ids(uneven, 20, pool=np.tile(pool[::-1], 2))
    assert len(chosen) == 20
    assert np.isin(chosen, pool).all()
    assert np.array_equal(sample_ids(uneven, LIMIT, pool=pool), pool)


def test_what_is_shown_is_said() -> None:
    assert showing(2_000, 60_000) == "showing 2,000 of 60,000"
    assert showing(1_797, 1_797) == "showing all 1,797"
