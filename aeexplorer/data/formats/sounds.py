"""Sound files, many at once or in a zip, as log-mel spectrograms; labels come from a manifest, else from the folders."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from aeexplorer.data.formats._manifest import counted_labels, labels_of, sort_out, table_of
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.sound import Reader, length_of
from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import AudioOptions, Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging

KINDS = ("wav", "flac", "ogg", "mp3")
SUFFIXES = (".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3")
MOST_FRAMES = 2_048
_LOOKED_AT = 400
_LONGEST_AUTO = 2.0
_BATCH = 32


class Sounds(Format):
    """WAV, FLAC and OGG files → uint8 ``(n, 1, bands, frames)``."""

    name = "sounds"
    one_each = True
    reads = "WAV, FLAC or OGG sounds, as files or in a zip"

    def claims(self, member: Member) -> bool:
        return member.kind in KINDS or (member.kind == "" and member.suffix in SUFFIXES)

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix not in SUFFIXES

    def inspect(self, members: Sequence[Member]) -> Guess:
        sounds, manifest, notes = sort_out(members, self.claims, "sound", None)
        found = [length_of(member) for member in _some(sounds)]
        rates = ", ".join(f"{rate:,} Hz" for rate, _ in Counter(about.rate for about in found).most_common(3))
        seconds = sorted(about.seconds for about in found)
        rate = min(AudioOptions().sample_rate, max(about.rate for about in found))  # above the sources' own there is only silence
        proposed = AudioOptions(seconds=_usual(seconds), sample_rate=rate)
        return Guess(
            kind=f"sounds ({seconds[0]:.2f} to {seconds[-1]:.2f} seconds, {rates})",
            choices=(
                *("audio.seconds", "audio.sample_rate", "audio.mel_bands", "audio.hop_ms"),
                *(("label_column",) if manifest else ()),
            ),
            n=len(sounds),
            columns=manifest.guesses() if manifest else (),
            labels=counted_labels(sounds, manifest),
            notes=tuple(notes),
            options=IngestOptions(label_column=manifest.label if manifest else None, audio=proposed),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        sounds, manifest, notes = sort_out(members, self.claims, "sound", options.label_column)
        for sentence in notes:
            staging.note(sentence)
        chosen = options.audio
        seconds = chosen.seconds or _usual(sorted(length_of(member).seconds for member in _some(sounds)))
        spectrogram = Spectrogram.of(chosen.sample_rate, chosen.mel_bands, chosen.hop_ms)
        reader = Reader(chosen.sample_rate, max(1, round(seconds * chosen.sample_rate)))
        if spectrogram.frames(reader.samples) > MOST_FRAMES:
            reason = f"{seconds:g} seconds every {chosen.hop_ms:g} ms are more than {MOST_FRAMES:,} frames"
            raise sounds[0].rejected(reason, "Choose fewer seconds or a longer hop")
        _store(sounds, reader, spectrogram, staging)
        _tell(reader, spectrogram, len(sounds), staging)
        labels = None if options.label_column == "" else labels_of(sounds, manifest)
        staging.rows(table_of(sounds, labels, manifest))


def _some(sounds: Sequence[Member]) -> Sequence[Member]:
    """Up to 400 of them, evenly chosen."""
    return sounds[:: max(1, len(sounds) // _LOOKED_AT)]


def _usual(seconds: Sequence[float]) -> float:
    """The length that nine in ten do not exceed, two seconds at most, to the next hundredth."""
    found = min(_LONGEST_AUTO, seconds[min(len(seconds) - 1, 9 * len(seconds) // 10)])
    return max(0.05, -(-round(found * 1e4) // 100) / 100)


def _store(sounds: Sequence[Member], reader: Reader, spectrogram: Spectrogram, staging: Staging) -> None:
    n, first, varied = len(sounds), None, False
    shape = (n, 1, spectrogram.mels, spectrogram.frames(reader.samples))
    with staging.array("audio", "audio", shape, "uint8", spectrogram.meta) as out:
        for start in range(0, n, _BATCH):
            staging.progress(start / n, f"sound {start:,} of {n:,}")
            block = spectrogram.levels(np.stack([reader.read(member) for member in sounds[start : start + _BATCH]]))
            first = block[0] if first is None else first
            varied = varied or bool((block != first).any())
            out.append(block)
    if not varied and n > 1:
        raise sounds[0].rejected("all sounds are identical", "Give sounds that differ; there is nothing to learn")


def _tell(reader: Reader, spectrogram: Spectrogram, n: int, staging: Staging) -> None:
    for what, count in reader.counts.items():
        if count:
            staging.note(f"{count:,} of {n:,} sounds: {what}")
    if set(reader.rates) != {reader.rate}:
        rates = ", ".join(f"{rate:,} Hz ({count:,})" for rate, count in reader.rates.most_common(5))
        staging.note(f"sounds of {rates} were brought to {reader.rate:,} Hz")
    staging.note(
        f"sounds of {reader.samples / reader.rate:g} seconds at {reader.rate:,} Hz were made log-mel spectrograms of "
        f"{spectrogram.mels} bands, a frame every {1000 * spectrogram.hop / spectrogram.rate:g} ms"
    )
