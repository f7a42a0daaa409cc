"""Reader of plain text files: tells prose from tables, finds the encoding, and yields lines or paragraphs."""

import codecs
import io
import re
from collections.abc import Iterator
from functools import cache

import numpy as np

from aeexplorer.data.uploads.legacy_text import guess_legacy_encoding
from aeexplorer.data.uploads.members import Member

MAX_CHARACTERS = 1 << 20
"""Characters of a line, a paragraph or a whole text at most."""
_SUFFIXES = (".txt", ".text", ".md")
_START_BYTES = 1 << 18
_BLOCK_BYTES = 4 << 20
_MAX_CONTROL_SHARE = 0.01  # of the bytes of a text
_MIN_PROSE_WORDS = 2.0  # per cell on average; the cells of a table have fewer
_MAX_PARAGRAPH_LINES = 12  # on average
_NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")
_IS_CONTROL = np.isin(np.arange(256), [*range(9), *range(14, 27), *range(28, 32), 127])


@cache
def is_prose(member: Member) -> bool:
    """Return whether a plain text file holds sentences rather than rows of a table."""
    if member.kind or member.suffix not in _SUFFIXES:
        return False
    lines = [line for line in _read_start(member).splitlines()[:40] if line.strip()]
    return not any(_is_table(lines, separator) for separator in ",;\t|")


def _is_table(lines: list[str], separator: str) -> bool:
    widths = {line.count(separator) for line in lines}
    if len(widths) != 1 or widths == {0}:
        return False
    cells = [cell for line in lines[1:] or lines for cell in line.split(separator)]
    numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in cells)
    return numbers >= len(cells) / 2 or sum(len(cell.split()) for cell in cells) < _MIN_PROSE_WORDS * len(cells)


def has_paragraphs(member: Member) -> bool:
    """Return whether blank lines divide a file into paragraphs of a few lines each."""
    blocks = [block for block in re.split(r"\n\s*\n", _read_start(member).replace("\r\n", "\n").strip()) if block.strip()]
    lines = sum(block.count("\n") + 1 for block in blocks)
    return len(blocks) > 1 and 1 < lines / len(blocks) <= _MAX_PARAGRAPH_LINES


def _read_start(member: Member) -> str:
    with member.open() as source:
        content = source.read(_START_BYTES)
    return content.decode("utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig", "replace")


class TextFile:
    """A plain text file.

    Parameters
    ----------
    member
        The file.

    Raises
    ------
    UploadRejected
        If the file is not text.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.notes: list[str] = []
        self._encoding, self._errors = self._detect_encoding()

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield number (from 1) and text of each line, without line ends; refuse a line that is too long."""
        with self.member.open() as source:
            stream = io.TextIOWrapper(source, self._encoding, self._errors)
            number = 0
            while line := stream.readline(MAX_CHARACTERS + 1):
                number += 1
                if len(line) > MAX_CHARACTERS:
                    raise self._too_long(f"line {number}", "line")
                yield number, line.rstrip("\n")

    def paragraphs(self) -> Iterator[tuple[int, str]]:
        """Yield first line number and text of each block between blank lines; refuse a block that is too long."""
        first, block, size = 0, list[str](), 0
        for number, line in self.lines():
            if line.strip():
                first = first if block else number
                block.append(line)
                size += len(line) + 1
                if size > MAX_CHARACTERS:
                    raise self._too_long(f"line {first}", "paragraph")
            elif block:
                yield first, "\n".join(block)
                block, size = [], 0
        if block:
            yield first, "\n".join(block)

    def read(self) -> str:
        """Read the whole text; refuse a file that is too long for one text."""
        if self.member.size > 4 * MAX_CHARACTERS:
            raise self._too_long("", "file")
        return "\n".join(line for _, line in self.lines())

    def decode(self, content: bytes) -> str:
        """Decode bytes from the beginning of the file, or all its bytes."""
        return content.decode(self._encoding, "replace" if self._errors == "strict" else self._errors)

    def _too_long(self, where: str, unit: str) -> Exception:
        reason = f"the {unit} is longer than {MAX_CHARACTERS:,} characters" if where else "the file is too long for one text"
        return self.member.rejected(reason, "Break it into lines or paragraphs, one per text", where)

    def _detect_encoding(self) -> tuple[str, str]:
        """Scan all bytes and return encoding and error handler; refuse a file that is not text."""
        decoders: dict[str, codecs.IncrementalDecoder]
        decoders = {errors: codecs.getincrementaldecoder("utf-8")(errors) for errors in ("strict", "surrogatepass")}
        controls, line, is_first = 0, 1, True
        with self.member.open() as source:
            while block := source.read(_BLOCK_BYTES):
                if is_first and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    self.notes.append("the text was converted from UTF-16")
                    return "utf-16", "replace"
                is_first = False
                nul = block.find(b"\0")
                if nul >= 0:
                    line += block.count(b"\n", 0, nul)
                    reason = "the file is not text: it contains NUL bytes"
                    raise self.member.rejected(reason, "Save it as plain text in UTF-8", f"line {line}")
                controls += int(_IS_CONTROL[np.frombuffer(block, np.uint8)].sum())
                line += block.count(b"\n")
                self._drop_failing(decoders, block)
        self._drop_failing(decoders, b"", final=True)
        if controls > _MAX_CONTROL_SHARE * self.member.size:
            reason = "the file is not text: it contains many control characters"
            raise self.member.rejected(reason, "Save it as plain text in UTF-8")
        if decoders:
            return "utf-8-sig" if "strict" in decoders else "utf-8", next(iter(decoders))
        encoding, note = guess_legacy_encoding(self.member)
        self.notes.append(note)
        return encoding, "replace"

    @staticmethod
    def _drop_failing(decoders: dict[str, codecs.IncrementalDecoder], block: bytes, final: bool = False) -> None:
        """Remove the decoders that cannot decode the next block."""
        for errors in list(decoders):
            try:
                decoders[errors].decode(block, final)
            except UnicodeDecodeError:
                del decoders[errors]
