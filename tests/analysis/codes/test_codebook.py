"""Usage of a codebook, and the relation between codes, samples and grids."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from aeexplorer.analysis.codes.codebook import Usage, code_grid, decode_entry, samples_using, split_usage, usage
from aeexplorer.analysis.decoding import decode_codes
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run


def test_usage_counts_every_position_of_every_sample(trained) -> None:
    run = trained.runs["vq"]
    codes = np.asarray(run.codes)
    total = usage(run)
    assert total.counts.tolist() == [int((codes == code).sum()) for code in range(48)]
    assert total.counts.sum() == codes.size
    assert (np.diff(total.counts[total.order]) <= 0).all()
    assert total.dead.tolist() == sorted(set(range(48)) - set(codes.ravel().tolist()))
    assert len(total.dead) > 0
    assert usage(run, np.array([3])).counts.sum() == codes.shape[1]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_split_usage_agrees_with_the_training(trained, split: str) -> None:
    run = trained.runs["vq"]
    total = split_usage(run, split)
    assert total.perplexity == pytest.approx(run.metrics[split]["perplexity"])
    assert total.used == pytest.approx(run.metrics[split]["codebook_usage"])
    assert total.counts.tolist() == run.metrics[split]["usage"]


def test_perplexity_of_uniform_and_single_usage() -> None:
    assert Usage(np.array([7, 7, 0, 7, 7])).perplexity == pytest.approx(4)
    assert Usage(np.array([0, 9, 0])).perplexity == pytest.approx(1)


def test_usage_of_five_entries_by_hand() -> None:
    total = Usage(np.array([2, 0, 5, 1, 0]))
    assert total.order.tolist() == [2, 0, 3, 1, 4]
    assert total.dead.tolist() == [1, 4]
    assert total.used == pytest.approx(0.6)
    assert total.perplexity == pytest.approx(np.exp(entropy([2, 5, 1])))


def test_code_grid_has_the_shape_of_the_tokens(trained) -> None:
    run = trained.runs["vq"]
    grid = code_grid(run, 17)
    assert grid.shape == tuple(run.model.grid)
    assert np.array_equal(grid.ravel(), run.codes[17])


def test_samples_using_a_code_are_ordered_by_frequency(trained) -> None:
    run = trained.runs["vq"]
    code = int(usage(run).order[0])
    ids = run.dataset.ids("test")
    using, counts = samples_using(run, code, ids)
    expected = {int(i): int((run.codes[i] == code).sum()) for i in ids}
    assert dict(zip(using.tolist(), counts.tolist(), strict=True)) == {i: c for i, c in expected.items() if c}
    assert (np.diff(counts) <= 0).all()
    assert samples_using(run, code, ids, 2)[0].tolist() == using[:2].tolist()
    dead = int(usage(run).dead[0])
    assert len(samples_using(run, dead, ids)[0]) == 0


def test_entry_is_decoded_from_the_same_code_at_every_position(trained) -> None:
    run = trained.runs["vq"]
    tokens = run.codes.shape[1]
    pictures = [decode_entry(run, code)["image"] for code in (0, 1)]
    assert np.array_equal(pictures, decode_codes(run, np.array([[0] * tokens, [1] * tokens]))["image"])
    assert not np.array_equal(*pictures)


def test_unknown_entries_and_missing_codebooks_are_refused(trained) -> None:
    with pytest.raises(UserError, match="no entry 48"):
        decode_entry(trained.runs["vq"], 48)
    with pytest.raises(UserError, match="no entry -1"):
        samples_using(trained.runs["vq"], -1, np.array([0]))
    with pytest.raises(UserError, match="no codebook"):
        usage(trained.runs["vae"])


def test_codes_with_stages_are_counted_arranged_and_decoded_by_stage(workspace: Workspace, dataset: Dataset) -> None:
    changes = {"model.network": "dense", "model.hidden": 16, "model.codebook_size": 6, "model.stages": 3, "training.epochs": 1}
    created = create_run(workspace, config_for("rvq", dataset, changes), "stages", "rvq")
    train(created, "cpu")
    run = Run(created.folder)
    tokens = run.model.bottleneck.tokens
    assert run.codes.shape == (dataset.n, 3 * tokens)
    assert len(usage(run).counts) == 18
    assert usage(run).counts.sum() == run.codes.size
    for code, stage in ((-1, 0), (5, 0), (6, 1), (17, 2)):
        grid = code_grid(run, 2, code)
        assert grid.shape == tuple(run.model.grid)
        assert np.array_equal(grid.ravel(), run.codes[2].reshape(tokens, 3)[:, stage])
        assert (grid // 6 == stage).all()
    assert decode_entry(run, 17)["image"].shape == dataset.fields["image"].shape
    ids = np.arange(5, dtype=np.int32)
    decoded = run.model.decode(torch.from_numpy(run.latents(ids)))["image"]
    torch.testing.assert_close(decoded, run.reconstruct(ids)[1]["image"], rtol=1e-4, atol=1e-5)
