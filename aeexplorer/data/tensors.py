"""Checks of a safetensors file before it is opened."""

from pathlib import Path

_MAX_HEADER_BYTES = 4 << 20


def require_small_header(path: Path) -> None:
    """Refuse a file whose header would take much time and memory to read.

    Raises
    ------
    ValueError
        If the file is too short for a header, or claims a header larger than 4 MiB or than the file.
    """
    with path.open("rb") as source:
        prefix = source.read(8)
    length = int.from_bytes(prefix, "little")
    if len(prefix) < 8 or length > path.stat().st_size - 8:
        raise ValueError(f"{path.name} ends before its header does")
    if length > _MAX_HEADER_BYTES:
        raise ValueError(f"the header of {path.name} has {length:,} bytes, more than {_MAX_HEADER_BYTES:,}")
