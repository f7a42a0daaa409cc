"""Parquet files with pictures, sounds and texts in their cells."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from PIL import Image

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from tests.data.making import png, upload, zipped

N = 24
NAMES = ["cat", "dog", "fish"]


def wav(i: int) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.sin(np.arange(2000) * (0.05 + 0.01 * i)).astype(np.float32), 8000, format="WAV")
    return out.getvalue()


def parquet(columns: dict[str, list[object]], features: dict[str, object]) -> bytes:
    """Write a file like the `datasets` library: features in the metadata of the schema, and small row groups."""
    table = pa.table(columns).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=7)
    return out.getvalue()


def classes(names: list[str] = NAMES) -> dict[str, object]:
    return {"names": names, "_type": "ClassLabel"}


def pictures(first: int = 0, n: int = N) -> bytes:
    cells = [{"bytes": png(i, mode="RGB"), "path": f"{i}.png" if i % 2 else None} for i in range(first, first + n)]
    labels = [-1 if i == 4 else i % 3 for i in range(first, first + n)]
    return parquet(
        {"image": cells, "label": labels, "coarse": [i % 2 for i in range(n)]},
        {"image": {"_type": "Image"}, "label": classes(), "coarse": classes(["pet", "wild"])},
    )


def test_pictures_in_cells_are_read_with_the_names_of_their_classes(workspace: Workspace) -> None:
    guess = inspect(upload("train.parquet", pictures()))
    assert guess.kind == "a table of files (image: pictures)"
    assert (guess.n, guess.options.label_column) == (N, "label")
    dataset = ingest(workspace, upload("train.parquet", pictures()), guess.options)
    (field,) = dataset.fields.values()
    assert (field.modality, field.array.shape) == ("image", (N, 3, 8, 8))
    for i in (0, 9, N - 1):
        np.testing.assert_array_equal(field.array[i].transpose(1, 2, 0), np.asarray(Image.open(io.BytesIO(png(i, mode="RGB")))))
    assert dataset.table["label"].to_pylist() == [None if i == 4 else NAMES[i % 3] for i in range(N)]
    assert dataset.table["coarse"].to_pylist()[:2] == ["pet", "wild"]
    assert dataset.table["source"].to_pylist()[:2] == ["row 1", "row 2"]
    assert dataset.table["image"].to_pylist()[:2] == [None, "1.png"]


def test_shards_of_a_split_are_concatenated(workspace: Workspace) -> None:
    parts = {"data/train-00000-of-00002.parquet": pictures(0, 10), "data/train-00001-of-00002.parquet": pictures(10, 8)}
    whole = ingest(workspace, upload("train.parquet", pictures(0, 18)))
    card = {"README.md": b"# A set\n", ".gitattributes": b"*.parquet filter=lfs"}
    dataset = ingest(workspace, upload("set.zip", zipped(parts | card)))
    np.testing.assert_array_equal(dataset.fields["image"].array, whole.fields["image"].array)
    separately = [Upload(name, content) for name, content in parts.items()]
    assert ingest(workspace, separately, IngestOptions(label_column="coarse")).label_names == ["pet", "wild"]


def test_columns_of_sounds_pictures_and_texts_may_have_gaps(workspace: Workspace) -> None:
    columns: dict[str, list[object]] = {
        "audio": [{"bytes": None if i == 3 else wav(i), "path": "3.wav" if i == 3 else None} for i in range(N)],
        "picture": [png(i) for i in range(N)],
        "transcript": [f"the words that are spoken in number {i}" for i in range(N)],
        "vector": [[1.0, 2.0] for _ in range(N)],
    }
    dataset = ingest(workspace, upload("speech.parquet", parquet(columns, {})))
    assert {name: field.modality for name, field in dataset.fields.items()} == {
        "audio": "audio",
        "image": "image",
        "text": "text",
    }
    present = dataset.fields["audio"].present
    assert present is not None
    assert np.flatnonzero(~present).tolist() == [3]
    assert any("1 named files are not in the upload (first: '3.wav', row 4)" in note for note in dataset.notes)
    assert any("'vector' is nested or binary and was left out" in note for note in dataset.notes)


def test_a_table_of_texts_has_the_names_of_its_classes(workspace: Workspace) -> None:
    columns: dict[str, list[object]] = {
        "text": [f"this is text number {i}" for i in range(N)],
        "label": [i % 3 for i in range(N)],
    }
    halves = [parquet({k: v[part] for k, v in columns.items()}, {"label": classes()}) for part in (slice(0, 9), slice(9, N))]
    dataset = ingest(workspace, [Upload(f"{i}.parquet", half) for i, half in enumerate(halves)])
    assert (list(dataset.fields), dataset.n, dataset.label_names) == (["text"], N, NAMES)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"a.parquet": pictures(), "b.parquet": parquet({"image": [{"bytes": png(1), "path": None}]}, {})},
            "b.parquet: the columns differ",
        ),
        (
            {
                "a.parquet": parquet(
                    {"image": [{"bytes": png(i) if i != 5 else b"no picture", "path": None} for i in range(9)]}, {}
                )
            },
            "a.parquet, row 6, column 'image': the cell holds a file that is not one of the images",
        ),
        ({"a.parquet": parquet({"image": [png(i)[: 40 if i == 5 else None] for i in range(9)]}, {})}, "a.parquet, row 6"),
    ],
)
def test_unsuitable_files_are_refused_with_their_row(workspace: Workspace, files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(UploadRejected, match=reason):
        ingest(workspace, [Upload(name, content) for name, content in files.items()])
