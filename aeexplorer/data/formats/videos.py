"""Video files, many at once or in a zip; labels come from a manifest, else from the folders."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from aeexplorer.data.formats._manifest import counted_labels, labels_of, sort_out, table_of
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.picture import luminance
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, SizeGuess
from aeexplorer.data.uploads.staged import Staging

if TYPE_CHECKING:
    from aeexplorer.data.readers.clip import Clipper

KINDS = ("mp4", "webm")
SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv")
_LARGEST_GIF = 64 << 20
_LOOKED_AT = 20
_TINT = 24  # red, green and blue of grey videos differ by so much, as they are compressed


class Videos(Format):
    """MP4, WebM and animated GIF files → uint8 ``(n, channels, frames, side, side)``."""

    name = "videos"
    one_each = True
    reads = "MP4, WebM or animated GIF videos, as files or in a zip"

    def claims(self, member: Member) -> bool:
        if member.kind == "gif":
            return _moving(member)
        return member.kind in KINDS or (member.kind == "" and member.suffix in SUFFIXES)

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix not in SUFFIXES

    def inspect(self, members: Sequence[Member]) -> Guess:
        from aeexplorer.data.readers.clip import opened

        videos, manifest, notes = sort_out(members, self.claims, "video", None)
        sizes: Counter[tuple[int, int]] = Counter()
        lengths = []
        for member in videos[:: max(1, len(videos) // _LOOKED_AT)]:
            with opened(member) as (container, stream):
                sizes[stream.codec_context.width, stream.codec_context.height] += 1
                lengths.append((container.duration or 0) / 1e6)
        notes = [*notes, f"they last {min(lengths):.1f} to {max(lengths):.1f} seconds"]
        if any(member.kind == "gif" for member in videos):
            notes.append(
                "animated GIFs are read as videos; with other pictures beside them, their first frames would be pictures"
            )
        return Guess(
            kind="videos",
            choices=("video.frames", "video.size", "fit", "colour", *(("label_column",) if manifest else ())),
            n=len(videos),
            columns=manifest.guesses() if manifest else (),
            sizes=tuple(SizeGuess(width=w, height=h, count=c) for (w, h), c in sizes.most_common(20)),
            labels=counted_labels(videos, manifest),
            notes=tuple(notes),
            options=IngestOptions(label_column=manifest.label if manifest else None),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        from aeexplorer.data.readers.clip import Clipper

        videos, manifest, notes = sort_out(members, self.claims, "video", options.label_column)
        for sentence in notes:
            staging.note(sentence)
        clipper = Clipper(options.video.frames, options.video.size, options.fit)
        if options.colour == "rgb" or not _store(videos, clipper, 1, options.colour == "grey", staging):
            clipper.reset()
            _store(videos, clipper, 3, True, staging)
        for what, count in clipper.counts.items():
            staging.note(f"{count:,} of {len(videos):,} videos: {what}")
        labels = None if options.label_column == "" else labels_of(videos, manifest)
        staging.rows(table_of(videos, labels, manifest))


@cache
def _moving(member: Member) -> bool:
    from aeexplorer.data.readers.clip import is_moving_gif

    return member.size <= _LARGEST_GIF and is_moving_gif(member.read(_LARGEST_GIF))


def _store(videos: Sequence[Member], clipper: "Clipper", channels: int, force: bool, staging: Staging) -> bool:
    """Store every video in the field `video`; False as soon as colour is met that one channel cannot hold."""
    n = len(videos)
    first, varied = None, False
    with staging.array("video", "video", (n, channels, clipper.frames, clipper.side, clipper.side), "uint8", {}) as out:
        for i, member in enumerate(videos):
            staging.progress(i / n, f"video {i:,} of {n:,}")
            pixels = clipper.clip(member)
            if channels == 1:
                if not force and np.ptp(pixels, axis=-1).max() > _TINT:
                    return False
                pixels = luminance(pixels)[..., None]
            block = pixels.transpose(3, 0, 1, 2)
            first = block if first is None else first
            varied = varied or not np.array_equal(block, first)
            out.append(block[None])
    if not varied and n > 1:
        raise videos[0].rejected("all videos are identical", "Give videos that differ; there is nothing to learn")
    return True
