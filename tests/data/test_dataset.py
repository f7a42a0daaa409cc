import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, clean_name, create_dataset, natural_order, open_dataset, presence_key
from aeexplorer.data.tabular import column
from tests.data.making import tree

X = np.arange(6 * 4, dtype=np.uint8).reshape(6, 1, 2, 2)
SPLIT = np.array([0, 0, 0, 0, 1, 2], np.int8)
TABLE = pa.table({"source": list("abcdef"), "label": ["10", "9", None, "cat", "9", "10"]})


def _create(workspace: Workspace, name: str = "set", x: np.ndarray = X, split: np.ndarray = SPLIT, table: pa.Table = TABLE):  # type: ignore[no-untyped-def]
    return create_dataset(workspace, name, {"image": NewField("image", x, {})}, table, split, ("a note",))


def test_a_stored_dataset_is_read_back_unchanged(workspace: Workspace) -> None:
    dataset = open_dataset(_create(workspace).folder)
    np.testing.assert_array_equal(dataset.main_field.array, X)
    assert isinstance(dataset.main_field.array, np.memmap)
    assert not dataset.main_field.array.flags.writeable
    assert dataset.table["id"].to_pylist() == list(range(6))
    assert dataset.label_names == ["9", "10", "cat"]
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [1, 0, -1, 2, 0, 1]
    assert [dataset.ids(name).tolist() for name in ("train", "validation", "test")] == [[0, 1, 2, 3], [4], [5]]
    assert dataset.ids().tolist() == list(range(6))
    assert dataset.notes == ("a note",)


def test_the_id_depends_on_the_content_only(workspace: Workspace) -> None:
    first = _create(workspace)
    before = tree(workspace.root)
    assert _create(workspace, name="another name").id == first.id
    assert tree(workspace.root) == before
    changed = X.copy()
    changed[0, 0, 0, 0] += 1
    labels = TABLE.set_column(1, "label", pa.array(list("xxxxxx")))
    variants = [_create(workspace, x=changed), _create(workspace, split=SPLIT[::-1].copy()), _create(workspace, table=labels)]
    assert len({first.id, *(dataset.id for dataset in variants)}) == 4


def test_renaming_keeps_the_content(workspace: Workspace) -> None:
    renamed = _create(workspace).rename("  new\n name ")
    assert renamed.name == open_dataset(renamed.folder).name == "new name"
    assert renamed.id == _create(workspace).id


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"x": X[:5]}, "differ in length"),
        ({"table": TABLE.slice(0, 5)}, "differ in length"),
        ({"split": SPLIT[:0]}, "empty"),
        ({"name": "\n"}, "no name"),
    ],
)
def test_invalid_parts_are_refused_and_nothing_is_stored(workspace: Workspace, parts: dict[str, object], reason: str) -> None:
    before = tree(workspace.root)
    with pytest.raises(UserError, match=reason):
        _create(workspace, **parts)  # type: ignore[arg-type]
    assert tree(workspace.root) == before


def test_a_missing_dataset_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UserError, match="no dataset ds-000000000000"):
        open_dataset(workspace.dataset_folder("ds-000000000000"))


@given(st.text(max_size=300))
def test_names_are_one_printable_line(name: str) -> None:
    try:
        cleaned = clean_name(name)
    except UserError:
        assert not any(c.isprintable() and not c.isspace() for c in name)
        return
    assert cleaned.isprintable()
    assert 0 < len(cleaned) <= 80
    assert clean_name(cleaned) == cleaned.strip()


def test_labels_are_sorted_in_natural_order() -> None:
    assert sorted(["10", "9", "b", "nan", "-1", "a"], key=natural_order) == ["-1", "9", "10", "a", "b", "nan"]


def test_partial_fields_record_which_samples_have_them(workspace: Workspace) -> None:
    rows, pixels = np.ones((6, 2), np.float32), np.zeros((6, 1, 4, 4), np.uint8)
    mask = np.array([True, True, False, True, False, True])
    table, split = pa.table({"source": ["s"] * 6}), np.zeros(6, np.int8)
    meta = {"columns": [column("a"), column("b")]}

    def create(present: np.ndarray | None) -> Dataset:
        fields = {"picture": NewField("image", pixels, {}), "row": NewField("tabular", rows, meta, present)}
        return create_dataset(workspace, "pairs", fields, table, split)

    partial, whole = create(mask), create(None)
    assert partial.id != whole.id
    assert create(~mask).id not in (partial.id, whole.id)
    assert create(np.ones(6, bool)).id == whole.id
    assert partial.fields["row"].present is not None
    np.testing.assert_array_equal(partial.fields["row"].present, mask)
    assert whole.fields["row"].present is None
    samples = partial.samples(np.array([1, 2]))
    assert set(samples) == {"picture", "row", presence_key("row")}
    assert samples[presence_key("row")].tolist() == [True, False]
    with pytest.raises(UserError, match="sample 2 has none of the fields"):
        create_dataset(workspace, "bare", {"row": NewField("tabular", rows, meta, mask)}, table, split)
