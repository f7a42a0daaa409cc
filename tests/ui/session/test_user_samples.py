"""Guests come, change, leave and come back; what is given for several fields is one user sample."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.ui.session.user_samples import MOST, UserSamples

A, B, C = (np.full(2, i, np.float32) for i in range(3))


def user_samples(monkeypatch: pytest.MonkeyPatch, *fields: str) -> UserSamples:
    monkeypatch.setattr(st, "session_state", {})
    return UserSamples(Dataset("ds-1", "x", Path(), 9, cast(Any, dict.fromkeys(fields)), ()))


def titles(at: UserSamples) -> list[tuple[int, str]]:
    return [(entry.number, entry.title) for entry in at.visit.entries]


def test_the_same_origin_changes_a_guest_and_another_one_adds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image")
    at.bring("image", A, "drawing", "drawing")
    at.bring("image", B, "file-1", "cat.png")
    at.bring("image", C, "drawing", "drawing")
    assert titles(at) == [(1, "drawing"), (2, "cat.png")]
    assert at.visit.shown == 1
    assert np.array_equal(at.visit.entries[0].user_sample.samples["image"], C)
    at.another()
    at.bring("image", A, "drawing", "drawing")
    assert titles(at) == [(1, "drawing"), (2, "cat.png"), (3, "drawing")]
    at.bring("image", None, "drawing", "drawing")
    assert titles(at) == [(1, "drawing"), (2, "cat.png")]


def test_who_was_removed_comes_back_under_the_same_number(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image")
    for i in range(3):
        at.bring("image", A, f"file-{i}", f"{i}.png")
    at.remove(2)
    assert at.has_removed
    at.bring("image", B, "file-9", "9.png")
    assert titles(at) == [(1, "0.png"), (3, "2.png"), (4, "9.png")]
    at.clear()
    assert titles(at) == []
    at.bring_back()
    at.bring_back()
    assert titles(at) == [(1, "0.png"), (2, "1.png"), (3, "2.png"), (4, "9.png")]
    assert not at.has_removed


def test_what_is_given_for_several_fields_is_one_guest_until_another_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image", "text")
    at.bring("text", A, "text", "text")
    at.bring("image", B, "file-1", "cat.png")
    assert titles(at) == [(1, "image + text")]
    at.bring("text", None, "text", "text")
    assert titles(at) == [(1, "image")]
    at.another()
    at.bring("text", A, "text", "text")
    assert titles(at) == [(1, "image"), (2, "text")]


def test_a_refusal_is_said_until_something_comes_in_and_the_oldest_leave_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    at = user_samples(monkeypatch, "image")

    def refuse() -> None:
        raise UserError("it is broken", "Mend it")

    at.refusing(refuse)
    assert at.visit.refused == "it is broken. Mend it."
    for i in range(MOST + 2):
        at.bring("image", A, str(i), str(i))
    assert at.visit.refused == ""
    assert titles(at)[0] == (3, "2")
    assert len(at.visit.entries) == MOST
