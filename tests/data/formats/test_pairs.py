"""Pairs of files, texts and numbers, by the rows of a manifest."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestOptions, ingest, inspect, uploads_at
from tests.data.making import png, upload, zipped

N = 24
COLOURS = {"red": (200, 30, 30), "green": (20, 160, 40), "blue": (30, 60, 210)}


def picture(i: int) -> bytes:
    out = io.BytesIO()
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[: 1 + i % 7, 1:6] = list(COLOURS.values())[i % 3]
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def rows() -> list[dict[str, str]]:
    return [
        {
            "file_name": "" if i == 3 else f"pictures/{i}.png",
            "caption": "" if i == 4 else f"a {list(COLOURS)[i % 3]} block of {1 + i % 7} rows at the top, number {i}",
            "height": "" if i == 5 else str(1 + i % 7),
            "colour": list(COLOURS)[i % 3] if i != 5 else "",
            "label": "tall" if i % 7 > 3 else "flat",
        }
        for i in range(N)
    ]


def as_csv(content: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(content[0]))
    writer.writeheader()
    writer.writerows(content)
    return out.getvalue().encode()


def as_jsonl(content: list[dict[str, str]]) -> bytes:
    return "\n".join(json.dumps({k: v or None for k, v in row.items()}) for row in content).encode()


PICTURES = {f"pictures/{i}.png": picture(i) for i in range(N) if i != 3}


@pytest.mark.parametrize("manifest", ["metadata.csv", "data/pairs.jsonl"])
def test_columns_become_fields_that_samples_may_lack(workspace: Workspace, manifest: str) -> None:
    content = as_csv(rows()) if manifest.endswith("csv") else as_jsonl(rows())
    packed = zipped(PICTURES | {manifest: content})
    guess = inspect(upload("pairs.zip", packed))
    assert guess.kind.startswith("pairs (file_name: pictures, caption: texts, a table of 2")
    assert guess.options.pairs.file_columns == ("file_name",)
    assert guess.options.pairs.caption_columns == ("caption",)
    assert guess.options.pairs.number_columns == ("height", "colour")
    assert {c.name: (c.kind, c.role) for c in guess.columns}["file_name"] == ("file", "feature")
    assert (guess.n, guess.options.label_column) == (N, "label")

    dataset = ingest(workspace, upload("pairs.zip", packed), guess.options)
    assert {name: field.modality for name, field in dataset.fields.items()} == {
        "image": "image",
        "text": "text",
        "table": "tabular",
    }
    image, text, table = dataset.fields.values()
    for field, gap in ((image, 3), (text, 4), (table, 5)):
        assert field.present is not None
        assert np.flatnonzero(~field.present).tolist() == [gap]
    for i in (0, 2, 4, N - 1):
        np.testing.assert_array_equal(image.array[i].transpose(1, 2, 0), np.asarray(Image.open(io.BytesIO(picture(i)))))
    assert not image.array[3].any()
    assert np.isnan(table.array[5]).all()
    np.testing.assert_array_equal(np.delete(table.array[:, 0], 5), [1 + i % 7 for i in range(N) if i != 5])
    assert dataset.table["label"].to_pylist()[:5] == ["flat", "flat", "flat", "flat", "tall"]
    assert dataset.table["caption"].to_pylist()[4] is None
    assert any("1 of 24 samples have no file_name" in note for note in dataset.notes)


def test_columns_can_be_chosen(workspace: Workspace) -> None:
    packed = zipped(PICTURES | {"metadata.csv": as_csv(rows())})
    options = IngestOptions().replace({"pairs.file_columns": ("file_name",), "pairs.number_columns": ("height",)})
    dataset = ingest(workspace, upload("pairs.zip", packed), options)
    assert list(dataset.fields) == ["image", "table"]
    assert "caption" in dataset.table.column_names
    for changes, reason in (
        ({"pairs.number_columns": ("caption",)}, "cannot be learned as numbers"),
        ({"pairs.file_columns": ("height",)}, "names no files"),
        ({"pairs.caption_columns": ("smell",)}, "no column 'smell'"),
    ):
        with pytest.raises(UploadRejected, match=reason):
            ingest(workspace, upload("pairs.zip", packed), IngestOptions().replace(changes))


def test_two_columns_of_files_become_two_fields(workspace: Workspace) -> None:
    content = [{"before": f"a/{i}.png", "after": f"b/{i}.png"} for i in range(9)]
    files = {f"{side}/{i}.png": png(i + 50 * (side == "b")) for side in "ab" for i in range(9)}
    del files["b/2.png"]
    dataset = ingest(workspace, upload("pairs.zip", zipped(files | {"pairs.csv": as_csv(content)})))
    assert list(dataset.fields) == ["image", "image_2"]
    assert dataset.fields["image_2"].present is not None
    assert not dataset.fields["image_2"].present[2]
    assert dataset.fields["image_2"].meta["column"] == "after"
    assert any("1 named files are not in the upload (first: 'b/2.png', row 3)" in note for note in dataset.notes)


def test_a_folder_of_pairs_is_read_like_a_zip(workspace: Workspace, tmp_path: Path) -> None:
    for name, content in (PICTURES | {"metadata.jsonl": as_jsonl(rows())}).items():
        path = tmp_path / "upload" / "deep" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    dataset = ingest(workspace, uploads_at(tmp_path / "upload"))
    assert list(dataset.fields) == ["image", "text", "table"]
    assert dataset.fields["image"].present is not None
    assert dataset.fields["image"].present.sum() == N - 1


def test_an_empty_row_is_left_out(workspace: Workspace) -> None:
    content = [*rows()[:12], dict.fromkeys(rows()[0], ""), *rows()[12:]]
    dataset = ingest(workspace, upload("pairs.zip", zipped(PICTURES | {"metadata.csv": as_csv(content)})))
    assert dataset.n == N
    assert any("1 rows without any file, text or number were left out" in note for note in dataset.notes)


def test_a_path_outside_the_upload_is_refused(workspace: Workspace) -> None:
    content = rows()
    content[7]["file_name"] = "../../etc/passwd"
    with pytest.raises(UploadRejected, match="leads out of the upload") as refusal:
        ingest(workspace, upload("pairs.zip", zipped(PICTURES | {"metadata.csv": as_csv(content)})))
    assert refusal.value.where == "metadata.csv, row 8"


def test_a_manifest_of_labels_alone_makes_no_pairs(workspace: Workspace) -> None:
    content = [{"file_name": row["file_name"], "label": row["label"]} for row in rows()]
    dataset = ingest(workspace, upload("pairs.zip", zipped(PICTURES | {"metadata.csv": as_csv(content)})))
    assert list(dataset.fields) == ["image"]
    assert dataset.label_names == ["flat", "tall"]
