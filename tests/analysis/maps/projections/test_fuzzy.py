"""UMAP's graph, against its definition."""

import numpy as np
import pytest

from aeexplorer.analysis.maps.projections._fuzzy import fuzzy_graph, membership_strengths
from aeexplorer.analysis.neighbours import nearest_others


def test_strengths_are_one_at_the_nearest_neighbour_and_sum_to_log_k() -> None:
    points = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    _, distances = nearest_others(points, 14)
    strengths = membership_strengths(distances)
    assert strengths[:, 0] == pytest.approx(1)
    assert (np.diff(strengths, axis=1) <= 0).all()
    assert strengths.sum(1) == pytest.approx(np.log2(15), abs=1e-3)


def test_equal_points_have_full_strength() -> None:
    assert membership_strengths(np.zeros((3, 5))) == pytest.approx(1)
    strengths = membership_strengths(np.array([[0, 1.0, 2.0, 3.0, 4.0]]))[0]
    assert strengths[:2] == pytest.approx(1)
    assert strengths[4] < strengths[3] < strengths[2] < 1


def test_the_graph_is_the_fuzzy_union_of_both_directions() -> None:
    points = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    rows, distances = nearest_others(points, 6)
    directed = np.zeros((60, 60))
    np.put_along_axis(directed, rows, membership_strengths(distances), 1)
    graph = fuzzy_graph(rows, distances).toarray()
    assert graph == pytest.approx(directed + directed.T - directed * directed.T, abs=1e-6)
    assert not np.diag(graph).any()
    assert graph == pytest.approx(graph.T)
