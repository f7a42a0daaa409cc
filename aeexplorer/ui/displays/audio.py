"""Players of the first sounds: what went in and what came out, both heard through the same spectrogram."""

import io
from collections.abc import Mapping

import numpy as np
import streamlit as st
from scipy.io import wavfile

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.audio import Audio
from aeexplorer.ui.displays.base import Display

MOST = 2
"""Sounds of each kind."""


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    """A column a kind of sample, a player a sound."""
    columns = st.columns(len(samples))
    for column, (what, sounds) in zip(columns, samples.items(), strict=True):
        with column:
            for i, sound in enumerate(sounds[:MOST]):
                st.caption(f"{what} {ids[i]}" if len(ids) else what)
                st.audio(_wav(sound.tobytes(), field.shape, str(sorted(field.meta.items())), field), format="audio/wav")
    st.caption(
        "Inputs and reconstructions are heard through the same spectrogram: bands instead of fine pitch, phases found anew "
        "(Griffin-Lim), each as loud as the others."
    )


@st.cache_data(max_entries=64, show_spinner="Making sounds audible")
def _wav(levels: bytes, shape: tuple[int, ...], made: str, _field: Field) -> bytes:
    """A WAV of one stored spectrogram; `made` names how it was made, so that equal levels of two fields stay apart."""
    waves, rate = Audio(_field).to_waveforms(np.frombuffer(levels, np.uint8).reshape(1, *shape))
    out = io.BytesIO()
    wavfile.write(out, rate, (waves[0] * 32767).astype(np.int16))
    return out.getvalue()


DISPLAY = Display("audio", _draw)
