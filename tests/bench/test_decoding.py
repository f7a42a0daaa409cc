"""The decoding benchmark compares the same pictures."""

from pathlib import Path

import pytest

from aeexplorer.bench import decoding


def test_both_methods_give_the_same_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ratio, eager, ours, decoded, difference = decoding.measure("digits", 2)
    assert difference.measured is not None
    assert difference.measured <= 4
    assert ratio.measured == pytest.approx(eager.measured / ours.measured)
    assert decoded.measured is not None
    assert ratio.target == 5
