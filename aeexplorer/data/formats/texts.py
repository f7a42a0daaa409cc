"""Plain text files, with one line, one paragraph or one file per sample."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import pyarrow as pa

from aeexplorer.data.formats._text_field import BATCH_CHARACTERS, BATCH_TEXTS, TextBatch, TextSource, store_texts
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.text_file import TextFile, has_paragraphs, is_prose
from aeexplorer.data.uploads.given_split import FOLDER_COLUMN, split_by_folders, split_column, split_note
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, TextOptions
from aeexplorer.data.uploads.staged import Staging

_FEW_FILES = 20  # up to this number, each line or paragraph of a file is a text; beyond, each file is one
_INSPECTED_TEXTS = 100_000
_EXAMPLE_CHARACTERS = 120


class Texts(Format):
    """Texts → token ids, uint16 ``(n, length)``, or weights of words, float32 ``(n, words)``."""

    name = "texts"
    one_sample_per_file = True
    reads = "plain text (.txt), one text per line, paragraph or file"

    def claims(self, member: Member) -> bool:
        return is_prose(member)

    def inspect(self, members: Sequence[Member]) -> Guess:
        unit = _choose_unit(members, TextOptions())
        files = [TextFile(member) for member in members[: _INSPECTED_TEXTS if unit != "file" else _FEW_FILES]]
        texts = list(islice((text for _, text in _texts(files, unit) if text.strip()), _INSPECTED_TEXTS + 1))
        if not texts:
            raise members[0].rejected("the file contains no text", "Write one text per line")
        count = len(members) if unit == "file" else len(texts)
        labels = _folder_names(members) if unit == "file" else None
        split = split_by_folders(members)[0] if unit == "file" else None
        given = [split_note(FOLDER_COLUMN, split)] if split is not None else []
        example = f"the first text: “{' '.join(texts[0].split())[:_EXAMPLE_CHARACTERS]}”"
        return Guess(
            kind=f"texts, one per {unit}",
            choices=("text.text_unit", "text.tokens", "text.text_length", "text.vocabulary", *(["keep_split"] if given else [])),
            n=count if unit == "file" or count <= _INSPECTED_TEXTS else None,
            labels={label: labels.count(label) for label in sorted(set(labels))[:100]} if labels else {},
            notes=(*(note for file in files for note in file.notes), *given, example),
            options=IngestOptions().replace({"text.text_unit": unit}),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        unit = _choose_unit(members, options.text)
        files = [TextFile(member) for member in members]
        for note in dict.fromkeys(note for file in files for note in file.notes):
            staging.note(note)
        labels = _folder_names(members) if unit == "file" and options.label_column != "" else None
        split = split_by_folders(members)[0] if unit == "file" else None
        columns = {"label": pa.array(labels, pa.string())} if labels else {}
        columns |= {FOLDER_COLUMN: split_column(split)} if split is not None else {}
        store_texts(_source(files, unit, columns), members[0], options, staging)
        staging.note(f"each {unit} is one sample")


def _choose_unit(members: Sequence[Member], options: TextOptions) -> str:
    """Return what one text is: ``line``, ``paragraph`` or ``file``."""
    if options.text_unit != "auto":
        return options.text_unit
    if len(members) > _FEW_FILES:
        return "file"
    return "paragraph" if has_paragraphs(members[0]) else "line"


def _texts(files: Sequence[TextFile], unit: str) -> Iterator[tuple[str, str]]:
    """Yield place and content of each text; blank lines are skipped."""
    for file in files:
        if unit == "file":
            yield file.member.name, file.read()
            continue
        prefix = f"{file.member.name}, " if len(files) > 1 else ""
        texts = file.paragraphs() if unit == "paragraph" else file.lines()
        yield from ((f"{prefix}line {number}", text) for number, text in texts if text.strip())


def _source(files: Sequence[TextFile], unit: str, columns: Mapping[str, pa.Array]) -> TextSource:
    """Return the texts of files; `columns` have a row for each file, if a file is one text."""

    def batches() -> Iterator[TextBatch]:
        texts, places, size, done = list[str](), list[str](), 0, 0

        def make_batch() -> TextBatch:
            rows = {name: values.slice(done, len(texts)) for name, values in columns.items()}
            return TextBatch(texts, pa.table({"source": pa.array(places, pa.string()), **rows}))

        for place, text in _texts(files, unit):
            texts.append(text)
            places.append(place)
            size += len(text)
            if len(texts) >= BATCH_TEXTS or size >= BATCH_CHARACTERS:
                yield make_batch()
                done += len(texts)
                texts, places, size = [], [], 0
        if texts:
            yield make_batch()

    return batches


def _folder_names(members: Sequence[Member]) -> list[str] | None:
    """Return the name of each file's folder, or None if all files have the same folder. A folder of the split does not count."""
    folders = [parents[-1] if parents else "" for parents in split_by_folders(members)[1]]
    return folders if len(set(folders)) > 1 else None
