"""User samples are added, replaced, removed and restored; samples of several fields form one user sample."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.ui.session.user_samples import MAX_SAMPLES, UserSamples

A, B, C = (np.full(2, i, np.float32) for i in range(3))


def user_samples(monkeypatch: pytest.MonkeyPatch, *fields: str) -> UserSamples:
    monkeypatch.setattr(st, "session_state", {})
    return UserSamples(Dataset("ds-1", "x", Path(), 9, cast(Any, dict.fromkeys(fields)), ()))


def titles(at: UserSamples) -> list[tuple[int, str]]:
    return [(entry.number, entry.title) for entry in at.list.entries]


def test_a_sample_of_the_same_origin_is_replaced_and_another_origin_adds_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image")
    at.add("image", A, "drawing", "drawing")
    at.add("image", B, "file-1", "cat.png")
    at.add("image", C, "drawing", "drawing")
    assert titles(at) == [(1, "drawing"), (2, "cat.png")]
    assert at.list.shown_number == 1
    assert np.array_equal(at.list.entries[0].user_sample.samples["image"], C)
    at.start_new()
    at.add("image", A, "drawing", "drawing")
    assert titles(at) == [(1, "drawing"), (2, "cat.png"), (3, "drawing")]
    at.add("image", None, "drawing", "drawing")
    assert titles(at) == [(1, "drawing"), (2, "cat.png")]


def test_removed_samples_are_restored_with_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image")
    for i in range(3):
        at.add("image", A, f"file-{i}", f"{i}.png")
    at.remove(2)
    assert at.has_removed
    at.add("image", B, "file-9", "9.png")
    assert titles(at) == [(1, "0.png"), (3, "2.png"), (4, "9.png")]
    at.clear()
    assert titles(at) == []
    at.restore()
    at.restore()
    assert titles(at) == [(1, "0.png"), (2, "1.png"), (3, "2.png"), (4, "9.png")]
    assert not at.has_removed


def test_samples_of_several_fields_form_one_user_sample_until_a_new_one_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image", "text")
    at.add("text", A, "text", "text")
    at.add("image", B, "file-1", "cat.png")
    assert titles(at) == [(1, "image + text")]
    at.add("text", None, "text", "text")
    assert titles(at) == [(1, "image")]
    at.start_new()
    at.add("text", A, "text", "text")
    assert titles(at) == [(1, "image"), (2, "text")]


def test_a_refusal_is_stored_until_a_sample_is_added_and_the_oldest_samples_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image")

    def refuse() -> None:
        raise UserError("it is broken", "Mend it")

    at.catch_refusal(refuse)
    assert at.list.refused == "it is broken. Mend it."
    for i in range(MAX_SAMPLES + 2):
        at.add("image", A, str(i), str(i))
    assert at.list.refused == ""
    assert titles(at)[0] == (3, "2")
    assert len(at.list.entries) == MAX_SAMPLES
