"""Partial maps of a map that is still being computed."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.maps import projection as projection_module
from aeexplorer.analysis.maps.projection import Projection, cached_projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.maps.projections.base import Layout
from aeexplorer.background import partial_maps as partial_maps_module
from aeexplorer.background.partial_maps import compute_with_partial_maps, partial_map
from aeexplorer.training.run import Run


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the VAE's run, with its own folder of maps."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id, ignore=shutil.ignore_patterns("projections"))
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


@pytest.mark.parametrize("is_failing", [False, True])
def test_each_stage_replaces_the_last_and_none_remains_at_the_end(
    own: Run, monkeypatch: pytest.MonkeyPatch, is_failing: bool
) -> None:
    seen: list[tuple[Projection, int] | None] = []

    def stages(latents: np.ndarray, dims: int, seed: int) -> Iterator[Layout]:
        for scale in (1, 2):
            yield Layout(scale * latents[:, :2])
            seen.append(partial_map(own, "umap"))
        if is_failing:
            raise MemoryError

    method = replace(method_of("umap"), stages=stages)
    for module in (projection_module, partial_maps_module):
        monkeypatch.setattr(module, "method_of", lambda name: method)
    assert partial_map(own, "umap") is None
    if is_failing:
        with pytest.raises(MemoryError):
            compute_with_partial_maps(own, "umap")
    else:
        compute_with_partial_maps(own, "umap")
    assert [entry and entry[0].xy.tolist() for entry in seen] == [(s * own.latents(np.arange(400))).tolist() for s in (1, 2)]
    (first, first_version), (_, second_version) = (entry for entry in seen if entry)
    assert first_version != second_version
    assert first.trustworthiness is None
    assert first.ids.tolist() == list(range(400))
    assert partial_map(own, "umap") is None
    assert (cached_projection(own, "umap") is None) == is_failing
