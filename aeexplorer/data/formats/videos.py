"""Video files, as several files or in a zip, with labels from a manifest or else from the names of the folders."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

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
from aeexplorer.data.readers.image import luminance
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, SizeGuess
from aeexplorer.data.uploads.staged import Staging

if TYPE_CHECKING:
    from aeexplorer.data.readers.video import VideoReader

KINDS = ("mp4", "webm")
SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv")
_MAX_GIF_BYTES = 64 << 20
_INSPECTED = 20
_MAX_GREY_DIFFERENCE = 24  # between red, green and blue of grey videos, caused by compression


class Videos(Format):
    """MP4, WebM and animated GIF files → uint8 ``(n, channels, frames, side, side)``."""

    name = "videos"
    one_sample_per_file = True
    reads = "MP4, WebM or animated GIF videos, as files or in a zip"

    def claims(self, member: Member) -> bool:
        if member.kind == "gif":
            return _is_moving(member)
        return member.kind in KINDS or (member.kind == "" and member.suffix in SUFFIXES)

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix not in SUFFIXES

    def inspect(self, members: Sequence[Member]) -> Guess:
        from aeexplorer.data.readers.video import open_video

        videos, manifest, notes = split_members(members, self.claims, "video", None)
        sizes: Counter[tuple[int, int]] = Counter()
        seconds = []
        for member in videos[:: max(1, len(videos) // _INSPECTED)]:
            with open_video(member) as (container, stream):
                sizes[stream.codec_context.width, stream.codec_context.height] += 1
                seconds.append((container.duration or 0) / 1e6)
        notes = [*notes, f"the videos last {min(seconds):.1f} to {max(seconds):.1f} seconds"]
        if any(member.kind == "gif" for member in videos):
            notes.append("animated GIFs are read as videos; uploaded together with still pictures, they are read as pictures")
        given = guess_split(videos, manifest)
        return Guess(
            kind="videos",
            choices=(
                "video.frames",
                "video.size",
                "fit",
                "colour",
                *table_choices(manifest, given),
            ),
            n=len(videos),
            reading_choices=reading_choices(manifest),
            columns=manifest.guesses() if manifest else (),
            sizes=tuple(SizeGuess(width=w, height=h, count=c) for (w, h), c in sizes.most_common(20)),
            labels=count_labels(videos, manifest),
            notes=(*notes, *given),
            options=IngestOptions(label_column=manifest.label if manifest else None),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        from aeexplorer.data.readers.video import VideoReader

        videos, manifest, notes = split_members(members, self.claims, "video", options.label_column, options.table)
        for sentence in notes:
            staging.note(sentence)
        reader = VideoReader(options.video.frames, options.video.size, options.fit)
        # try grey first, unless colour is chosen
        is_stored = options.colour != "rgb" and _store(videos, reader, 1, options.colour == "grey", staging)
        if not is_stored:
            reader.reset()
            _store(videos, reader, 3, True, staging)
        for conversion, count in reader.conversions.items():
            staging.note(f"{count:,} of {len(videos):,} videos: {conversion}")
        labels = None if options.label_column == "" else read_labels(videos, manifest)
        staging.rows(sample_table(videos, labels, manifest))


@cache
def _is_moving(member: Member) -> bool:
    from aeexplorer.data.readers.video import is_moving_gif

    return member.size <= _MAX_GIF_BYTES and is_moving_gif(member.read(_MAX_GIF_BYTES))


def _store(videos: Sequence[Member], reader: "VideoReader", channels: int, force: bool, staging: Staging) -> bool:
    """Store all videos in the field ``video``.

    Returns
    -------
    bool
        False if a coloured video was met, which one channel cannot hold; with `force` it is converted to grey instead.
    """
    n = len(videos)
    first, is_varied = None, False
    with staging.array("video", "video", (n, channels, reader.frames, reader.side, reader.side), "uint8", {}) as out:
        for i, member in enumerate(videos):
            staging.progress(i / n, f"video {i:,} of {n:,}")
            pixels = reader.read(member)  # (frames, side, side, 3)
            if channels == 1:
                if not force and np.ptp(pixels, axis=-1).max() > _MAX_GREY_DIFFERENCE:
                    return False
                pixels = luminance(pixels)[..., None]
            sample = pixels.transpose(3, 0, 1, 2)  # (channels, frames, side, side)
            first = sample if first is None else first
            is_varied = is_varied or not np.array_equal(sample, first)
            out.append(sample[None])
    if not is_varied and n > 1:
        raise videos[0].rejected("all videos are identical, so there is nothing to learn", "Upload videos that differ")
    return True
