"""Map of the codes: PCA at once, UMAP after the projection process has computed it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.cache import cache_arrays, results_digest
from aeexplorer.analysis.codes.code_map import cache_code_positions, code_methods, code_positions
from aeexplorer.background.kinds import is_done, parse_job
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


def test_pca_is_immediate_and_umap_is_read_from_the_cache(trained, tmp_path: Path) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vq"].id)
    assert code_methods(run) == ["umap", "pca"]
    xy = code_positions(run, "pca")
    assert xy is not None
    assert xy.shape == (48, 2)
    entries = run.model.bottleneck.entries.numpy()
    assert xy.var(0, ddof=0).sum() <= entries.var(0).sum() + 1e-5
    job = parse_job("codes umap")
    assert code_positions(run, "umap") is None
    assert not is_done(run, job, 2)
    cache_arrays(run, "codes-umap.safetensors", {"xy": xy}, results_digest(run))
    assert is_done(run, job, 2)
    assert np.array_equal(code_positions(run, "umap"), xy)


def test_run_without_codebook_is_refused(trained) -> None:
    with pytest.raises(UserError, match="no codebook"):
        cache_code_positions(trained.runs["vae"], "umap")
