"""Edited codes are decoded by the model."""

import numpy as np
import pytest
import torch

from aeexplorer.analysis.codes.surgery import decode_edited, edited_codes, format_edits, parse_edits, similar_codes, stage_codes
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run


def test_edited_sample_is_decoded_from_the_edited_codes(trained) -> None:
    run = trained.runs["vq"]
    codes = np.array(run.codes[7])
    edits = {3: (int(codes[3]) + 11) % 48, 8: (int(codes[8]) + 5) % 48}
    for position, code in edits.items():
        codes[position] = code
    assert edited_codes(run, 7, edits).tolist() == [codes.tolist()]
    expected = run.model.decode_codes(torch.from_numpy(codes[None].astype(np.int64)))["image"]
    assert np.array_equal(decode_edited(run, 7, edits)["image"], run.model.modalities["image"].restore(expected))
    assert not np.array_equal(decode_edited(run, 7, edits)["image"], decode_edited(run, 7, {})["image"])


def test_edits_are_formatted_parsed_and_checked(trained) -> None:
    run = trained.runs["vq"]
    assert parse_edits(run, format_edits({3: 14, 0: 2})) == {3: 14, 0: 2}
    assert parse_edits(run, "") == {}
    for text, reason in (
        ("3", "not an edit"),
        ("3:48", "code 48 is not allowed"),
        ("99:1", "no position 99"),
        ("3:-1", "not an edit"),
    ):
        with pytest.raises(UserError, match=reason):
            parse_edits(run, text)


def test_similar_codes_are_ordered_by_the_distance_of_their_entries(trained) -> None:
    run = trained.runs["vq"]
    entries = run.model.bottleneck.entries.numpy()
    similar = similar_codes(run, 5, 10)
    distances = np.linalg.norm(entries - entries[5], axis=1)
    assert similar.tolist() == np.argsort(distances, kind="stable")[1:11].tolist()


def test_codes_stay_within_their_stage(workspace: Workspace, dataset: Dataset) -> None:
    changes = {"model.network": "dense", "model.hidden": 16, "model.codebook_size": 6, "model.stages": 2, "training.epochs": 1}
    created = create_run(workspace, config_for("rvq", dataset, changes), "stages", "rvq")
    train(created, "cpu")
    run = Run(created.folder)
    assert stage_codes(run, 1).tolist() == list(range(6, 12))
    assert set(similar_codes(run, 8, 20).tolist()) == {6, 7, 9, 10, 11}
    assert parse_edits(run, "3:7") == {3: 7}
    with pytest.raises(UserError, match="from 0 to 5"):
        parse_edits(run, "2:7")
