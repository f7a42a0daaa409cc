"""Geodesics: paths through the latent space that are shortest in terms of the decoded samples.

The decoder pulls the metric of x-space back to the latent space: a step is as long as the change that it makes to the
decoded sample (Shao et al. 2018, arXiv:1711.08014; Arvanitidis et al. 2018, arXiv:1710.11379). Shortest paths are first searched
in a graph whose edges have these lengths: a 40 × 40 grid over two latents, or the nearest-neighbour graph of samples for
more than two. As a path along a graph is a zigzag, its energy is then minimised (`aeexplorer.analysis.latents.energy`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.decoding import decoded_features
from aeexplorer.analysis.latents.energy import SEGMENTS, DifferentiableDecoder, minimise_energy
from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

GRID_SIDE = 40
"""Nodes along each side of the grid over two latents."""
GRID_MARGIN = 0.05
"""Distance that the grid reaches beyond the outermost samples, as a share of their extent."""
MAX_NODES = 1_000
"""Largest number of samples that are nodes of the graph for more than two latents."""
NEIGHBOURS = 8
"""Neighbours of each sample in the graph, and nodes that the ends of a path are connected to."""
GRAPH_FILE = "geodesics.safetensors"
"""File of the cached graph in the run folder."""
_GRID_STEPS = [(0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)]
"""Steps between nodes of the grid. Because knight's moves are among them, a path can run in 16 directions."""
_SEGMENT_STEPS = 6
"""Steps that the decoded length of an edge to the end of a path is measured in."""

Decoder = Callable[[np.ndarray], np.ndarray]
"""A function that decodes latents ``(m, d)`` to x-space, float32 ``(m, D)``."""


@dataclass(frozen=True)
class GraphJob:
    """The background job that computes a run's graph."""

    name: str = "graph"


@dataclass(frozen=True, eq=False)
class LatentGraph:
    """A graph through the latent space.

    Parameters
    ----------
    nodes
        Latents, float32 ``(n, d)``.
    edges
        Pairs of nodes, int64 ``(e, 2)``, each pair once.
    lengths
        Change of the decoded sample along each edge, float32 ``(e,)``.
    """

    nodes: np.ndarray
    edges: np.ndarray
    lengths: np.ndarray


def decoded_length(decoder: Decoder, latents: np.ndarray) -> float:
    """Compute the decoded length of a path of latents ``(m, d)``: the sum of its `decoded_steps`."""
    return float(decoded_steps(decoder, latents).sum())


def decoded_steps(decoder: Decoder, latents: np.ndarray) -> np.ndarray:
    """Compute ‖D(z′) − D(z)‖ of each step of a path ``(m, d)``: float32 ``(m − 1,)``."""
    return np.linalg.norm(np.diff(decoder(latents), axis=0), axis=1)


def grid_graph(decoder: Decoder, low: np.ndarray, high: np.ndarray, side: int = GRID_SIDE) -> LatentGraph:
    """Build a grid of ``side × side`` nodes over two latents from `low` to `high`, each ``(2,)``."""
    axes = [np.linspace(a, b, side, dtype=np.float32) for a, b in zip(low, high, strict=True)]
    nodes = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], 1)  # (side², 2)
    numbers = np.arange(side * side).reshape(side, side)
    pairs = []
    for down, right in _GRID_STEPS:
        starts = numbers[: side - down, max(0, -right) : side - max(0, right)]
        ends = numbers[down:, max(0, right) : side + min(0, right)]
        pairs.append(np.stack([starts.ravel(), ends.ravel()], 1))
    return _measure_edges(decoder, nodes, np.concatenate(pairs))


