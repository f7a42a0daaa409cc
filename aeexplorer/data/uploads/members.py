"""Members of an upload: the uploaded files and the files inside uploaded zips. No member is extracted to a path."""

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import IO

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.names import DecodedNames, compose
from aeexplorer.data.uploads.zips import (
    MAX_END_BYTES,
    ZIP_ERRORS,
    document_kind,
    explain_damage,
    explain_unreadable,
    read_entries,
)

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PAR1", "parquet"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\x1aE\xdf\xa3", "webm"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "feather"),
    (b"\xff\xff\xff\xff", "arrows"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    *((bytes((0xFF, second)), "mp3") for second in (0xFB, 0xF3, 0xF2)),
)
_OTHER_ARCHIVES = (
    ("RAR archive", 0, b"Rar!\x1a\x07"),
    ("7z archive", 0, b"7z\xbc\xaf\x27\x1c"),
    ("tar archive", 257, b"ustar"),
    ("gzip file", 0, b"\x1f\x8b\x08"),
    ("bzip2 file", 0, b"BZh91AY&SY"),
    ("xz file", 0, b"\xfd7zXZ\0"),
    ("Zstandard file", 0, b"\x28\xb5\x2f\xfd"),
)  # name, place and first bytes
_NON_VIDEO_BRANDS = (b"M4A ", b"M4B ", b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")  # sounds and pictures
_HIDDEN = ("__MACOSX", "Thumbs.db")
_BMP_HEADER_BYTES = (12, 40, 52, 56, 64, 108, 124)


@dataclass(frozen=True, eq=False)
class Member:
    """One file of an upload.

    Parameters
    ----------
    file
        Name of the uploaded file, as the user gave it.
    path
        Path inside the zip; an empty string for a file that is not inside a zip.
    size
        Unpacked size in bytes.
    opener
        Opens the member for reading.
    document
        ``xlsx`` or ``ods`` for a zip that is such a document, else an empty string.
    """

    file: str
    path: str
    size: int
    opener: Callable[[], IO[bytes]]
    document: str = ""

    @property
    def name(self) -> str:
        """Path inside the zip, or the name of the file."""
        return self.path or self.file

    @cached_property
    def suffix(self) -> str:
        """Extension of the name in lower case, with the dot."""
        return posixpath.splitext(self.name)[1].lower()

    @cached_property
    def kind(self) -> str:
        """Kind of file according to the first bytes (png, zip, mp4, …); an empty string if unknown."""
        if self.document or self.size == 0:
            return self.document
        with self.open() as source:
            head = source.read(20)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return "webp"
        if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
            return "wav"
        if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
            return "bmp"
        if head[4:8] == b"ftyp" and head[8:12] not in _NON_VIDEO_BRANDS:
            return "mp4"
        return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the member as a stream. Raises `UploadRejected` if its data inside the zip are damaged."""
        try:
            source = self.opener()
        except ZIP_ERRORS as error:
            if not self.path:
                raise
            raise self._damaged(error) from None
        try:
            with source:
                yield source
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> UploadRejected:
        if not self.path:
            return self.rejected("the file is damaged: its data end too early or do not fit together", "Copy or save it again")
        return self.rejected(f"this zip is damaged: {explain_damage(error)}", "Copy the zip again, or create it again")

    def read(self, max_bytes: int) -> bytes:
        """Read the whole member. Raises `UploadRejected` if it is larger than `max_bytes`."""
        if self.size > max_bytes:
            raise self.rejected(f"it has {self.size:,} bytes, more than the {max_bytes:,} allowed", "Make it smaller")
        with self.open() as source:
            return source.read()

    def rejected(self, reason: str, fix: str, where: str = "") -> UploadRejected:
        """Create the error that rejects this member, or the location `where` inside it."""
        return UploadRejected(self.file, ", ".join(part for part in (self.path, where) if part), reason, fix)


@dataclass(frozen=True)
class OpenedUpload:
    """The members of an upload."""

    members: list[Member]
    hidden: int
    """Number of hidden members, which are ignored."""
    decoded: DecodedNames | None = None
    """Names of the first zip with names in a code page; None if there is no such zip."""


@contextmanager
def open_upload(files: list[tuple[str, Path]], name_encoding: str = "auto") -> Iterator[OpenedUpload]:
    """Open the uploaded files and the zips among them.

    Parameters
    ----------
    files
        Name and path of each file. The name is the one that the user gave, and is only shown.
    name_encoding
        Encoding of the names in zips that do not say how they are written, see `decode_names`.

    Raises
    ------
    UploadRejected
        If a file is empty, or a zip is damaged or unsafe.
    """
    members, archives, hidden, decoded = [], [], 0, None
    try:
        for name, path in files:
            file = Member(compose(name), "", path.stat().st_size, _file_opener(path))
            if _is_hidden(name):
                hidden += 1
                continue
            if file.size == 0:
                raise file.rejected("it is empty", "Choose a file that is not empty")
            if file.kind != "zip":
                members.append(_check_packing(file))
                continue
            archive = _open_zip(file, path)
            archives.append(archive)
            entries, names = read_entries(file.rejected, archive, name_encoding)
            if document := document_kind(entries):
                members.append(replace(file, document=document))
                continue
            decoded = decoded or (names if names.code_page else None)
            visible = [entry for entry in entries if not _is_hidden(entry.name)]
            hidden += len(entries) - len(visible)
            members += [Member(file.file, e.name, e.info.file_size, partial(archive.open, e.info)) for e in visible]
        yield OpenedUpload(members, hidden, decoded)
    finally:
        for archive in archives:
            archive.close()


def _open_zip(file: Member, path: Path) -> zipfile.ZipFile:
    """Open the list of files of a zip. Raises `UploadRejected` if the zip is damaged."""
    try:
        return zipfile.ZipFile(path)
    except ZIP_ERRORS as error:
        with file.open() as source:
            source.seek(max(0, file.size - MAX_END_BYTES))
            reason = explain_unreadable(source.read(), error)
        noun = "file" if file.suffix in (".npz", ".xlsx", ".ods") else "zip"  # these are zips too
        raise file.rejected(f"this {noun} is damaged: {reason}", f"Copy the {noun} again, or create it again") from None


def _check_packing(file: Member) -> Member:
    """Return an uploaded file. Raises `UploadRejected` for an archive or a packed file that is no zip."""
    with file.open() as source:
        head = source.read(265)
    kind = next((kind for kind, start, magic in _OTHER_ARCHIVES if head[start:].startswith(magic)), "")
    if kind:
        raise file.rejected(f"it is a {kind}, which is not read", "Unpack it, and upload the files or a zip of them")
    return file


def _file_opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _is_hidden(path: str) -> bool:
    return any(part in _HIDDEN or (part.startswith(".") and part not in (".", "..")) for part in path.split("/"))
