"""Conversion of a table of pairs to fields: one per column of files or texts, and one for the numbers together."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._pair_staging import ColumnStaging
from aeexplorer.data.formats._pair_table import PairTable
from aeexplorer.data.formats._table_plan import column_notes
from aeexplorer.data.formats._text_field import TextBatch, store_texts
from aeexplorer.data.readers.cells.table import READING_CHOICES
from aeexplorer.data.readers.encoding import describe, encode
from aeexplorer.data.texts import TextCleaner
from aeexplorer.data.uploads.division import training_mask
from aeexplorer.data.uploads.options import Guess, IngestOptions, PairOptions
from aeexplorer.data.uploads.staged import Staging, composed, unique_column_name

_TEXT_CHOICES = ("text.tokens", "text.text_length", "text.vocabulary")


def guess_pairs(table: PairTable, kind: str) -> Guess:
    """Describe a table of pairs and suggest options; `kind` names such an upload for users."""
    options, label, columns = table.suggest()
    guesses = {name: column.format.inspect([m for m in column.members if m is not None]) for name, column in table.files.items()}
    choices = [choice for guess in guesses.values() for choice in guess.choices if choice != "label_column"]
    parts = [
        *(f"{name}: {guess.kind}" for name, guess in guesses.items()),
        *(f"{name}: texts" for name in options.caption_columns),
        *([f"a table of {len(options.number_columns)}"] if options.number_columns else []),
    ]
    return Guess(
        kind=f"{kind} ({', '.join(parts)})",
        choices=(
            *("pairs.file_columns", "pairs.caption_columns", "pairs.number_columns", "label_column"),
            *dict.fromkeys([*choices, *(_TEXT_CHOICES if options.caption_columns else ())]),
        ),
        reading_choices=READING_CHOICES[:2],
        n=table.n,
        columns=columns,
        sizes=next((guess.sizes for guess in guesses.values() if guess.sizes), ()),
        notes=tuple(_notes(table)),
        options=IngestOptions(label_column=label or None, pairs=options),
    )


def store_pairs(table: PairTable, options: IngestOptions, staging: Staging) -> None:
    """Store the fields and the rows of a table of pairs.

    Raises
    ------
    UploadRejected
        If a chosen column is absent or unsuitable. Also raises the errors of the formats of the files.
    """
    chosen, label, _ = table.suggest()
    if options.pairs != PairOptions():
        chosen = options.pairs
    if options.label_column is not None:
        label = options.label_column
    _check_columns(table, chosen, label)
    for sentence in _notes(table):
        staging.note(sentence)
    _PairWriter(table, chosen, label, options, staging).write()


class _PairWriter:
    """Writes the fields of a table of pairs one after another."""

    def __init__(self, table: PairTable, chosen: PairOptions, label: str, options: IngestOptions, staging: Staging) -> None:
        self.table, self.chosen, self.label, self.options, self.staging = table, chosen, label, options, staging
        # which rows have a value, by column
        cleaning = TextCleaner()
        self.texts = {name: table.texts[name].to_pylist() for name in chosen.caption_columns}
        self.present = {name: table.files[name].present for name in chosen.file_columns}
        self.present |= {name: np.array([bool(cleaning(t or "")) for t in texts]) for name, texts in self.texts.items()}
        numbers = [encode(table.columns[name], table.texts[name], ".") for name in chosen.number_columns]
        self.numbers = np.stack(numbers, 1).astype(np.float32) if numbers else np.empty((table.n, 0), np.float32)
        # rows with any value become samples
        has_value = np.any([*self.present.values(), *([~np.isnan(self.numbers).all(1)] if numbers else [])], axis=0)
        self.rows: list[int] = np.flatnonzero(has_value).tolist()
        if len(self.rows) < len(has_value):
            staging.note(f"{len(has_value) - len(self.rows):,} rows without any file, text or number were left out")
        self.field_names: list[str] = []
        self.done, self.steps = 0, len(self.present) + 1

    def write(self) -> None:
        """Write all fields, then the rows of the table."""
        for name in self.chosen.file_columns:
            column = self.table.files[name]
            members = [m for m in (column.members[i] for i in self.rows) if m is not None]
            options = self.options.replace({"label_column": "", "text.text_unit": "file"})
            column.format.read(members, options, self._column_staging(name))
        training = training_mask(composed(self._sample_table()), self.options)
        for name in self.chosen.caption_columns:
            texts = [text for text in (self.texts[name][i] for i in self.rows) if text]
            batch = TextBatch(texts, pa.table({"source": texts}))
            of_texts = training[self.present[name][self.rows]]
            staging = self._column_staging(name)
            store_texts(lambda batch=batch: iter([batch]), self.table.member, self.options, staging, of_texts)  # type: ignore[misc]
        if self.chosen.number_columns:
            self._write_numbers()
        self.staging.rows(self._sample_table())

    def _column_staging(self, name: str) -> ColumnStaging:
        done, self.done = self.done, self.done + 1
        present = self.present[name][self.rows]
        if not present.all():
            self.staging.note(f"{(~present).sum():,} of {len(present):,} samples have no {name}")

        def progress(share: float, text: str) -> None:
            self.staging.progress((done + share) / self.steps, text)

        return ColumnStaging(self.staging, name, present, self.field_names, progress)

    def _write_numbers(self) -> None:
        values = self.numbers[self.rows]
        columns = [self.table.columns[name] for name in self.chosen.number_columns]
        meta = {"columns": [describe(c) for c in columns]}
        for sentence in (sentence for c in columns for sentence in column_notes(c)):
            self.staging.note(sentence)
        with self.staging.array("table", "tabular", values.shape, "float32", meta) as out:
            out.append(values)
        self.staging.present("table", np.logical_not(np.isnan(values).all(1)))

    def _sample_table(self) -> pa.Table:
        table, rows = self.table, self.rows
        taken = {"id", "source", "label"}
        sources = [
            next((m.name for m in (c.members[i] for c in table.files.values()) if m is not None), f"row {i + 1}") for i in rows
        ]
        columns = {"source": pa.array(sources, pa.string())}
        if self.label:
            columns["label"] = table.texts[self.label].take(pa.array(rows))
        for name in table.names:
            values = table.texts[name].take(pa.array(rows))
            is_learned = name in self.chosen.number_columns
            is_exact = name == self.label or (is_learned and not table.columns[name].loses_digits)
            if not is_exact and values.null_count < len(values):
                columns[unique_column_name(f"{name} (exact)" if is_learned else name, taken)] = values
        return pa.table(columns)


def _check_columns(table: PairTable, chosen: PairOptions, label: str) -> None:
    """Refuse chosen columns that are absent or unsuitable."""
    for name in (*chosen.file_columns, *chosen.caption_columns, *chosen.number_columns, *([label] if label else [])):
        if name not in table.names:
            raise table.member.rejected(f"the table has no column {name!r}", f"Choose one of {', '.join(table.names[:12])}")
    requirements = {
        "the column names no files": (chosen.file_columns, lambda name: name in table.files),
        "the column does not hold texts": (chosen.caption_columns, lambda name: name in table.columns),
        "the column cannot be learned as numbers or categories": (
            chosen.number_columns,
            lambda name: name in table.columns and table.columns[name].kind in ("numeric", "categorical", "date"),
        ),
    }
    for reason, (names, fits) in requirements.items():
        unsuitable = next((name for name in names if not fits(name)), None)
        if unsuitable is not None:
            raise table.member.rejected(reason, "Do not choose it for this purpose", f"column {unsuitable!r}")


def _notes(table: PairTable) -> list[str]:
    notes = list(table.notes)
    for name, column in table.files.items():
        if column.absent:
            row, value = column.absent[0]
            first = f"first: {value!r}, row {row}"
            notes.append(f"column {name!r}: {len(column.absent):,} named files are not in the upload ({first})")
    if table.leftover:
        names = ", ".join(m.name for m in table.leftover[:3])
        notes.append(f"{len(table.leftover):,} files that no row names were left out ({names})")
    return notes
