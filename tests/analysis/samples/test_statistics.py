"""Statistics of fields, previews of scalings, and duplicates."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples import statistics as module
from aeexplorer.analysis.samples.statistics import field_statistics, find_duplicates, scale_field
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.data.variants import VariantOptions, make_variant


def create(workspace: Workspace, split: list[int], **fields: NewField) -> Dataset:
    return create_dataset(workspace, "d", fields, pa.table({"source": ["x"] * len(split)}), np.array(split, np.int8))


def series(values: np.ndarray) -> NewField:
    columns = with_statistics(values, [column(f"c{i}") for i in range(values.shape[2])], np.ones(len(values), bool))
    return NewField("series", values, {"columns": columns})


def test_column_statistics_of_a_table(trained: Any) -> None:
    dataset = trained.runs["ae"].dataset
    result = field_statistics(dataset, dataset.main_field)
    length, weight, colour = result.columns
    values = dataset.main_field.array
    assert (length.mean, length.std) == pytest.approx((values[:, 0].mean(), values[:, 0].std()), rel=1e-5)
    assert (length.low, length.high, length.missing) == (values[:, 0].min(), values[:, 0].max(), 0)
    assert weight.missing == pytest.approx(np.isnan(values[:, 1]).mean())
    assert sum(length.histogram) == 120
    assert colour.histogram == tuple(np.bincount(values[:, 2].astype(int)))
    assert np.isnan(colour.mean)
    assert (result.n_examined, result.n_total, result.values, result.lengths) == (120, 120, None, None)


def test_pictures_have_one_histogram_per_channel(workspace: Workspace) -> None:
    pictures = np.zeros((10, 3, 4, 4), np.uint8)
    pictures[:, 1] = 255
    dataset = create(workspace, [0] * 10, image=NewField("image", pictures, {}))
    result = field_statistics(dataset, dataset.main_field)
    assert result.values is not None
    assert result.values.shape == (3, module.BINS)
    assert result.values[0, 0] == result.values[1, -1] == 160
    assert result.values.sum() == 480


def test_padded_series_have_lengths(workspace: Workspace) -> None:
    values = np.random.default_rng(0).normal(size=(6, 9, 2)).astype(np.float32)
    values[2, 5:] = np.nan
    values[4, 3, 0] = np.nan
    dataset = create(workspace, [0] * 6, series=series(values))
    result = field_statistics(dataset, dataset.main_field)
    assert result.lengths is not None
    assert result.lengths.tolist() == [9, 9, 5, 9, 9, 9]
    assert len(result.columns) == 2


def test_large_datasets_are_sampled(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SAMPLES", 50)
    result = field_statistics(dataset, dataset.main_field)
    assert (result.n_examined, result.n_total) == (50, 320)


def test_duplicates_are_grouped_and_leaks_are_counted(workspace: Workspace) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (8, 1, 4, 4), np.uint8)
    pictures[5] = pictures[1]  # trained on and tested on
    pictures[3] = pictures[2]  # both trained on
    pictures[7] = pictures[6]  # both tested on
    numbers = np.zeros((8, 2, 1), np.float32)
    dataset = create(workspace, [0, 0, 0, 0, 1, 2, 2, 2], image=NewField("image", pictures, {}), series=series(numbers))
    result = find_duplicates(dataset)
    assert result.groups == ((1, 5), (2, 3), (6, 7))
    assert (result.repeated, result.leaked, result.n_examined) == (3, 1, 8)


def test_samples_that_differ_in_one_field_are_no_duplicates(workspace: Workspace) -> None:
    numbers = np.arange(8, dtype=np.float32).reshape(4, 2, 1)
    same = NewField("image", np.ones((4, 1, 4, 4), np.uint8), {})
    assert find_duplicates(create(workspace, [0] * 4, image=same, series=series(numbers))).groups == ()


def test_scaling_moves_the_values_of_a_table(trained: Any) -> None:
    dataset = trained.runs["ae"].dataset
    spread, squeezed = (scale_field(dataset, dataset.main_field, way).values for way in ("min-max", "z-score"))
    assert len(spread) == len(squeezed) == int((~np.isnan(dataset.main_field.array[:, :2])).sum())
    assert spread.min() <= 1e-6
    assert spread.max() >= 1 - 1e-6
    assert squeezed.mean() == pytest.approx(0.5, abs=0.05)
    assert squeezed.std() == pytest.approx(1 / 6, rel=0.1)


def test_picture_preview_of_each_scaling(workspace: Workspace, dataset: Dataset) -> None:
    field = dataset.main_field
    stored, spread, squeezed = (scale_field(dataset, field, way) for way in ("stored", "min-max", "z-score"))
    assert stored.values.size == spread.values.size == field.array.size
    assert squeezed.values.mean() == pytest.approx(0.5, abs=0.02)
    for way in (stored, spread, squeezed):
        assert way.samples is not None
        assert way.samples.shape == (10, *field.shape)
    assert not np.array_equal(stored.samples, squeezed.samples)
    variant = make_variant(workspace, dataset, VariantOptions(pixels="z-score"), divide=False)
    assert np.array_equal(scale_field(variant, variant.main_field, "z-score").values, squeezed.values)
    assert np.array_equal(field_statistics(variant, variant.main_field).values, field_statistics(dataset, field).values)
