"""The generated heartbeats agree with their table."""

import numpy as np
import pytest

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.data.samples.heartbeats import FAULTS, RHYTHMS, STEPS, beat


def test_signals_follow_their_factors_outside_the_faults(workspace: Workspace) -> None:
    dataset = load_builtin_dataset(workspace, "heartbeats")
    values, table = np.array(dataset.main_field.array), dataset.table.to_pydict()
    assert (dataset.n, dataset.main_field.shape, dataset.label_names) == (2000, (STEPS, 2), sorted(RHYTHMS))
    faulty = np.array(table["anomaly"]) == "yes"
    assert 80 < faulty.sum() < 160
    assert set(np.array(table["fault"])[faulty]) == set(FAULTS)
    clean = [beat(table["label"][i], table["rate"][i], table["phase"][i], table["strength"][i]) for i in range(200)]
    off = np.abs(values[:200] - clean) / (1.0, 40.0)
    assert off[~faulty[:200]].max() < 0.2
    for i in np.flatnonzero(faulty[:200]):
        start = int(table["fault at step"][i])
        outside = np.r_[0:start, start + 16 : STEPS]
        assert off[i, outside].max() < 0.2
    low = [column["low"] for column in dataset.main_field.meta["columns"]]
    assert low == pytest.approx(values[dataset.ids("train")].min((0, 1)).tolist())
