"""Text of a CSV file in UTF-8 with uniform line ends."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import Any

from aeexplorer.data.uploads.legacy_text import guess_legacy_encoding
from aeexplorer.data.uploads.members import Member

BLOCK_BYTES = 4 << 20
_BOMS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MIN_NUL_SHARE = 0.3  # of the bytes on one side of UTF-16 without a byte order mark


class DelimitedText:
    """Text of a CSV file: of any usual encoding, with line ends LF, CR LF or CR, also mixed.

    Parameters
    ----------
    member
        The file. All its bytes are scanned once.

    Raises
    ------
    UploadRejected
        If the file is not text.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.notes: list[str] = []
        self.has_quotes = False
        """Whether there is a quotation mark in it."""
        self._encoding = self._detect_encoding()

    def blocks(self) -> Iterator[bytes]:
        """Yield the text in pieces of UTF-8, without a byte order mark, and with LF at the ends of lines."""
        decoder = codecs.getincrementaldecoder(self._encoding)("replace") if self._encoding != "utf-8" else None
        is_first, ends_with_return = True, False
        with self.member.open() as source:
            while block := source.read(BLOCK_BYTES):
                data = decoder.decode(block).encode("utf-8", "replace") if decoder else block
                if is_first:
                    data, is_first = data.removeprefix(codecs.BOM_UTF8), False
                if ends_with_return:  # a line end may lie across two blocks
                    data = b"\r" + data
                ends_with_return = data.endswith(b"\r")
                if ends_with_return:
                    data = data[:-1]
                yield data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
        if ends_with_return:
            yield b"\n"

    def start(self, size: int) -> str:
        """Return about the first `size` bytes as text."""
        parts, length = [], 0
        for block in self.blocks():
            parts.append(block)
            length += len(block)
            if length >= size:
                break
        return b"".join(parts)[:size].decode("utf-8", "ignore")

    def lines(self) -> Iterator[str]:
        """Yield the lines without their ends."""
        rest = b""
        for block in self.blocks():
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace")
        if rest:
            yield rest.decode("utf-8", "replace")

    def stream(self, skipped_lines: int, padded: str = "") -> io.BufferedReader:
        """Open the text as a binary stream that begins after some lines, without blanks between `padded` and a quotation mark."""
        blocks = self._skip(skipped_lines)
        return io.BufferedReader(_Stream(_without_padding(blocks, padded) if padded else blocks), BLOCK_BYTES)

    def _skip(self, n: int) -> Iterator[bytes]:
        for block in self.blocks():
            while n and block:
                _, end, block = block.partition(b"\n")
                n -= bool(end)
            if block:
                yield block

    def _detect_encoding(self) -> str:
        encoding, is_first = "utf-8", True
        decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8")()
        with self.member.open() as source:
            while block := source.read(BLOCK_BYTES):
                self.has_quotes |= b'"' in block
                if is_first and (wide := _wide_encoding(block)):
                    self.notes.append("the text was converted from UTF-16")
                    self.has_quotes = True
                    return wide
                is_first = False
                if b"\0" in block:
                    raise self.member.rejected("the file is not text: it contains NUL bytes", "Save it as CSV in UTF-8")
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    encoding = "cp1252"
                    decoder = codecs.getincrementaldecoder("latin-1")()
        if encoding == "cp1252":
            encoding, note = guess_legacy_encoding(self.member)
            self.notes.append(note)
        return encoding


class _Stream(io.RawIOBase):
    """Pieces of bytes as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = block
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n


def _without_padding(blocks: Iterator[bytes], separator: str) -> Iterator[bytes]:
    pattern, rest = re.compile(re.escape(separator.encode()) + rb' +"'), b""
    for block in blocks:
        whole, end, rest = (rest + block).rpartition(b"\n")
        yield pattern.sub(separator.encode() + b'"', whole + end)
    yield pattern.sub(separator.encode() + b'"', rest)


def _wide_encoding(start: bytes) -> str:
    """Return the UTF-16 encoding of a text, by its byte order mark or its NUL bytes; empty if it is none."""
    if start.startswith(_BOMS_16):
        return "utf-16"
    head = start[:4096]
    half = max(1, len(head) // 2)
    if head[1::2].count(0) >= _MIN_NUL_SHARE * half and not head[::2].count(0):
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) >= _MIN_NUL_SHARE * half and not head[1::2].count(0) else ""
