"""Picture files, as several files or in a zip, with labels from a manifest or else from the names of the folders."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from aeexplorer.data.formats._levels import find_levels, levels_notes
from aeexplorer.data.formats._manifest import (
    count_labels,
    guess_split,
    read_labels,
    reading_choices,
    sample_table,
    split_members,
    table_choices,
)
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.image import ImageReader, has_colour, luminance, open_image, upright_size
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, SizeGuess
from aeexplorer.data.uploads.staged import Staging

KINDS = ("png", "jpeg", "gif", "bmp", "webp", "tiff")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".gif", ".bmp", ".webp", ".tif", ".tiff")
MAX_AUTO_SIDE = 64
"""Longer side in pixels to which pictures are scaled down unless a size is chosen."""
_INSPECTED = 400
_BATCH_BYTES = 8 << 20


class Images(Format):
    """PNG, JPEG, WebP, BMP, TIFF and GIF files → uint8 ``(n, channels, height, width)``."""

    name = "images"
    one_sample_per_file = True
    reads = "PNG, JPEG, WebP, BMP, TIFF or GIF pictures, as files or in a zip"
    is_fallback = True  # the format of videos is preferred where all GIFs move

    def claims(self, member: Member) -> bool:
        return member.kind in KINDS or (member.kind == "" and member.suffix in SUFFIXES)

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix not in SUFFIXES

    def inspect(self, members: Sequence[Member]) -> Guess:
        pictures, manifest, notes = split_members(members, self.claims, "picture", None)
        sizes = _count_sizes(pictures)
        given = guess_split(pictures, manifest)
        levels = find_levels(pictures[:: max(1, len(pictures) // _INSPECTED)], "auto")
        return Guess(
            kind="pictures",
            choices=(
                *("image_size", "fit", "colour"),
                *(("picture_range",) if levels else ()),
                *table_choices(manifest, given),
            ),
            n=len(pictures),
            reading_choices=reading_choices(manifest),
            columns=manifest.guesses() if manifest else (),
            sizes=tuple(SizeGuess(width=w, height=h, count=c) for (w, h), c in sizes.most_common(20)),
            labels=count_labels(pictures, manifest),
            notes=(*notes, *given, *levels_notes(levels)),
            options=IngestOptions(label_column=manifest.label if manifest else None),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        pictures, manifest, notes = split_members(members, self.claims, "picture", options.label_column, options.table)
        for sentence in notes:
            staging.note(sentence)
        sizes = _count_sizes(pictures)
        levels = find_levels(pictures, options.picture_range)
        for sentence in levels_notes(levels):
            staging.note(sentence)
        reader = ImageReader(*_choose_size(sizes, options.image_size), options.fit, levels)
        # try grey first, unless colour is chosen
        is_stored = options.colour != "rgb" and _store(pictures, reader, 1, options.colour == "grey", staging)
        if not is_stored:
            reader.reset()
            _store(pictures, reader, 3, True, staging)
        _note_conversions(reader, sizes, len(pictures), staging)
        labels = None if options.label_column == "" else read_labels(pictures, manifest)
        staging.rows(sample_table(pictures, labels, manifest))


def _count_sizes(pictures: Sequence[Member]) -> Counter[tuple[int, int]]:
    """Count the upright sizes (width, height) of about 400 pictures, evenly chosen."""
    step = max(1, len(pictures) // _INSPECTED)
    return Counter(upright_size(open_image(member)) for member in pictures[::step])


def _choose_size(sizes: Counter[tuple[int, int]], side: int) -> tuple[int, int]:
    """Return the size to which pictures are brought: the chosen side, else the most common size, scaled down."""
    if side:
        return side, side
    (width, height), _ = sizes.most_common(1)[0]
    scale = min(1.0, MAX_AUTO_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _store(pictures: Sequence[Member], reader: ImageReader, channels: int, force: bool, staging: Staging) -> bool:
    """Store all pictures in the field ``image``.

    Returns
    -------
    bool
        False if a coloured picture was met, which one channel cannot hold; with `force` it is converted to grey instead.
    """
    width, height = reader.size
    n, batch_size = len(pictures), max(1, _BATCH_BYTES // (channels * width * height))
    first, is_varied = None, False
    meta = {"levels": {str(largest): bounds for largest, bounds in reader.levels.items()}} if reader.levels else {}
    with staging.array("image", "image", (n, channels, height, width), "uint8", meta) as out:
        for start in range(0, n, batch_size):
            members = pictures[start : start + batch_size]
            batch = np.empty((len(members), channels, height, width), np.uint8)
            for i, member in enumerate(members):
                if i % 64 == 0:
                    staging.progress((start + i) / n, f"picture {start + i:,} of {n:,}")
                pixels = reader.read(member)
                if channels == 1 and pixels.ndim == 3:
                    if not force and has_colour(pixels):
                        return False
                    pixels = luminance(pixels)
                batch[i] = pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels
            first = batch[0] if first is None else first
            is_varied = is_varied or bool((batch != first).any())
            out.append(batch)
    if not is_varied and n > 1:
        raise pictures[0].rejected("all pictures are identical, so there is nothing to learn", "Upload pictures that differ")
    return True


def _note_conversions(reader: ImageReader, sizes: Counter[tuple[int, int]], n: int, staging: Staging) -> None:
    for conversion, count in reader.conversions.items():
        staging.note(f"{count:,} of {n:,} pictures: {conversion}")
    if reader.resized:
        width, height = reader.size
        examples = ", ".join(f"{w} × {h}" for (w, h), _ in sizes.most_common(3)) + (", …" if len(sizes) > 3 else "")
        fit = "the centre was cut out" if reader.fit == "crop" else "black bars were added"
        size = f"{width} × {height} pixels; where the shape differed, {fit}"
        staging.note(f"{reader.resized:,} of {n:,} pictures (sizes: {examples}) were scaled to {size}")
