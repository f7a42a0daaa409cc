"""UMAP's graph, by its definition."""

import numpy as np
import pytest

from aeexplorer.analysis.maps.projections._fuzzy import fuzzy_graph, memberships
from aeexplorer.analysis.neighbours import nearest_others


def test_memberships_are_one_at_the_nearest_and_sum_to_the_logarithm() -> None:
    points = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    _, distances = nearest_others(points, 14)
    found = memberships(distances)
    assert found[:, 0] == pytest.approx(1)
    assert (np.diff(found, axis=1) <= 0).all()
    assert found.sum(1) == pytest.approx(np.log2(15), abs=1e-3)


def test_equal_points_belong_to_one_another_fully() -> None:
    assert memberships(np.zeros((3, 5))) == pytest.approx(1)
    some = memberships(np.array([[0, 1.0, 2.0, 3.0, 4.0]]))[0]
    assert some[:2] == pytest.approx(1)
    assert some[4] < some[3] < some[2] < 1


def test_the_graph_joins_what_either_end_says() -> None:
    points = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    rows, distances = nearest_others(points, 6)
    directed = np.zeros((60, 60))
    np.put_along_axis(directed, rows, memberships(distances), 1)
    graph = fuzzy_graph(rows, distances).toarray()
    assert graph == pytest.approx(directed + directed.T - directed * directed.T, abs=1e-6)
    assert not np.diag(graph).any()
    assert graph == pytest.approx(graph.T)
