"""Stratified subsamples, and the text that says how many samples are shown."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aeexplorer.analysis.sampling import MAX_SAMPLES, sample_count_text, sample_ids
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """1,000 samples with labels a, b and none in the ratio 7 : 2 : 1, and three uneven splits."""
    rng = np.random.default_rng(1)
    labels = rng.choice(np.array(["a", "b", None], object), 1_000, p=[0.7, 0.2, 0.1])
    split = rng.choice(3, 1_000, p=[0.6, 0.1, 0.3]).astype(np.int8)
    field = NewField("image", np.zeros((1_000, 1, 2, 2), np.uint8), {})
    workspace = Workspace.open(tmp_path_factory.mktemp("uneven"))
    return create_dataset(workspace, "uneven", {"image": field}, pa.table({"label": labels.tolist()}), split)


@given(limit=st.integers(1, 1_200), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_stratum_keeps_its_share_to_within_one_sample(uneven: Dataset, limit: int, seed: int) -> None:
    ids = sample_ids(uneven, limit, seed=seed)
    assert ids.dtype == np.int32
    assert len(ids) == min(limit, 1_000)
    assert (np.diff(ids) > 0).all()
    assert uneven.labels is not None
    for label in (-1, 0, 1):
        for split in range(3):
            in_stratum = (uneven.labels == label) & (uneven.split == split)
            assert abs(in_stratum[ids].sum() - in_stratum.sum() * len(ids) / 1_000) < 1 + 1e-9


def test_subsamples_depend_only_on_the_seed(uneven: Dataset) -> None:
    assert np.array_equal(sample_ids(uneven, 100), sample_ids(uneven, 100))
    assert not np.array_equal(sample_ids(uneven, 100), sample_ids(uneven, 100, seed=1))


def test_samples_are_drawn_from_the_pool(uneven: Dataset) -> None:
    pool = uneven.ids("validation")
    chosen = sample_ids(uneven, 20, pool=np.tile(pool[::-1], 2))
    assert len(chosen) == 20
    assert np.isin(chosen, pool).all()
    assert np.array_equal(sample_ids(uneven, MAX_SAMPLES, pool=pool), pool)


def test_sample_count_text() -> None:
    assert sample_count_text(2_000, 60_000) == "showing 2,000 of 60,000"
    assert sample_count_text(1_797, 1_797) == "showing all 1,797"
