"""Changed codes decode as the model decodes them."""

import numpy as np
import pytest
import torch

from aeexplorer.analysis.codes.surgery import decode_edited, edited_codes, read_edits, similar_codes, stage_codes, write_edits
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run, create_run


def test_an_edited_sample_is_what_the_model_decodes_of_the_edited_codes(trained) -> None:
    run = trained.runs["vq"]
    codes = np.array(run.codes[7])
    edits = {3: (int(codes[3]) + 11) % 48, 8: (int(codes[8]) + 5) % 48}
    for place, code in edits.items():
        codes[place] = code
    assert edited_codes(run, 7, edits).tolist() == [codes.tolist()]
    expected = run.model.decode_codes(torch.from_numpy(codes[None].astype(np.int64)))["image"]
    assert np.array_equal(decode_edited(run, 7, edits)["image"], run.model.modalities["image"].restore(expected))
    assert not np.array_equal(decode_edited(run, 7, edits)["image"], decode_edited(run, 7, {})["image"])


def test_edits_are_written_and_read_and_checked(trained) -> None:
    run = trained.runs["vq"]
    assert read_edits(run, write_edits({3: 14, 0: 2})) == {3: 14, 0: 2}
    assert read_edits(run, "") == {}
    for text, reason in (("3", "changes no code"), ("3:48", "code 48 cannot"), ("99:1", "no code 99"), ("3:-1", "changes no")):
        with pytest.raises(UserError, match=reason):
            read_edits(run, text)


def test_similar_codes_come_by_the_distance_of_their_entries(trained) -> None:
    run = trained.runs["vq"]
    entries = run.model.bottleneck.entries.numpy()
    found = similar_codes(run, 5, 10)
    distances = np.linalg.norm(entries - entries[5], axis=1)
    assert found.tolist() == np.argsort(distances, kind="stable")[1:11].tolist()


def test_codes_stay_within_their_stage(workspace: Workspace, dataset: Dataset) -> None:
    changes = {"model.network": "dense", "model.hidden": 16, "model.codebook_size": 6, "model.stages": 2, "training.epochs": 1}
    made = create_run(workspace, config_for("rvq", dataset, changes), "stages", "rvq")
    train(made, "cpu")
    run = Run(made.folder)
    assert stage_codes(run, 1).tolist() == list(range(6, 12))
    assert set(similar_codes(run, 8, 20).tolist()) == {6, 7, 9, 10, 11}
    assert read_edits(run, "3:7") == {3: 7}
    with pytest.raises(UserError, match="from 0 to 5"):
        read_edits(run, "2:7")
