"""Images: ``(channels, height, width)``, uint8 or float32 within [0, 1]."""

import numpy as np

from aeexplorer.modalities._planes import Planes, to_rgb


class Image(Planes):
    """Images of any size and number of channels."""

    name = "image"

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        return to_rgb(raw)

    def difference_images(self, difference: np.ndarray) -> np.ndarray:
        return difference.mean(1)
