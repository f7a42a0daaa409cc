"""Images: ``(channels, height, width)``, uint8 or float32 within [0, 1]."""

import numpy as np

from aeexplorer.modalities._planes import Planes


class Image(Planes):
    """Pictures of any size and number of channels."""

    name = "image"

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """One or two channels show the first as grey, more the first three as red, green, blue."""
        pixels = raw if raw.dtype == np.uint8 else np.round(np.clip(raw, 0, 1) * 255).astype(np.uint8)
        channels = [0, 0, 0] if pixels.shape[1] < 3 else [0, 1, 2]
        return np.ascontiguousarray(pixels[:, channels].transpose(0, 2, 3, 1))

    def gaps(self, difference: np.ndarray) -> np.ndarray:
        return difference.mean(1)
