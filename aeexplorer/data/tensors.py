"""What is looked at in a file of tensors (safetensors) before it is opened."""

from pathlib import Path

LARGEST_HEADER = 4 << 20


def require_small_header(path: Path) -> None:
    """Refuse a file whose header would take long, and much memory, to read.

    Raises
    ------
    ValueError
        If the file is too short for a header, or claims one of more than 4 MiB or beyond its end.
    """
    with path.open("rb") as source:
        first = source.read(8)
    length = int.from_bytes(first, "little")
    if len(first) < 8 or length > path.stat().st_size - 8:
        raise ValueError(f"{path.name} ends before its header does")
    if length > LARGEST_HEADER:
        raise ValueError(f"the header of {path.name} has {length:,} bytes, more than {LARGEST_HEADER:,}")
