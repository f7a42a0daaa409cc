"""A map that is being made can be looked at."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.maps import projection as module
from aeexplorer.analysis.maps.projection import Projection, projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.maps.projections.base import Layout
from aeexplorer.background import partial_maps as rough
from aeexplorer.background.partial_maps import compute_with_partial_maps, partial_map
from aeexplorer.training.run import Run


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the VAE's run, with its own folder of maps."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id, ignore=shutil.ignore_patterns("projections"))
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


@pytest.mark.parametrize("fails", [False, True])
def test_each_stage_is_there_until_the_next_and_none_when_it_is_done(
    own: Run, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    seen: list[tuple[Projection, int] | None] = []

    def stages(latents: np.ndarray, dims: int, seed: int) -> Iterator[Layout]:
        for scale in (1, 2):
            yield Layout(scale * latents[:, :2])
            seen.append(partial_map(own, "umap"))
        if fails:
            raise MemoryError

    method = replace(method_of("umap"), stages=stages)
    for where in (module, rough):
        monkeypatch.setattr(where, "method_of", lambda name: method)
    assert partial_map(own, "umap") is None
    if fails:
        with pytest.raises(MemoryError):
            compute_with_partial_maps(own, "umap")
    else:
        compute_with_partial_maps(own, "umap")
    assert [found and found[0].xy.tolist() for found in seen] == [(s * own.latents(np.arange(400))).tolist() for s in (1, 2)]
    (first, before), (_, after) = (found for found in seen if found)
    assert before != after
    assert first.trustworthiness is None
    assert first.ids.tolist() == list(range(400))
    assert partial_map(own, "umap") is None
    assert (projection(own, "umap") is None) == fails
