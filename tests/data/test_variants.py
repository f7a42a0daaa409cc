import numpy as np
import pyarrow as pa
import pytest
import torch

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.split import SplitSettings
from aeexplorer.data.tabular import column, with_statistics
from aeexplorer.data.variants import VariantOptions, current_options, make_variant, scalable_fields
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.likelihoods.bernoulli import Bernoulli
from aeexplorer.models.likelihoods.continuous_bernoulli import ContinuousBernoulli
from aeexplorer.models.likelihoods.gaussian import Gaussian

HALVES = VariantOptions(split=SplitSettings(validation=0, test=0.4, seed=7))
Z = VariantOptions(scaling="z-score")


def rows(workspace: Workspace) -> Dataset:
    """Store fifty rows of two numbers and a category. The first number has one outlier."""
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(5, 2, 50), rng.normal(size=50), rng.integers(0, 2, 50)], 1).astype(np.float32)
    values[3, 0] = 1000
    split = (np.arange(50, dtype=np.int8) % 5 == 4).astype(np.int8) * 2
    columns = with_statistics(values, [column("a"), column("b"), column("c", ("x", "y"))], split == 0)
    field = NewField("tabular", values, {"columns": columns})
    return create_dataset(workspace, "rows", {"table": field}, pa.table({"label": ["p", "q"] * 25}), split)


def test_another_split_shares_the_arrays_and_has_its_own_statistics(workspace: Workspace) -> None:
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


def _of_seeds(workspace: Workspace, changes: VariantOptions) -> list[Dataset]:
    dataset = rows(workspace)
    return [make_variant(workspace, dataset, changes.replace({"split.seed": seed})) for seed in range(4)]


def test_a_variant_without_differences_is_refused(workspace: Workspace) -> None:
    dataset = rows(workspace)
    with pytest.raises(UserError, match="nothing is different"):
        make_variant(workspace, dataset, VariantOptions(), divide=False)
    assert list(workspace.staging.iterdir()) == []


def test_z_scores_map_the_mean_to_a_half_and_are_invertible(workspace: Workspace) -> None:
    dataset = rows(workspace)
    scaled = make_variant(workspace, dataset, Z, divide=False)
    assert np.array_equal(scaled.split, dataset.split)
    assert scaled.name == "rows, z-score"
    assert (current_options(dataset).scaling, current_options(scaled).scaling) == ("min-max", "z-score")
    raw = torch.from_numpy(np.array(scaled.main_field.array))
    x = modality_of(scaled.main_field).prepare(raw)
    trained = x[scaled.ids("train"), :2]
    assert trained.mean(0).numpy() == pytest.approx([0.5, 0.5], abs=1e-4)
    assert trained.std(0, correction=0).numpy() == pytest.approx([1 / 6, 1 / 6], rel=1e-3)
    assert x[:, 0].max() > 1
    assert modality_of(scaled.main_field).restore(x) == pytest.approx(raw.numpy(), rel=1e-3, abs=1e-2)
    back = make_variant(workspace, scaled, VariantOptions(), divide=False)
    assert back.id == dataset.id


def test_likelihoods_on_the_unit_interval_refuse_z_scores(workspace: Workspace) -> None:
    dataset = rows(workspace)
    field = make_variant(workspace, dataset, Z, divide=False).main_field
    for likelihood in (Bernoulli(), ContinuousBernoulli()):
        likelihood.build(dataset.main_field)
        with pytest.raises(UserError, match=r"scaled by its z-score.*gaussian"):
            likelihood.build(field)
    Gaussian().build(field)


def test_scalable_settings_depend_on_the_fields(dataset: Dataset, workspace: Workspace) -> None:
    assert {name: field.name for name, field in scalable_fields(dataset).items()} == {"pixels": "image"}
    assert {name: field.name for name, field in scalable_fields(rows(workspace)).items()} == {"scaling": "table"}
    tokens = NewField("text", np.ones((10, 6), np.int32), {})
    assert scalable_fields(create_dataset(workspace, "texts", {"text": tokens}, pa.table({"source": ["a"] * 10}), SPLIT)) == {}


SPLIT = (np.arange(10, dtype=np.int8) % 5 == 4).astype(np.int8) * 2


