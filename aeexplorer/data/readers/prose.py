"""Text files: which of them are prose and not a table, how they are encoded, and their lines as a stream."""

import codecs
import io
import re
from collections.abc import Iterator
from functools import cache

import numpy as np

from aeexplorer.data.uploads.members import Member

LONGEST = 1 << 20
"""Characters of a line or a paragraph at most."""
_SUFFIXES = (".txt", ".text", ".md")
_START = 1 << 18
_PIECE = 4 << 20
_CONTROLS = 0.01  # a larger share of control bytes is no text
_WORDS = 2.0  # a table's cells have fewer on average
_LINES_OF_A_PARAGRAPH = 12
_NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")
_IS_CONTROL = np.isin(np.arange(256), [*range(9), *range(14, 27), *range(28, 32), 127])


@cache
def is_prose(member: Member) -> bool:
    """Whether a plain file reads as sentences, and not as rows of a table."""
    if member.kind or member.suffix not in _SUFFIXES:
        return False
    lines = [line for line in _start(member).splitlines()[:40] if line.strip()]
    return not any(_is_table(lines, separator) for separator in ",;\t|")


def _is_table(lines: list[str], separator: str) -> bool:
    widths = {line.count(separator) for line in lines}
    if len(widths) != 1 or widths == {0}:
        return False
    cells = [cell for line in lines[1:] or lines for cell in line.split(separator)]
    numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in cells)
    return numbers >= len(cells) / 2 or sum(len(cell.split()) for cell in cells) < _WORDS * len(cells)


def by_paragraphs(member: Member) -> bool:
    """Whether blank lines divide a file into blocks of a few lines each."""
    blocks = [block for block in re.split(r"\n\s*\n", _start(member).replace("\r\n", "\n").strip()) if block.strip()]
    lines = sum(block.count("\n") + 1 for block in blocks)
    return len(blocks) > 1 and 1 < lines / len(blocks) <= _LINES_OF_A_PARAGRAPH


def _start(member: Member) -> str:
    with member.open() as source:
        content = source.read(_START)
    return content.decode("utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig", "replace")


class Prose:
    """A text file.

    Parameters
    ----------
    member
        The file; refused when it is no text.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.notes: list[str] = []
        self._encoding, self._errors = self._scan()

    def lines(self) -> Iterator[tuple[int, str]]:
        """Number, from 1 on, and text of each line, its end left out; refuses one that is too long."""
        with self.member.open() as source:
            stream = io.TextIOWrapper(source, self._encoding, self._errors)
            number = 0
            while line := stream.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise self.too_long(f"line {number}", "line")
                yield number, line.rstrip("\n")

    def paragraphs(self) -> Iterator[tuple[int, str]]:
        """Number of the first line and text of each block between blank lines; refuses one that is too long."""
        first, block, size = 0, list[str](), 0
        for number, line in self.lines():
            if line.strip():
                first = first if block else number
                block.append(line)
                size += len(line) + 1
                if size > LONGEST:
                    raise self.too_long(f"line {first}", "paragraph")
            elif block:
                yield first, "\n".join(block)
                block, size = [], 0
        if block:
            yield first, "\n".join(block)

    def whole(self) -> str:
        """All of it; refused when it is too long."""
        if self.member.size > 4 * LONGEST:
            raise self.too_long("", "file")
        return "\n".join(line for _, line in self.lines())

    def too_long(self, where: str, unit: str) -> Exception:
        """The refusal of a text that is too long."""
        reason = f"a {unit} of it is longer than {LONGEST:,} characters" if where else "it is too long for one text"
        return self.member.rejected(reason, "Break it into lines or paragraphs, each of which is one text", where)

    def _scan(self) -> tuple[str, str]:
        """Encoding and what to do with errors, after a look at every byte; refuses what is no text."""
        decoders: dict[str, codecs.IncrementalDecoder]
        decoders = {errors: codecs.getincrementaldecoder("utf-8")(errors) for errors in ("strict", "surrogatepass")}
        controls, lines, first = 0, 1, True
        with self.member.open() as source:
            while piece := source.read(_PIECE):
                if first and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    self.notes.append("the text was converted from UTF-16")
                    return "utf-16", "replace"
                first = False
                at = piece.find(b"\0")
                if at >= 0:
                    line = lines + piece.count(b"\n", 0, at)
                    reason = "it holds NUL bytes, so it is no text"
                    raise self.member.rejected(reason, "Save it as plain text in UTF-8", f"line {line}")
                controls += int(_IS_CONTROL[np.frombuffer(piece, np.uint8)].sum())
                lines += piece.count(b"\n")
                self._try(decoders, piece)
        self._try(decoders, b"", final=True)
        if controls > _CONTROLS * self.member.size:
            raise self.member.rejected("it is full of control characters, so it is no text", "Save it as plain text in UTF-8")
        if decoders:
            return "utf-8-sig" if "strict" in decoders else "utf-8", next(iter(decoders))
        self.notes.append("the text is not UTF-8; it was read as Windows-1252 (Latin-1)")
        return "cp1252", "replace"

    @staticmethod
    def _try(decoders: dict[str, codecs.IncrementalDecoder], piece: bytes, final: bool = False) -> None:
        """Leave out those that cannot go on."""
        for errors in list(decoders):
            try:
                decoders[errors].decode(piece, final)
            except UnicodeDecodeError:
                del decoders[errors]
