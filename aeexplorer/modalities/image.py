"""Images: ``(channels, height, width)``, uint8 or float32 within [0, 1]."""

import numpy as np

from aeexplorer.modalities._planes import Planes, coloured


class Image(Planes):
    """Pictures of any size and number of channels."""

    name = "image"

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        return coloured(raw)

    def gaps(self, difference: np.ndarray) -> np.ndarray:
        return difference.mean(1)