def neighbour_graph(decoder: Decoder, latents: np.ndarray, neighbours: int = NEIGHBOURS) -> LatentGraph:
    """Build the nearest-neighbour graph of latents ``(n, d)``, with additional edges that make it connected."""
    k = min(neighbours + 1, len(latents))
    rows, _ = nearest(latents, latents, k)
    pairs = np.stack([np.repeat(np.arange(len(latents)), k), rows.ravel()], 1)
    # a chain along the main direction connects all components
    chain = np.argsort(latents @ _main_direction(latents), kind="stable")
    pairs = np.sort(np.concatenate([pairs, np.stack([chain[:-1], chain[1:]], 1)]), 1)
    return _measure_edges(decoder, latents, np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0))


def shortest_path(graph: LatentGraph, decoder: Decoder, start: np.ndarray, end: np.ndarray, frames: int) -> np.ndarray:
    """Find the shortest path between two latents, resampled to steps of equal decoded length.

    Both ends are connected to their nearest nodes. Over two latents they are also connected to each other. For more latents the
    path stays where samples are.

    Parameters
    ----------
    graph, decoder
        The graph of a run and its decoder.
    start, end
        ``(d,)``.
    frames
        Number of latents on the path, including both ends.

    Returns
    -------
    numpy.ndarray
        float32 ``(frames, d)``.
    """
    # add both ends to the graph, as nodes n and n + 1
    ends = np.stack([start, end]).astype(np.float32)
    n = len(graph.nodes)
    rows, _ = nearest(ends, graph.nodes, min(NEIGHBOURS, n))
    end_edges = np.stack([np.repeat([n, n + 1], rows.shape[1]), rows.ravel()], 1)
    if graph.nodes.shape[1] == 2:
        end_edges = np.concatenate([end_edges, [[n, n + 1]]])
    latents = np.concatenate([graph.nodes, ends])
    lengths = np.concatenate([graph.lengths, _segment_lengths(decoder, latents[end_edges])])
    edges = np.concatenate([graph.edges, end_edges])
    # Dijkstra's algorithm, then follow the predecessors from the end to the start
    matrix = csr_matrix((np.maximum(lengths, 1e-9), edges.T), (n + 2, n + 2))  # an entry of zero would not be an edge
    _, predecessors = dijkstra(matrix, directed=False, indices=n, return_predecessors=True)
    path = [n + 1]
    while path[-1] != n:
        path.append(int(predecessors[path[-1]]))
    return resample_evenly(decoder, latents[path[::-1]], frames)


def geodesic(
    graph: LatentGraph, decoder: Decoder, smooth: DifferentiableDecoder, start: np.ndarray, end: np.ndarray, frames: int
) -> np.ndarray:
    """Find a geodesic between two latents: the shortest of some paths, none of which is longer than the straight line.

    The candidates are the straight line, the `shortest_path` through the graph, and both after minimising their energy. The graph
    leads around regions where the decoded sample changes fast; the straight line is better where samples are far apart.

    Parameters
    ----------
    graph, decoder
        The graph of a run and its decoder.
    smooth
        The same decoder, as a function that PyTorch can differentiate.
    start, end
        ``(d,)``.
    frames
        Number of latents on the path, including both ends.

    Returns
    -------
    numpy.ndarray
        float32 ``(frames, d)``, at steps of equal decoded length.
    """
    straight = np.linspace(start, end, SEGMENTS + 1, dtype=np.float32)
    through_graph = shortest_path(graph, decoder, start, end, SEGMENTS + 1)
    candidates = [straight, through_graph, minimise_energy(smooth, straight), minimise_energy(smooth, through_graph)]
    lengths = [decoded_length(decoder, _subdivide(path, 2)) for path in candidates]
    return resample_evenly(decoder, candidates[int(np.nanargmin(lengths))], frames)


