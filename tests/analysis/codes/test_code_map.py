"""Codes on a map: at once by PCA, by UMAP when the projection process has made it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.cache import cache_arrays, results_digest
from aeexplorer.analysis.codes.code_map import code_methods, code_positions, keep_code_positions
from aeexplorer.background.kinds import is_ready, parse_job
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


def test_pca_is_there_at_once_and_umap_when_it_was_made(trained, tmp_path: Path) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vq"].id)
    assert code_methods(run) == ["umap", "pca"]
    xy = code_positions(run, "pca")
    assert xy is not None
    assert xy.shape == (48, 2)
    entries = run.model.bottleneck.entries.numpy()
    assert xy.var(0, ddof=0).sum() <= entries.var(0).sum() + 1e-5
    what = parse_job("codes umap")
    assert code_positions(run, "umap") is None
    assert not is_ready(run, what, 2)
    cache_arrays(run, "codes-umap.safetensors", {"xy": xy}, results_digest(run))
    assert is_ready(run, what, 2)
    assert np.array_equal(code_positions(run, "umap"), xy)


def test_a_run_without_codes_has_no_map_of_them(trained) -> None:
    with pytest.raises(UserError, match="no codebook"):
        keep_code_positions(trained.runs["vae"], "umap")
