"""Texts from plain files and from columns of tables."""

import csv
import io
import itertools
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from aeexplorer.data.texts import END, decode_text
from tests.data.making import upload, zipped

WHERE = ("under the old bridge", "near a quiet river", "behind the tall house")
LINES = [f"the {who} {what} {place}" for place in WHERE for who in ("fox", "dog", "cat") for what in ("sleeps", "runs", "hides")]
LABELS = [("fox", "dog", "cat")[i // 3 % 3] for i in range(len(LINES))]


def texts(dataset: Dataset) -> list[str]:
    field = dataset.main_field
    assert field.modality == "text"
    return [decode_text(row, field.meta["tokens"]) for row in field.array]


def chosen(**options: object) -> IngestOptions:
    return IngestOptions().replace({f"text.{name}": value for name, value in options.items()})


def test_each_line_is_a_text(workspace: Workspace) -> None:
    content = "\r\n".join([*LINES[:9], "", *LINES[9:]]).encode()
    guess = inspect(upload("lines.txt", content))
    assert (guess.kind, guess.n) == ("texts, one per line", len(LINES))
    assert any(LINES[0] in note for note in guess.notes)
    dataset = ingest(workspace, upload("lines.txt", content), guess.options)
    assert texts(dataset) == LINES
    assert dataset.main_field.dtype == "uint16"
    assert (dataset.main_field.array == END).sum(1).tolist() == [1] * len(LINES)
    assert dataset.table["source"][9].as_py() == "line 11"


def test_blank_lines_separate_paragraphs(workspace: Workspace) -> None:
    blocks = [f"{a},\n{b}." for a, b in itertools.pairwise(LINES)]
    content = "\n \n".join(blocks).encode()
    assert inspect(upload("verse.txt", content)).options.text.text_unit == "paragraph"
    dataset = ingest(workspace, upload("verse.txt", content))
    assert texts(dataset) == [block.replace("\n", " ") for block in blocks]
    assert dataset.table["source"][1].as_py() == "line 4"
    assert ingest(workspace, upload("verse.txt", content), chosen(text_unit="line")).n == 2 * len(blocks)


def test_each_of_many_files_is_a_text_with_its_folder_as_label(workspace: Workspace) -> None:
    members = {f"{label}/{i}.txt": line.encode() for i, (line, label) in enumerate(zip(LINES, LABELS, strict=True))}
    dataset = ingest(workspace, upload("mail.zip", zipped(members)))
    assert texts(dataset) == LINES
    assert dataset.table["label"].to_pylist() == LABELS
    assert dataset.table["source"][3].as_py() == "dog/3.txt"


def test_a_few_files_are_read_line_by_line(workspace: Workspace) -> None:
    dataset = ingest(workspace, [Upload(f"{i}.txt", "\n".join(LINES[i::2]).encode()) for i in range(2)])
    assert texts(dataset) == [*LINES[::2], *LINES[1::2]]
    assert dataset.table["source"][len(LINES) - 1].as_py() == "1.txt, line 13"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_other_encodings_are_read_and_noted(workspace: Workspace, encoding: str) -> None:
    # more than once, so that the training split, from which the vocabulary is learned, has its characters too
    content = "\n".join([*LINES, *["un café très frais"] * 6]).encode(encoding)
    dataset = ingest(workspace, upload("l.txt", content), chosen(tokens="characters"))
    assert texts(dataset)[-1] == "un café très frais"
    assert any("converted from UTF-16" in note or "Windows-1252" in note for note in dataset.notes) == (encoding != "utf-8-sig")


def test_texts_can_be_cut_into_characters(workspace: Workspace) -> None:
    dataset = ingest(workspace, upload("l.txt", "\n".join(LINES).encode()), chosen(tokens="characters", text_length=12))
    assert dataset.main_field.shape == (12,)
    assert texts(dataset)[0] == LINES[0][:12]
    assert any(f"{len(LINES)} of {len(LINES)} texts are longer than 11 characters" in note for note in dataset.notes)


@pytest.mark.parametrize("kind", ["bag_of_words", "tf_idf"])
def test_bags_of_words_equal_those_of_scikit_learn(workspace: Workspace, kind: str) -> None:
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    dataset = ingest(workspace, upload("l.txt", "\n".join(LINES).encode()), chosen(tokens=kind, vocabulary=64))
    reference = TfidfVectorizer(sublinear_tf=True) if kind == "tf_idf" else CountVectorizer(binary=True)
    reference.fit([LINES[i] for i in dataset.ids("train")])
    expected = reference.transform(LINES).toarray()
    field = dataset.main_field
    assert (field.modality, field.meta["tokens"]) == ("bag_of_words", reference.get_feature_names_out().tolist())
    np.testing.assert_allclose(field.array, expected, atol=1e-6)
    assert dataset.table["text"].to_pylist() == LINES


def as_csv(columns: dict[str, list[object]]) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(columns)
    rows.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode()


COLUMNS: dict[str, list[object]] = {"id": [f"r{i}" for i in range(27)], "review": [*LINES], "label": [*LABELS]}


def as_parquet(columns: dict[str, list[object]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def as_jsonl(columns: dict[str, list[object]]) -> bytes:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return "\n".join(json.dumps({**row, "tags": ["a"]}) for row in rows).encode()


@pytest.mark.parametrize(("name", "make"), [("r.csv", as_csv), ("r.parquet", as_parquet), ("r.jsonl", as_jsonl)])
def test_a_column_of_texts_is_recognised(workspace: Workspace, name: str, make: object) -> None:
    content = make(COLUMNS)  # type: ignore[operator]
    guess = inspect(upload(name, content))
    assert (guess.kind, guess.options.text.text_column, guess.options.label_column) == ("a table of texts", "review", "label")
    dataset = ingest(workspace, upload(name, content), guess.options)
    assert texts(dataset) == LINES
    assert dataset.label_names == ["cat", "dog", "fox"]
    assert dataset.table["id (file)"].to_pylist() == COLUMNS["id"]
    assert ingest(workspace, upload(name, content)).id == dataset.id


def test_a_table_with_numbers_stays_a_table_unless_its_texts_are_chosen(workspace: Workspace) -> None:
    content = as_csv({**COLUMNS, "stars": [i % 5 for i in range(27)], "length": [i * i % 11 for i in range(27)]})
    guess = inspect(upload("r.csv", content))
    assert (guess.kind, guess.options.text.text_column) == ("a table", "")
    assert "text.text_column" in guess.choices
    assert ingest(workspace, upload("r.csv", content), guess.options).main_field.modality == "tabular"
    dataset = ingest(workspace, upload("r.csv", content), guess.options.replace({"text.text_column": "review"}))
    assert texts(dataset) == LINES
    assert dataset.table["stars"].to_pylist() == [float(i % 5) for i in range(27)]


def test_rows_without_a_text_are_left_out(workspace: Workspace) -> None:
    with_gaps = [line if i % 9 else "" for i, line in enumerate(LINES)]
    dataset = ingest(workspace, upload("r.csv", as_csv({**COLUMNS, "review": [*with_gaps]})))
    assert texts(dataset) == [line for line in with_gaps if line]
    assert dataset.table["label"].to_pylist() == [label for line, label in zip(with_gaps, LABELS, strict=True) if line]
    assert any("3 rows without a text" in note for note in dataset.notes)


def test_a_table_of_numbers_may_be_jsonl(workspace: Workspace) -> None:
    content = as_jsonl({"a": [i % 7 for i in range(40)], "b": [i * i % 11 / 4 for i in range(40)], "c": ["x", "y"] * 20})
    dataset = ingest(workspace, upload("t.jsonl", content), IngestOptions(label_column=""))
    assert [c["name"] for c in dataset.main_field.meta["columns"]] == ["a", "b", "c"]
    assert dataset.main_field.array[3].tolist() == [3.0, 2.25, 1.0]
    assert any("'tags'" in note for note in dataset.notes)


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_text_file_of_numbers_is_a_table(workspace: Workspace, separator: str) -> None:
    rows = [f"{i % 7}{separator}{i * i % 11}" for i in range(40)]
    dataset = ingest(workspace, upload("t.txt", "\n".join([f"a{separator}b", *rows]).encode()))
    assert dataset.main_field.modality == "tabular"


def test_an_absent_text_column_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UploadRejected, match=r"no column 'body'.*Choose one of id, review, label"):
        ingest(workspace, upload("r.csv", as_csv(COLUMNS)), chosen(text_column="body"))
