"""Marks that do not fit their trace are refused when the figure is created."""

import numpy as np
import plotly.graph_objects as go
import pytest

from aeexplorer.views.base import LinkedFigure, Marks

IDS = np.arange(4, dtype=np.int32)
FIGURE = go.Figure([go.Scattergl(x=[0, 1, 2, 3], y=[0, 1, 2, 3]), go.Bar(x=["a", "b"], y=[3, 1])])


def test_fitting_marks_are_accepted() -> None:
    groups = np.array([[0, 1], [1, -1], [0, 0], [1, 1]])
    linked = LinkedFigure(FIGURE, (Marks(0, IDS), Marks(1, IDS, groups)), caption="showing 4 of 4")
    assert [marks.trace for marks in linked.marks] == [0, 1]


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        (Marks(2, IDS), "trace 2"),
        (Marks(0, IDS[:3]), "3 ids for 4 marks"),
        (Marks(0, IDS.astype(np.int64)), "int32"),
        (Marks(1, IDS[:2]), "one sample each"),
        (Marks(0, IDS, np.zeros(4, int)), "bar trace"),
        (Marks(1, IDS, np.zeros(3, int)), "4 ids"),
        (Marks(1, IDS, np.zeros(4)), "integers"),
        (Marks(1, IDS, np.array([0, 1, 2, 0])), "group 2 has no mark"),
    ],
)
def test_marks_that_do_not_fit_are_refused(marks: Marks, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        LinkedFigure(FIGURE, (marks,))
