"""The format of run files: a zip of a workspace with one run and one dataset, and a manifest of sizes and SHA-256 hashes.

Members are named ``runs/run-…/…`` and ``datasets/ds-…/…``, as in a workspace. Any other member is rejected.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.version import __version__

MAX_MEMBERS = 600
MAX_BYTES = 16 << 30
MAX_RATIO = 200
"""Largest ratio of unpacked to packed bytes. Files that unpack to at most `_SMALL_BYTES` may exceed it."""
_SMALL_BYTES = 64 << 20
_COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MANIFEST = "manifest.json"
_MAX_MANIFEST_BYTES = 1 << 20
_LOCAL_HEADER_BYTES = 30
_CHUNK_BYTES = 1 << 20
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)

RUN_ID = r"run-[0-9a-f]{12}"
DATASET_ID = r"ds-[0-9a-f]{12}"
_MEMBER = re.compile(
    rf"runs/{RUN_ID}/("
    r"run\.json|events\.jsonl|metrics\.json|errors\.npy|latents\.npy|codes\.npy|tags\.json"
    r"|checkpoint/\d{9}/(weights\.safetensors|training\.safetensors|state\.json|manifest\.json)"
    r"|snapshots/\d{9}\.safetensors"
    r"|projections/[a-z0-9_]{1,30}-[23]d-\d{1,9}\.safetensors)"
    rf"|datasets/{DATASET_ID}/(dataset\.json|table\.arrow|split\.npy|fields/\d{{1,3}}(\.present)?\.npy)"
)
_DAMAGED = "Export the run again, and copy the file whole"


class _Member(BaseModel):
    model_config = ConfigDict(extra="forbid")
    bytes: Annotated[int, Field(ge=0, le=MAX_BYTES)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """The member ``manifest.json`` of a run file."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["aeexplorer run"]
    version: Literal[1]
    written_by: Annotated[str, Field(max_length=40)]
    run: Annotated[str, Field(pattern=f"^{RUN_ID}$")]
    dataset: Annotated[str, Field(pattern=f"^{DATASET_ID}$")]
    members: Annotated[dict[str, _Member], Field(max_length=MAX_MEMBERS)]


def pack(target: Path, run_id: str, dataset_id: str, files: Mapping[str, Path]) -> None:
    """Write files as the members of a run file. The same files give the same bytes.

    Parameters
    ----------
    target
        Path of the run file.
    run_id, dataset_id
        Ids of the run and its dataset.
    files
        Member name → file to read its content from.
    """
    members = {}
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in files.items():
            digest = hashlib.sha256()
            with path.open("rb") as source, archive.open(_zip_info(name), "w", force_zip64=True) as out:
                while chunk := source.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    out.write(chunk)
            members[name] = _Member(bytes=path.stat().st_size, sha256=digest.hexdigest())
        manifest = Manifest(
            format="aeexplorer run", version=1, written_by=__version__, run=run_id, dataset=dataset_id, members=members
        )
        archive.writestr(_zip_info(MANIFEST), manifest.model_dump_json(indent=1))


def _zip_info(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIMESTAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def unpack(path: Path, folder: Path, shown: str) -> Manifest:
    """Check the names and sizes of all members of a run file, then write the members into a folder.

    Parameters
    ----------
    path
        The run file.
    folder
        An empty folder. Each member is written to the path in its name.
    shown
        File name to show in error messages.

    Returns
    -------
    Manifest
        The manifest of the run file.

    Raises
    ------
    UploadRejected
        If the file is not a run file, or a member does not match the manifest.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = _check_members(archive, path.stat().st_size, shown)
            manifest = _read_manifest(archive, infos, shown)
            for name, member in manifest.members.items():
                _extract(archive, infos[name], member, folder / name, shown)
    except (zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError) as error:
        raise UploadRejected(shown, "", f"it is not a readable run file ({error})", _DAMAGED) from None
    return manifest


def _check_members(archive: zipfile.ZipFile, size: int, shown: str) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name. Reject unknown, repeated, overlapping and too large members."""
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if len(infos) > MAX_MEMBERS + 1:
        raise UploadRejected(shown, "", f"it has {len(infos):,} members, more than a run has", "Choose a file written by export")
    ends = [info.header_offset for info in infos[1:]] + [size]
    for info, end in zip(infos, ends, strict=True):
        if info.filename != MANIFEST and not _MEMBER.fullmatch(info.filename):
            raise UploadRejected(shown, ascii(info.filename), "it is not part of a run", "Choose a file written by export")
        if info.compress_type not in _COMPRESSION_METHODS or info.flag_bits & 1:
            raise UploadRejected(
                shown, info.filename, "its compression method is not supported", "Choose a file written by export"
            )
        if info.header_offset + _LOCAL_HEADER_BYTES + len(info.filename) + info.compress_size > end:
            raise UploadRejected(shown, info.filename, "it overlaps the next member", "Choose a file written by export")
    total = sum(info.file_size for info in infos)
    if total > MAX_BYTES or total > max(_SMALL_BYTES, MAX_RATIO * size):
        raise UploadRejected(shown, "", f"it would unpack to {total:,} bytes, more than is allowed", "Export the run again")
    by_name = {info.filename: info for info in infos}
    if len(by_name) != len(infos):
        raise UploadRejected(shown, "", "it has two members of the same name", "Choose a file written by export")
    return by_name


def _read_manifest(archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo], shown: str) -> Manifest:
    if MANIFEST not in infos or infos[MANIFEST].file_size > _MAX_MANIFEST_BYTES:
        raise UploadRejected(shown, "", "it has no manifest, so it is not a run file", "Choose a file written by export")
    try:
        manifest = Manifest.model_validate_json(archive.read(infos[MANIFEST]))
    except ValidationError as error:
        first = error.errors()[0]
        version = first["input"] if first["loc"] == ("version",) else None
        if type(version) is int and version > 1:
            reason = f"it was written by a newer version of aeexplorer, in format {version}; this version reads format 1"
            raise UploadRejected(shown, MANIFEST, reason, "Update aeexplorer to open it") from None
        where = ".".join(map(str, first["loc"]))
        fix = "Choose a file written by this version of aeexplorer"
        raise UploadRejected(shown, MANIFEST, f"{where or 'it'} is not valid", fix) from None
    if set(manifest.members) != set(infos) - {MANIFEST}:
        raise UploadRejected(shown, MANIFEST, "its list of members does not match the file", _DAMAGED)
    for name in manifest.members:
        if not name.startswith((f"runs/{manifest.run}/", f"datasets/{manifest.dataset}/")):
            raise UploadRejected(shown, name, "it belongs to another run or dataset", "Choose a file written by export")
    return manifest


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, member: _Member, target: Path, shown: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, length = hashlib.sha256(), 0
    with archive.open(info) as source, target.open("xb") as out:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            length += len(chunk)
            out.write(chunk)
    if length != member.bytes or digest.hexdigest() != member.sha256:
        raise UploadRejected(shown, info.filename, "its content differs from what was exported", _DAMAGED)