def resample_evenly(decoder: Decoder, latents: np.ndarray, frames: int) -> np.ndarray:
    """Resample a path of latents ``(m, d)`` to steps of equal decoded length: float32 ``(frames, d)``, with both ends."""
    fine = _subdivide(latents, max(2, 4 * frames // len(latents)))
    distances = np.concatenate([[0], np.cumsum(decoded_steps(decoder, fine), dtype=np.float64)])
    # a small slope, so that the path also advances where the decoded sample does not change
    distances += np.linspace(0, 1e-6 * max(1.0, distances[-1]), len(distances))
    at = np.linspace(0, distances[-1], frames)
    return np.stack([np.interp(at, distances, column) for column in fine.T], 1).astype(np.float32)


def parse_graph_name(name: str) -> GraphJob:
    """Return the background job with a name.

    Raises
    ------
    UserError
        If the name is not ``graph``.
    """
    if name != GraphJob.name:
        raise UserError(f"there are no geodesics named {name!r}", "Use `geodesics graph`")
    return GraphJob()


def cached_graph(run: Run) -> LatentGraph | None:
    """Return the run's cached graph, or None without one for its current results."""
    arrays = cached_arrays(run, GRAPH_FILE)
    return LatentGraph(arrays["nodes"], arrays["edges"], arrays["lengths"]) if arrays is not None else None


def compute_graph(run: Run) -> LatentGraph:
    """Return the run's graph, from the cache in the run folder if possible; else decoding takes some seconds."""
    graph = cached_graph(run)
    if graph is not None:
        return graph
    results = results_digest(run)
    latents = run.latents(sample_ids(run.dataset, MAX_NODES))
    decoder = partial(decoded_features, run)
    if latents.shape[1] == 2:
        low, high = latents.min(0), latents.max(0)
        graph = grid_graph(decoder, low - GRID_MARGIN * (high - low), high + GRID_MARGIN * (high - low))
    else:
        graph = neighbour_graph(decoder, latents)
    cache_arrays(run, GRAPH_FILE, {"nodes": graph.nodes, "edges": graph.edges, "lengths": graph.lengths}, results)
    return graph


def _measure_edges(decoder: Decoder, nodes: np.ndarray, edges: np.ndarray) -> LatentGraph:
    """Measure edges ``(e, 2)`` in two halves, so that a change between two nodes is not missed."""
    ends = decoder(nodes)
    lengths = np.empty(len(edges), np.float32)
    for part in np.array_split(np.arange(len(edges)), max(1, len(edges) // 1024)):
        first, second = edges[part].T
        middles = decoder((nodes[first] + nodes[second]) / 2)
        lengths[part] = np.linalg.norm(middles - ends[first], axis=1) + np.linalg.norm(ends[second] - middles, axis=1)
    return LatentGraph(np.ascontiguousarray(nodes, np.float32), edges.astype(np.int64), lengths)


def _segment_lengths(decoder: Decoder, pairs: np.ndarray) -> np.ndarray:
    """Compute the decoded lengths of straight lines between pairs of latents ``(e, 2, d)``: float32 ``(e,)``."""
    t = np.linspace(0, 1, _SEGMENT_STEPS + 1, dtype=np.float32)[:, None]
    points = (1 - t) * pairs[:, :1] + t * pairs[:, 1:]  # (e, steps + 1, d)
    decoded = decoder(points.reshape(-1, pairs.shape[2])).reshape(len(pairs), len(t), -1)  # (e, steps + 1, D)
    return np.linalg.norm(np.diff(decoded, axis=1), axis=2).sum(1)


def _subdivide(latents: np.ndarray, parts: int) -> np.ndarray:
    """Divide each step of a path ``(m, d)`` into equal parts: float32 ``((m − 1) · parts + 1, d)``."""
    at = np.arange((len(latents) - 1) * parts + 1) / parts
    return np.stack([np.interp(at, np.arange(len(latents)), column) for column in latents.T], 1).astype(np.float32)


def _main_direction(latents: np.ndarray) -> np.ndarray:
    """Compute the first principal direction ``(d,)`` of latents ``(n, d)``."""
    centred = latents - latents.mean(0)
    direction: np.ndarray = np.linalg.svd(centred[:500], full_matrices=False)[2][0]
    return direction
