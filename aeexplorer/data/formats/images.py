"""Picture files, many at once or in a zip; labels come from a manifest, else from the folders."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from aeexplorer.data.formats._manifest import counted_labels, labels_of, sort_out, table_of
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.picture import Decoder, has_colour, luminance, opened, upright_size
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, SizeGuess
from aeexplorer.data.uploads.staged import Staging

KINDS = ("png", "jpeg", "gif", "bmp", "webp", "tiff")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".gif", ".bmp", ".webp", ".tif", ".tiff")
LARGEST_AUTO = 64
_LOOKED_AT = 400
_BATCH_BYTES = 8 << 20


class Images(Format):
    """PNG, JPEG, WebP, BMP, TIFF and GIF files → uint8 ``(n, channels, height, width)``."""

    name = "images"
    one_each = True
    reads = "PNG, JPEG, WebP, BMP, TIFF or GIF pictures, as files or in a zip"
    gives_way = True  # to videos, where every GIF moves

    def claims(self, member: Member) -> bool:
        return member.kind in KINDS or (member.kind == "" and member.suffix in SUFFIXES)

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix not in SUFFIXES

    def inspect(self, members: Sequence[Member]) -> Guess:
        pictures, manifest, notes = sort_out(members, self.claims, "picture", None)
        sizes = _sizes(pictures)
        return Guess(
            kind="pictures",
            choices=("image_size", "fit", "colour", *(("label_column",) if manifest else ())),
            n=len(pictures),
            columns=manifest.guesses() if manifest else (),
            sizes=tuple(SizeGuess(width=w, height=h, count=c) for (w, h), c in sizes.most_common(20)),
            labels=counted_labels(pictures, manifest),
            notes=tuple(notes),
            options=IngestOptions(label_column=manifest.label if manifest else None),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        pictures, manifest, notes = sort_out(members, self.claims, "picture", options.label_column)
        for sentence in notes:
            staging.note(sentence)
        seen = _sizes(pictures)
        decoder = Decoder(*_target(seen, options.image_size), options.fit)
        grey_first = options.colour != "rgb"
        if not (grey_first and _decode(pictures, decoder, 1, options.colour == "grey", staging)):
            decoder.reset()
            _decode(pictures, decoder, 3, True, staging)
        _tell(decoder, seen, len(pictures), staging)
        labels = None if options.label_column == "" else labels_of(pictures, manifest)
        staging.rows(table_of(pictures, labels, manifest))


def _sizes(pictures: Sequence[Member]) -> Counter[tuple[int, int]]:
    """Upright sizes of up to 400 pictures, evenly chosen."""
    step = max(1, len(pictures) // _LOOKED_AT)
    return Counter(upright_size(opened(member)) for member in pictures[::step])


def _target(seen: Counter[tuple[int, int]], side: int) -> tuple[int, int]:
    if side:
        return side, side
    (width, height), _ = seen.most_common(1)[0]
    scale = min(1.0, LARGEST_AUTO / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _decode(pictures: Sequence[Member], decoder: Decoder, channels: int, force: bool, staging: Staging) -> bool:
    """Decode every picture into the field `image`; False as soon as colour is met that one channel cannot hold."""
    width, height = decoder.size
    n, batch = len(pictures), max(1, _BATCH_BYTES // (channels * width * height))
    first, varied = None, False
    with staging.array("image", "image", (n, channels, height, width), "uint8", {}) as out:
        for start in range(0, n, batch):
            members = pictures[start : start + batch]
            block = np.empty((len(members), channels, height, width), np.uint8)
            for i, member in enumerate(members):
                if i % 64 == 0:
                    staging.progress((start + i) / n, f"picture {start + i:,} of {n:,}")
                pixels = decoder.decode(member)
                if channels == 1 and pixels.ndim == 3:
                    if not force and has_colour(pixels):
                        return False
                    pixels = luminance(pixels)
                block[i] = pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels
            first = block[0] if first is None else first
            varied = varied or bool((block != first).any())
            out.append(block)
    if not varied and n > 1:
        raise pictures[0].rejected("all pictures are identical", "Give pictures that differ; there is nothing to learn")
    return True


def _tell(decoder: Decoder, seen: Counter[tuple[int, int]], n: int, staging: Staging) -> None:
    width, height = decoder.size
    for what, count in decoder.counts.items():
        staging.note(f"{count:,} of {n:,} pictures: {what}")
    if decoder.resized:
        sizes = ", ".join(f"{w} × {h}" for (w, h), _ in seen.most_common(3)) + (", …" if len(seen) > 3 else "")
        how = "the centre is cut out" if decoder.fit == "crop" else "black bars are added"
        where = f"brought to {width} × {height} pixels; where the shape differs, {how}"
        staging.note(f"{decoder.resized:,} of {n:,} pictures (sizes: {sizes}) were {where}")
