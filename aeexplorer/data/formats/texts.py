"""Plain text files: a line or a paragraph a sample, or a file a sample."""

from collections.abc import Iterator, Sequence
from itertools import islice

import pyarrow as pa

from aeexplorer.data.formats._texts import BATCH, BATCH_CHARACTERS, Source, Texts, store_texts
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.prose import Prose, by_paragraphs, is_prose
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, TextOptions
from aeexplorer.data.uploads.staged import Staging

_FEW_FILES = 20  # no more are read line by line
_LOOKED_AT = 100_000
_SHOWN = 120


class TextFiles(Format):
    """Texts → uint16 ``(n, length)`` ids of tokens, or float32 ``(n, words)``."""

    name = "texts"
    one_each = True
    reads = "plain text (.txt), a text a line, a paragraph or a file"

    def claims(self, member: Member) -> bool:
        return is_prose(member)

    def inspect(self, members: Sequence[Member]) -> Guess:
        unit = _unit(members, TextOptions())
        files = [Prose(member) for member in members[: _LOOKED_AT if unit != "file" else _FEW_FILES]]
        found = list(islice((text for _, text in _each(files, unit) if text.strip()), _LOOKED_AT + 1))
        if not found:
            raise members[0].rejected("there is no text in it", "Give a text a line")
        count = len(members) if unit == "file" else len(found)
        labels = _folders(members) if unit == "file" else None
        return Guess(
            kind=f"texts, a {unit} each",
            choices=("text.text_unit", "text.tokens", "text.text_length", "text.vocabulary"),
            n=count if unit == "file" or count <= _LOOKED_AT else None,
            labels={label: labels.count(label) for label in sorted(set(labels))[:100]} if labels else {},
            notes=(*(note for file in files for note in file.notes), f"The first text: “{' '.join(found[0].split())[:_SHOWN]}”"),
            options=IngestOptions().replace({"text.text_unit": unit}),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        unit = _unit(members, options.text)
        files = [Prose(member) for member in members]
        for note in dict.fromkeys(note for file in files for note in file.notes):
            staging.note(note)
        labels = _folders(members) if unit == "file" and options.label_column != "" else None
        store_texts(_source(files, unit, labels), members[0], options.text, staging)
        staging.note(f"a sample is a {unit}")


def _unit(members: Sequence[Member], options: TextOptions) -> str:
    if options.text_unit != "auto":
        return options.text_unit
    if len(members) > _FEW_FILES:
        return "file"
    return "paragraph" if by_paragraphs(members[0]) else "line"


def _each(files: Sequence[Prose], unit: str) -> Iterator[tuple[str, str]]:
    """Where each text comes from, and the text; blank lines are none."""
    for file in files:
        if unit == "file":
            yield file.member.name, file.whole()
            continue
        before = f"{file.member.name}, " if len(files) > 1 else ""
        found = file.paragraphs() if unit == "paragraph" else file.lines()
        yield from ((f"{before}line {number}", text) for number, text in found if text.strip())


def _source(files: Sequence[Prose], unit: str, labels: Sequence[str] | None) -> Source:
    def batches() -> Iterator[Texts]:
        texts, places, size, done = list[str](), list[str](), 0, 0

        def batch() -> Texts:
            columns = {"source": pa.array(places, pa.string())}
            if labels is not None:
                columns["label"] = pa.array(labels[done : done + len(texts)], pa.string())
            return Texts(texts, pa.table(columns))

        for place, text in _each(files, unit):
            texts.append(text)
            places.append(place)
            size += len(text)
            if len(texts) >= BATCH or size >= BATCH_CHARACTERS:
                yield batch()
                done += len(texts)
                texts, places, size = [], [], 0
        if texts:
            yield batch()

    return batches


def _folders(members: Sequence[Member]) -> list[str] | None:
    """The name of each file's folder, where there are at least two."""
    names = [member.name.replace("\\", "/").split("/")[-2:-1] for member in members]
    folders = [name[0] if name else "" for name in names]
    return folders if len(set(folders)) > 1 else None
