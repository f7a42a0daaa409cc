"""Held-out samples far outside the training range."""

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig
from aeexplorer.training.scoring.outside import find_outside


@pytest.mark.parametrize("scaling", ["range", "z-score"])
def test_the_sample_the_column_and_the_distance_are_named(workspace: Workspace, scaling: str) -> None:
    values = np.random.default_rng(0).uniform(10, 20, (100, 3)).astype(np.float32)
    values[:2] = [[10, 10, 10], [20, 20, 20]]
    values[90, 1] = 1e6
    values[91, 2] = 50  # three widths above 20
    values[92, 0] = 25  # half a width: not far
    split = np.where(np.arange(100) < 80, 0, 2).astype(np.int8)
    columns = with_statistics(values, [column("a"), column("b"), column("c")], split == 0)
    meta = {"columns": columns} | ({"scaling": "z-score"} if scaling == "z-score" else {})
    dataset = create_dataset(
        workspace, "t", {"table": NewField("tabular", values, meta)}, pa.table({"label": ["x"] * 100}), split
    )
    model = Autoencoder(ModelConfig.model_validate({"network": "dense"}), dataset.fields)
    errors = np.ones(20, np.float32)
    errors[10] = 81
    outside = find_outside(model, dataset, dataset.ids("test"), errors)
    assert [(o["id"], o["field"], o["part"]) for o in outside] == [(90, "table", "b"), (91, "table", "c")]
    assert outside[0]["distance"] == pytest.approx((1e6 - 20) / 10, rel=1e-3)
    assert outside[1]["distance"] == pytest.approx(3, rel=1e-3)
    assert outside[0]["error_share"] == pytest.approx(0.81)


def test_pictures_have_no_outside(dataset) -> None:
    model = Autoencoder(ModelConfig.model_validate({"network": "dense"}), dataset.fields)
    ids = dataset.ids("test")
    assert find_outside(model, dataset, ids, np.ones(len(ids))) == []
