"""A process may open enough files."""

import pytest

from aeexplorer.core import machine


@pytest.mark.parametrize(
    ("limits", "granted", "expected"),
    [
        ((256, 1_048_576), 1_048_576, 65_536),
        ((256, 4_096), 4_096, 4_096),
        ((256, 256), 256, 256),
        ((256, -1), 10_240, 10_240),  # macOS says "infinite" and grants 10,240
        ((100_000, 1_048_576), 1_048_576, 100_000),
        ((256, 4_096), 0, 256),  # nothing is granted
    ],
)
def test_the_soft_limit_is_raised_as_far_as_it_helps(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], granted: int, expected: int
) -> None:
    current = [limits]

    def setrlimit(kind: int, wanted: tuple[int, int]) -> None:
        if wanted[0] > granted:
            raise ValueError("not allowed")
        current[0] = wanted

    monkeypatch.setattr(machine.resource, "getrlimit", lambda kind: current[0])
    monkeypatch.setattr(machine.resource, "setrlimit", setrlimit)
    monkeypatch.setattr(machine.resource, "RLIM_INFINITY", -1)
    assert machine.raise_file_limit() == expected
    assert current[0] == (expected, limits[1])
