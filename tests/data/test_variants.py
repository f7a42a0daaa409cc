import numpy as np
import pyarrow as pa
import pytest
import torch

from aeexplorer.catalogue import open_catalogue
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.split import SplitSettings
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.data.variants import Changes, can_scale, changes_of, make_variant
from aeexplorer.errors import UserError
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.likelihoods.bernoulli import Bernoulli
from aeexplorer.models.likelihoods.continuous_bernoulli import ContinuousBernoulli
from aeexplorer.models.likelihoods.gaussian import Gaussian
from aeexplorer.workspace import Workspace

HALVES = Changes(split=SplitSettings(validation=0, test=0.4, seed=7))
Z = Changes(scaling="z-score")


def rows(workspace: Workspace) -> Dataset:
    """Fifty rows of two numbers, of which the first has one far value, and a category."""
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(5, 2, 50), rng.normal(size=50), rng.integers(0, 2, 50)], 1).astype(np.float32)
    values[3, 0] = 1000
    split = (np.arange(50, dtype=np.int8) % 5 == 4).astype(np.int8) * 2
    columns = with_statistics(values, [column("a"), column("b"), column("c", ("x", "y"))], split == 0)
    field = NewField("tabular", values, {"columns": columns})
    return create_dataset(workspace, "rows", {"table": field}, pa.table({"label": ["p", "q"] * 25}), split)


def test_another_split_shares_the_arrays_and_has_its_own_figures(workspace: Workspace) -> None:
    dataset = rows(workspace)
    other = make_variant(workspace, dataset, HALVES)
    assert other.id != dataset.id
    assert [len(other.ids(name)) for name in ("train", "validation", "test")] == [30, 0, 20]
    assert np.array_equal(other.main_field.array, dataset.main_field.array, equal_nan=True)
    assert other.main_field.path.stat().st_ino == dataset.main_field.path.stat().st_ino
    assert other.table.equals(dataset.table)
    trained = other.main_field.array[other.ids("train"), 1]
    assert other.main_field.meta["columns"][1]["mean"] == pytest.approx(trained.mean(), rel=1e-4)
    assert other.name == "rows, 60% / 0% / 40%"
    assert {row.id for row in open_catalogue(workspace).datasets()} >= {other.id}
    assert make_variant(workspace, other, HALVES.replace({"split.seed": 8})).id not in (other.id, dataset.id)
    counts = np.bincount(other.labels[other.ids("test")])
    assert counts.tolist() == [10, 10]


def test_without_stratification_the_labels_do_not_matter(workspace: Workspace) -> None:
    loose = HALVES.replace({"split.stratify": False})
    shares = [np.bincount(v.labels[v.ids("test")], minlength=2)[0] for v in _of_seeds(workspace, loose)]
    assert set(shares) != {10}


def _of_seeds(workspace: Workspace, changes: Changes) -> list[Dataset]:
    dataset = rows(workspace)
    return [make_variant(workspace, dataset, changes.replace({"split.seed": seed})) for seed in range(4)]


def test_nothing_different_is_refused(workspace: Workspace) -> None:
    dataset = rows(workspace)
    with pytest.raises(UserError, match="nothing is different"):
        make_variant(workspace, dataset, Changes(), divide=False)
    assert list(workspace.staging.iterdir()) == []


def test_z_scores_bring_the_mean_to_a_half_and_come_back(workspace: Workspace) -> None:
    dataset = rows(workspace)
    scaled = make_variant(workspace, dataset, Z, divide=False)
    assert np.array_equal(scaled.split, dataset.split)
    assert scaled.name == "rows, z-score"
    assert (changes_of(dataset).scaling, changes_of(scaled).scaling) == ("min-max", "z-score")
    raw = torch.from_numpy(np.array(scaled.main_field.array))
    x = modality_of(scaled.main_field).prepare(raw)
    trained = x[scaled.ids("train"), :2]
    assert trained.mean(0).numpy() == pytest.approx([0.5, 0.5], abs=1e-4)
    assert trained.std(0, correction=0).numpy() == pytest.approx([1 / 6, 1 / 6], rel=1e-3)
    assert x[:, 0].max() > 1
    assert modality_of(scaled.main_field).restore(x) == pytest.approx(raw.numpy(), rel=1e-3, abs=1e-2)
    back = make_variant(workspace, scaled, Changes(), divide=False)
    assert back.id == dataset.id


def test_likelihoods_of_the_unit_interval_do_not_take_z_scores(workspace: Workspace) -> None:
    dataset = rows(workspace)
    field = make_variant(workspace, dataset, Z, divide=False).main_field
    for likelihood in (Bernoulli(), ContinuousBernoulli()):
        likelihood.build(dataset.main_field)
        with pytest.raises(UserError, match=r"scaled by its z-score.*gaussian"):
            likelihood.build(field)
    Gaussian().build(field)


def test_pictures_are_not_scaled(dataset: Dataset, workspace: Workspace) -> None:
    assert not can_scale(dataset)
    assert can_scale(rows(workspace))
