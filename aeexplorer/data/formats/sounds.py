"""Sound files, as several files or in a zip, stored as log-mel spectrograms; labels from a manifest or else the folders."""

from collections import Counter
from collections.abc import Sequence

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
from aeexplorer.data.readers.sounds.audio import CANCELLING, SILENT, AudioReader, read_info
from aeexplorer.data.readers.sounds.sound_file import NO_LENGTH
from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import AudioOptions, Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging

KINDS = ("wav", "flac", "ogg", "mp3")
SUFFIXES = (".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3")
MAX_FRAMES = 2_048
"""Frames of a spectrogram at most."""
_INSPECTED = 400
_HEARD = 40  # sounds that are decoded to find silent ones
_MAX_AUTO_SECONDS = 2.0
_BATCH_SOUNDS = 32


class Sounds(Format):
    """WAV, FLAC and OGG files → uint8 ``(n, 1, bands, frames)``."""

    name = "sounds"
    one_sample_per_file = True
    reads = "WAV, FLAC or OGG sounds, as files or in a zip"

    def claims(self, member: Member) -> bool:
        return member.kind in KINDS or (member.kind == "" and member.suffix in SUFFIXES)

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix not in SUFFIXES

    def inspect(self, members: Sequence[Member]) -> Guess:
        sounds, manifest, notes = split_members(members, self.claims, "sound", None)
        infos = [read_info(member) for member in _pick(sounds)]
        rates = ", ".join(f"{rate:,} Hz" for rate, _ in Counter(info.rate for info in infos).most_common(3))
        seconds = sorted(info.seconds for info in infos)
        rate = min(AudioOptions().sample_rate, max(info.rate for info in infos))  # a higher rate would only add silent bands
        options = AudioOptions(seconds=_usual_seconds(seconds), sample_rate=rate)
        given = guess_split(sounds, manifest)
        findings = _findings(sounds, options)
        return Guess(
            kind=f"sounds ({seconds[0]:.2f} to {seconds[-1]:.2f} seconds, {rates})",
            choices=(
                *(
                    "audio.seconds",
                    "audio.sample_rate",
                    "audio.mel_bands",
                    "audio.hop_ms",
                    *(["audio.mixdown"] if findings else []),
                ),
                *table_choices(manifest, given),
            ),
            n=len(sounds),
            reading_choices=reading_choices(manifest),
            columns=manifest.guesses() if manifest else (),
            labels=count_labels(sounds, manifest),
            notes=(*notes, *given, *findings),
            options=IngestOptions(label_column=manifest.label if manifest else None, audio=options),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        sounds, manifest, notes = split_members(members, self.claims, "sound", options.label_column, options.table)
        for sentence in notes:
            staging.note(sentence)
        audio = options.audio
        seconds = audio.seconds or _usual_seconds(sorted(read_info(member).seconds for member in _pick(sounds)))
        spectrogram = Spectrogram.for_rate(audio.sample_rate, audio.mel_bands, audio.hop_ms)
        reader = AudioReader(audio.sample_rate, max(1, round(seconds * audio.sample_rate)), audio.mixdown)
        if spectrogram.frames(reader.samples) > MAX_FRAMES:
            reason = f"{seconds:g} seconds with a frame every {audio.hop_ms:g} ms are more than {MAX_FRAMES:,} frames"
            raise sounds[0].rejected(reason, "Choose fewer seconds or a longer hop")
        _store(sounds, reader, spectrogram, staging)
        _note_conversions(reader, spectrogram, len(sounds), staging)
        labels = None if options.label_column == "" else read_labels(sounds, manifest)
        staging.rows(sample_table(sounds, labels, manifest))


def _findings(sounds: Sequence[Member], options: AudioOptions) -> list[str]:
    """Say which of some sounds would come out silent, cancel themselves, or have no length."""
    reader = AudioReader(options.sample_rate, max(1, round(options.seconds * options.sample_rate)))
    heard = sounds[:: max(1, len(sounds) // _HEARD)]
    for member in heard:
        reader.read(member)
    counts = {finding: reader.conversions[finding] for finding in (SILENT, CANCELLING, NO_LENGTH)}
    return [f"{count:,} of {len(heard):,} sounds that were listened to: {finding}" for finding, count in counts.items() if count]


def _pick(sounds: Sequence[Member]) -> Sequence[Member]:
    """Return about 400 sounds, evenly chosen."""
    return sounds[:: max(1, len(sounds) // _INSPECTED)]


def _usual_seconds(seconds: Sequence[float]) -> float:
    """Return the duration that nine in ten sounds do not exceed, at most two seconds, rounded up to a hundredth.

    Parameters
    ----------
    seconds
        Durations in ascending order.
    """
    usual = min(_MAX_AUTO_SECONDS, seconds[min(len(seconds) - 1, 9 * len(seconds) // 10)])
    return max(0.05, -(-round(usual * 1e4) // 100) / 100)


def _store(sounds: Sequence[Member], reader: AudioReader, spectrogram: Spectrogram, staging: Staging) -> None:
    """Store the spectrograms of all sounds in the field ``audio``."""
    n, first, is_varied = len(sounds), None, False
    shape = (n, 1, spectrogram.mels, spectrogram.frames(reader.samples))
    with staging.array("audio", "audio", shape, "uint8", spectrogram.meta) as out:
        for start in range(0, n, _BATCH_SOUNDS):
            staging.progress(start / n, f"sound {start:,} of {n:,}")
            waves = np.stack([reader.read(member) for member in sounds[start : start + _BATCH_SOUNDS]])
            batch = spectrogram.levels(waves)
            first = batch[0] if first is None else first
            is_varied = is_varied or bool((batch != first).any())
            out.append(batch)
    if not is_varied and n > 1:
        raise sounds[0].rejected("all sounds are identical, so there is nothing to learn", "Upload sounds that differ")


def _note_conversions(reader: AudioReader, spectrogram: Spectrogram, n: int, staging: Staging) -> None:
    for conversion, count in reader.conversions.items():
        if count:
            staging.note(f"{count:,} of {n:,} sounds: {conversion}")
    if set(reader.rates) != {reader.rate}:
        rates = ", ".join(f"{rate:,} Hz ({count:,})" for rate, count in reader.rates.most_common(5))
        staging.note(f"sounds with sample rates of {rates} were resampled to {reader.rate:,} Hz")
    staging.note(
        f"sounds of {reader.samples / reader.rate:g} seconds at {reader.rate:,} Hz were converted to log-mel spectrograms of "
        f"{spectrogram.mels} bands, with a frame every {1000 * spectrogram.hop / spectrogram.rate:g} ms"
    )
