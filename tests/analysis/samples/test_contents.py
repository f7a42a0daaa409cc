from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples import contents as module
from aeexplorer.analysis.samples.contents import contents, duplicates, scaled
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.data.variants import Changes, make_variant


def stored(workspace: Workspace, split: list[int], **fields: NewField) -> Dataset:
    return create_dataset(workspace, "d", fields, pa.table({"source": ["x"] * len(split)}), np.array(split, np.int8))


def series(values: np.ndarray) -> NewField:
    columns = with_statistics(values, [column(f"c{i}") for i in range(values.shape[2])], np.ones(len(values), bool))
    return NewField("series", values, {"columns": columns})


def test_columns_have_their_figures(trained: Any) -> None:
    dataset = trained.runs["ae"].dataset
    found = contents(dataset, dataset.main_field)
    length, weight, colour = found.columns
    values = dataset.main_field.array
    assert (length.mean, length.std) == pytest.approx((values[:, 0].mean(), values[:, 0].std()), rel=1e-5)
    assert (length.low, length.high, length.missing) == (values[:, 0].min(), values[:, 0].max(), 0)
    assert weight.missing == pytest.approx(np.isnan(values[:, 1]).mean())
    assert sum(length.histogram) == 120
    assert colour.histogram == tuple(np.bincount(values[:, 2].astype(int)))
    assert np.isnan(colour.mean)
    assert (found.looked_at, found.total, found.values, found.lengths) == (120, 120, None, None)


def test_pictures_have_a_histogram_a_channel(workspace: Workspace) -> None:
    pictures = np.zeros((10, 3, 4, 4), np.uint8)
    pictures[:, 1] = 255
    dataset = stored(workspace, [0] * 10, image=NewField("image", pictures, {}))
    found = contents(dataset, dataset.main_field)
    assert found.values is not None
    assert found.values.shape == (3, module.BINS)
    assert found.values[0, 0] == found.values[1, -1] == 160
    assert found.values.sum() == 480


def test_series_that_end_early_have_lengths(workspace: Workspace) -> None:
    values = np.random.default_rng(0).normal(size=(6, 9, 2)).astype(np.float32)
    values[2, 5:] = np.nan
    values[4, 3, 0] = np.nan
    dataset = stored(workspace, [0] * 6, series=series(values))
    found = contents(dataset, dataset.main_field)
    assert found.lengths is not None
    assert found.lengths.tolist() == [9, 9, 5, 9, 9, 9]
    assert len(found.columns) == 2


def test_figures_are_made_of_a_part_of_many_samples(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOKED_AT", 50)
    found = contents(dataset, dataset.main_field)
    assert (found.looked_at, found.total) == (50, 320)


def test_equal_samples_are_found_and_those_that_leak_counted(workspace: Workspace) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (8, 1, 4, 4), np.uint8)
    pictures[5] = pictures[1]  # trained on and tested on
    pictures[3] = pictures[2]  # both trained on
    pictures[7] = pictures[6]  # both tested on
    numbers = np.zeros((8, 2, 1), np.float32)
    dataset = stored(workspace, [0, 0, 0, 0, 1, 2, 2, 2], image=NewField("image", pictures, {}), series=series(numbers))
    found = duplicates(dataset)
    assert found.groups == ((1, 5), (2, 3), (6, 7))
    assert (found.repeated, found.leaked, found.looked_at) == (3, 1, 8)


def test_samples_that_differ_in_one_field_are_not_equal(workspace: Workspace) -> None:
    numbers = np.arange(8, dtype=np.float32).reshape(4, 2, 1)
    same = NewField("image", np.ones((4, 1, 4, 4), np.uint8), {})
    assert duplicates(stored(workspace, [0] * 4, image=same, series=series(numbers))).groups == ()


def test_scaling_moves_the_numbers(trained: Any) -> None:
    dataset = trained.runs["ae"].dataset
    spread, squeezed = (scaled(dataset, dataset.main_field, way).values for way in ("min-max", "z-score"))
    assert len(spread) == len(squeezed) == int((~np.isnan(dataset.main_field.array[:, :2])).sum())
    assert spread.min() <= 1e-6
    assert spread.max() >= 1 - 1e-6
    assert squeezed.mean() == pytest.approx(0.5, abs=0.05)
    assert squeezed.std() == pytest.approx(1 / 6, rel=0.1)


def test_pictures_are_seen_as_each_way_of_scaling_has_them(workspace: Workspace, dataset: Dataset) -> None:
    field = dataset.main_field
    stored, spread, squeezed = (scaled(dataset, field, way) for way in ("stored", "min-max", "z-score"))
    assert stored.values.size == spread.values.size == field.array.size
    assert squeezed.values.mean() == pytest.approx(0.5, abs=0.02)
    for way in (stored, spread, squeezed):
        assert way.samples is not None
        assert way.samples.shape == (10, *field.shape)
    assert not np.array_equal(stored.samples, squeezed.samples)
    made = make_variant(workspace, dataset, Changes(pixels="z-score"), divide=False)
    assert np.array_equal(scaled(made, made.main_field, "z-score").values, squeezed.values)
    assert np.array_equal(contents(made, made.main_field).values, contents(dataset, field).values)
