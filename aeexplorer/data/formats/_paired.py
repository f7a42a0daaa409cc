"""What becomes of rows whose columns are files, texts and numbers: a field each."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._columns_of_pairs import Manifest, there
from aeexplorer.data.formats._pairing import Side
from aeexplorer.data.formats._texts import Texts, store_texts
from aeexplorer.data.readers.columns import described, encoded
from aeexplorer.data.texts import Cleaning
from aeexplorer.data.uploads.options import Guess, IngestOptions, PairOptions
from aeexplorer.data.uploads.staged import Staging, beside

_TEXT_CHOICES = ("text.tokens", "text.text_length", "text.vocabulary")


def guess_of(found: Manifest, kind: str) -> Guess:
    """What the rows look like; `kind` is what such an upload is called."""
    chosen, label, columns = found.suggested()
    parts = [(name, column.format.inspect([m for m in column.members if m is not None])) for name, column in found.files.items()]
    choices = [choice for _, guess in parts for choice in guess.choices if choice != "label_column"]
    return Guess(
        kind=f"{kind} (" + ", ".join([*(f"{name}: {guess.kind}" for name, guess in parts), *_said(chosen)]) + ")",
        choices=(
            *("pairs.file_columns", "pairs.caption_columns", "pairs.number_columns", "label_column"),
            *dict.fromkeys([*choices, *(_TEXT_CHOICES if chosen.caption_columns else ())]),
        ),
        n=found.n,
        columns=columns,
        sizes=next((guess.sizes for _, guess in parts if guess.sizes), ()),
        notes=tuple(_notes(found)),
        options=IngestOptions(label_column=label or None, pairs=chosen),
    )


def store(found: Manifest, options: IngestOptions, staging: Staging) -> None:
    """Write a field for each column that is one, and the rows."""
    chosen, label, _ = found.suggested()
    if options.pairs != PairOptions():
        chosen = options.pairs
    if options.label_column is not None:
        label = options.label_column
    _check(found, chosen, label)
    for sentence in _notes(found):
        staging.note(sentence)
    _Store(found, chosen, label, options, staging).write()


class _Store:
    """Writes the fields one after another."""

    def __init__(self, found: Manifest, chosen: PairOptions, label: str, options: IngestOptions, staging: Staging) -> None:
        cleaning = Cleaning()
        self.found, self.chosen, self.label, self.options, self.staging = found, chosen, label, options, staging
        self.texts = {name: found.values(name).to_pylist() for name in chosen.caption_columns}
        self.present = {name: there(found.files[name]) for name in chosen.file_columns}
        self.present |= {name: np.array([bool(cleaning(t or "")) for t in texts]) for name, texts in self.texts.items()}
        numbers = [encoded(found.columns[name], found.values(name), ".") for name in chosen.number_columns]
        self.numbers = np.stack(numbers, 1).astype(np.float32) if numbers else np.empty((found.n, 0), np.float32)
        sides = [*self.present.values(), *([~np.isnan(self.numbers).all(1)] if numbers else [])]
        known = np.any(sides, axis=0)
        self.kept: list[int] = np.flatnonzero(known).tolist()
        if len(self.kept) < len(known):
            staging.note(f"{len(known) - len(self.kept):,} rows name no file and say nothing; they were left out")
        self.taken: list[str] = []
        self.done, self.steps = 0, len(self.present) + 1

    def write(self) -> None:
        for name in self.chosen.file_columns:
            column = self.found.files[name]
            members = [m for m in (column.members[i] for i in self.kept) if m is not None]
            options = self.options.replace({"label_column": "", "text.text_unit": "file"})
            column.format.read(members, options, self._side(name))
        for name in self.chosen.caption_columns:
            texts = [text for text in (self.texts[name][i] for i in self.kept) if text]
            batch = Texts(texts, pa.table({"source": texts}))
            store_texts(lambda batch=batch: iter([batch]), self.found.member, self.options.text, self._side(name))  # type: ignore[misc]
        if self.chosen.number_columns:
            self._write_numbers()
        self.staging.rows(self._rows())

    def _side(self, name: str) -> Side:
        done, self.done = self.done, self.done + 1
        present = self.present[name][self.kept]
        if not present.all():
            self.staging.note(f"{(~present).sum():,} of {len(present):,} samples have no {name}")

        def progress(share: float, text: str) -> None:
            self.staging.progress((done + share) / self.steps, text)

        return Side(self.staging, name, present, self.taken, progress)

    def _write_numbers(self) -> None:
        values = self.numbers[self.kept]
        meta = {"columns": [described(self.found.columns[name]) for name in self.chosen.number_columns]}
        with self.staging.array("table", "tabular", values.shape, "float32", meta) as out:
            out.append(values)
        self.staging.present("table", np.logical_not(np.isnan(values).all(1)))

    def _rows(self) -> pa.Table:
        found, kept = self.found, self.kept
        taken = {"id", "source", "label"}
        first = [
            next((m.name for m in (c.members[i] for c in found.files.values()) if m is not None), f"row {i + 1}") for i in kept
        ]
        columns = {"source": pa.array(first, pa.string())}
        if self.label:
            columns["label"] = found.values(self.label).take(pa.array(kept))
        for name in found.names:
            values = found.values(name).take(pa.array(kept))
            if name not in (self.label, *self.chosen.number_columns) and values.null_count < len(values):
                columns[beside(name, taken)] = values
        return pa.table(columns)


def _check(found: Manifest, chosen: PairOptions, label: str) -> None:
    """Refuse columns that are not there, or are not what they are chosen as."""
    fine = {
        "names no files": (chosen.file_columns, lambda name: name in found.files),
        "is no column of texts": (chosen.caption_columns, lambda name: name in found.columns),
        "cannot be learned as numbers or categories": (
            chosen.number_columns,
            lambda name: name in found.columns and found.columns[name].kind in ("numeric", "categorical", "date"),
        ),
    }
    for name in (*chosen.file_columns, *chosen.caption_columns, *chosen.number_columns, *([label] if label else [])):
        if name not in found.names:
            raise found.member.rejected(f"it has no column {name!r}", f"Choose among {', '.join(found.names[:12])}")
    for reason, (names, fits) in fine.items():
        wrong = next((name for name in names if not fits(name)), None)
        if wrong is not None:
            raise found.member.rejected(f"it {reason}", "Leave it out", f"column {wrong!r}")


def _said(chosen: PairOptions) -> list[str]:
    count = len(chosen.number_columns)
    return [*(f"{name}: texts" for name in chosen.caption_columns), *([f"a table of {count}"] if count else [])]


def _notes(found: Manifest) -> list[str]:
    notes = list(found.notes)
    for name, column in found.files.items():
        if column.lost:
            row, value = column.lost[0]
            notes.append(
                f"column {name!r}: {len(column.lost):,} files that are named are not in the upload (first: {value!r}, row {row})"
            )
    if found.others:
        some = ", ".join(m.name for m in found.others[:3])
        notes.append(f"{len(found.others):,} files that no row names were left out ({some})")
    return notes
