"""PCA compared with scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from aeexplorer.analysis.maps.projections.pca import METHOD


@pytest.mark.parametrize("dims", [2, 3])
def test_map_agrees_with_scikit_learn_up_to_the_signs_which_are_fixed(dims: int) -> None:
    rng = np.random.default_rng(0)
    latents = (rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)) + 5).astype(np.float32)
    layout = METHOD.project(latents, dims, 0)
    reference = PCA(dims).fit(latents)
    signs = np.sign((reference.components_ * layout.plane[1:]).sum(1))
    assert layout.plane[0] == pytest.approx(latents.mean(0))
    assert layout.plane[1:] == pytest.approx(reference.components_ * signs[:, None], abs=1e-4)
    assert layout.xy == pytest.approx(reference.transform(latents) * signs, abs=1e-3)
    components = layout.plane[1:]
    assert (components[np.arange(dims), np.abs(components).argmax(1)] > 0).all()
    assert METHOD.project(-latents, dims, 0).plane[1:] == pytest.approx(components, abs=1e-4)
