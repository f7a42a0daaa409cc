"""Players of the first sounds: inputs and reconstructions, both through the same spectrogram."""

import io
from collections.abc import Mapping

import numpy as np
import streamlit as st
from scipy.io import wavfile

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.audio import Audio
from aeexplorer.ui.displays.base import Display

MAX_SOUNDS = 2
"""Number of inputs, and of reconstructions, that have a player."""


def _draw(field: Field, ids: np.ndarray, samples: Mapping[str, np.ndarray]) -> None:
    """Draw a column for each role of samples, with a player for each sound."""
    columns = st.columns(len(samples))
    for column, (role, sounds) in zip(columns, samples.items(), strict=True):
        with column:
            for i, sound in enumerate(sounds[:MAX_SOUNDS]):
                st.caption(f"{role} {ids[i]}" if len(ids) else role)
                st.audio(_wav(sound.tobytes(), field.shape, str(sorted(field.meta.items())), field), format="audio/wav")
    st.caption(
        "Inputs and reconstructions are both played from their spectrograms: pitch is reduced to bands, phases are estimated "
        "(Griffin-Lim), and all sounds are equally loud."
    )


@st.cache_data(max_entries=64, show_spinner="Making sounds audible")
def _wav(levels: bytes, shape: tuple[int, ...], settings: str, _field: Field) -> bytes:
    """Return one stored spectrogram as WAV. `settings` identifies the spectrogram's settings in the cache."""
    waves, rate = Audio(_field).to_waveforms(np.frombuffer(levels, np.uint8).reshape(1, *shape))
    out = io.BytesIO()
    wavfile.write(out, rate, (waves[0] * 32767).astype(np.int16))
    return out.getvalue()


DISPLAY = Display("audio", _draw)