def coloured(workspace: Workspace, *shape: int, present: np.ndarray | None = None, kind: str = "uint8") -> Dataset:
    """Store ten samples. The first channel has a small range of dark values, the second all values, the third a constant."""
    rng = np.random.default_rng(1)
    values = rng.integers(0, 255, (10, 3, *shape)).astype(np.uint8)
    values[:, 0] = 40 + values[:, 0] // 10
    values[:, 2] = 7
    array = values if kind == "uint8" else (values / np.float32(255)).astype(np.float32)
    if present is not None:
        array[~present] = 0
    field = NewField("image" if len(shape) == 2 else "video", array, {"note": "kept"}, present)
    table_field = {"table": NewField("tabular", rng.normal(size=(10, 1)).astype(np.float32), {"columns": [column("a")]})}
    return create_dataset(
        workspace,
        "colours",
        {"field": field} | (table_field if present is not None else {}),
        pa.table({"source": ["a"] * 10}),
        SPLIT,
    )


@pytest.mark.parametrize("shape", [(6, 5), (4, 6, 5)])
@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_channels_of_pictures_and_videos_are_scaled_separately(workspace: Workspace, shape: tuple[int, ...], kind: str) -> None:
    dataset = coloured(workspace, *shape, kind=kind)
    raw = torch.from_numpy(np.array(dataset.main_field.array))
    train = dataset.ids("train")
    for scaling in ("min-max", "z-score"):
        variant = make_variant(workspace, dataset, VariantOptions().replace({"pixels": scaling}), divide=False)
        assert variant.name == f"colours, pixels {scaling}"
        assert current_options(variant).pixels == scaling
        assert variant.main_field.path.stat().st_ino == dataset.main_field.path.stat().st_ino
        modality = modality_of(variant.main_field)
        x = modality.prepare(raw)
        seen = x[train].transpose(0, 1).flatten(1)[:2]
        if scaling == "min-max":
            assert seen.amin(1).tolist() == pytest.approx([0, 0], abs=1e-6)
            assert seen.amax(1).tolist() == pytest.approx([1, 1], abs=1e-6)
        else:
            assert seen.mean(1).tolist() == pytest.approx([0.5, 0.5], abs=1e-4)
            assert seen.std(1, correction=0).tolist() == pytest.approx([1 / 6, 1 / 6], rel=1e-3)
        assert modality.restore(x) == pytest.approx(raw.numpy(), abs=0 if kind == "uint8" else 1e-6)
        assert variant.main_field.meta["note"] == "kept"
        assert make_variant(workspace, variant, VariantOptions(), divide=False).id == dataset.id


def test_channel_statistics_are_those_of_the_training_samples(workspace: Workspace) -> None:
    present = np.arange(10) != 3
    scaled = make_variant(workspace, coloured(workspace, 6, 5, present=present), VariantOptions(pixels="min-max"), divide=False)
    field = scaled.fields["field"]
    trained = np.array(field.array)[(scaled.split == 0) & present, 0]
    assert (field.meta["channels"][0]["low"], field.meta["channels"][0]["high"]) == (trained.min() / 255, trained.max() / 255)
    divided = make_variant(workspace, scaled, current_options(scaled).replace({"split.test": 0.4, "split.validation": 0.2}))
    trained = np.array(field.array)[(divided.split == 0) & present, 0]
    assert divided.fields["field"].meta["channels"][0]["mean"] == pytest.approx(trained.mean() / 255)
    fold = scaled.rotated(1, 3)
    trained = np.array(field.array)[(fold.split == 0) & present, 0]
    assert fold.fields["field"].meta["channels"][0]["mean"] == pytest.approx(trained.mean() / 255)


def test_likelihoods_on_the_unit_interval_refuse_z_scores_of_pixels(workspace: Workspace, dataset: Dataset) -> None:
    Bernoulli().build(make_variant(workspace, dataset, VariantOptions(pixels="min-max"), divide=False).main_field)
    with pytest.raises(UserError, match="scaled by its z-score"):
        Bernoulli().build(make_variant(workspace, dataset, VariantOptions(pixels="z-score"), divide=False).main_field)
