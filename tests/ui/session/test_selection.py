"""The selection of a page: its text in an address, and its versions."""

import base64
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aeexplorer.ui.session.selection import MAX_STORED, MAX_TEXT, Selection, from_text, to_text

same_folder = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@same_folder
@given(st.lists(st.integers(0, 2**31 - 1), max_size=400))
def test_ids_round_trip(tmp_path: Path, ids: list[int]) -> None:
    text = to_text(np.array(ids, np.int64), tmp_path)
    assert len(text) <= MAX_TEXT
    decoded = from_text(text, tmp_path)
    assert decoded is not None
    assert decoded.dtype == np.int32
    assert decoded.tolist() == sorted(set(ids))


def test_consecutive_ids_have_a_short_text(tmp_path: Path) -> None:
    assert len(to_text(np.arange(5_000, 8_000), tmp_path)) < 40
    assert not list(tmp_path.iterdir())


def test_a_long_selection_is_stored_in_a_file(tmp_path: Path) -> None:
    ids = np.flatnonzero(np.random.default_rng(0).random(60_000) < 0.2)
    text = to_text(ids, tmp_path / "selections")
    assert text.startswith("s-")
    assert to_text(ids, tmp_path / "selections") == text
    assert np.array_equal(from_text(text, tmp_path / "selections"), ids)
    assert from_text(text, tmp_path / "elsewhere") is None


def test_only_the_newest_stored_selections_are_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for _ in range(MAX_STORED + 3):
        to_text(rng.choice(1_000_000, 2_000), tmp_path)
    assert len(list(tmp_path.iterdir())) == MAX_STORED


def test_an_empty_selection_is_the_empty_text(tmp_path: Path) -> None:
    assert to_text(np.empty(0, np.int32), tmp_path) == ""
    assert from_text("", tmp_path).tolist() == []


@pytest.mark.parametrize("text", ["x", "é", "s-../../etc/passwd", "s-0123456789abcdef", "AAAA", "s-", "%00"])
def test_an_invalid_text_is_none(tmp_path: Path, text: str) -> None:
    assert from_text(text, tmp_path) is None


@pytest.mark.parametrize("packed", [b"\x80\x80\x80\x80\x80\x80\x01", b"\xff\xff\xff\xff\x7f" * 3])
def test_ids_out_of_bounds_are_none(tmp_path: Path, packed: bytes) -> None:
    assert from_text(base64.urlsafe_b64encode(zlib.compress(packed)).decode().rstrip("="), tmp_path) is None


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    text = base64.urlsafe_b64encode(zlib.compress(bytes(1 << 26), 9)).decode().rstrip("=")
    assert from_text(text, tmp_path) is None


@dataclass(frozen=True)
class Event:
    """An event of a chart."""

    version: int
    selected: np.ndarray | None


def test_a_replaced_selection_has_a_newer_version() -> None:
    first = Selection(np.array([3, 1], np.int32), 7)
    second = first.replaced(np.array([1, 2], np.int32))
    assert (second.ids.tolist(), second.version) == ([1, 2], 8)
    cleared = second.replaced(None)
    assert (cleared.ids.tolist(), cleared.version) == ([], 9)
    assert first.replaced(np.array([1, 3, 3], np.int32)) is first
    assert cleared.replaced(np.empty(0, np.int32)) is cleared


def test_the_newest_event_decides_and_older_events_are_ignored() -> None:
    selection = Selection(np.array([3], np.int32), 7)
    four, five = np.array([4], np.int32), np.array([5], np.int32)
    newest = selection.after([Event(8, four), Event(9, five), Event(6, four)])
    assert (newest.ids.tolist(), newest.version) == ([5], 9)
    assert selection.after([Event(7, four), Event(2, five)]) is selection
    assert selection.after([]) is selection
    assert selection.after([Event(8, None)]).ids.tolist() == []


def test_an_event_of_before_a_replacement_does_not_undo_it() -> None:
    selection = Selection(np.array([3], np.int32), 7)
    event = Event(7, np.array([3], np.int32))
    replaced = selection.replaced(np.array([8], np.int32))
    assert replaced.after([event]) is replaced
