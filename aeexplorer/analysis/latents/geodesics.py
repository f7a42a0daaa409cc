"""Shortest paths through the latent space where lengths are measured in what the decoder makes of them.

The decoder pulls the metric of the samples' space back onto the latents: a step is as long as the change it makes in
the decoded sample (Shao et al. 2018, arXiv:1711.08014; Arvanitidis et al. 2018, arXiv:1710.11379). Here the latent
space is a graph with such edges: a 40 × 40 grid over two latents, the nearest neighbours of samples where there are more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.decoding import decoded_features
from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

SIDE = 40
"""Nodes along each side of the grid over two latents."""
MARGIN = 0.05
"""How far the grid reaches beyond the outermost samples, as a share of their extent."""
NODES = 1_000
"""Samples that are nodes where there are more than two latents."""
NEIGHBOURS = 8
FILE = "geodesics.safetensors"
_KNIGHTS = [(0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)]
"""Steps between nodes of the grid: with a knight's moves a path may go in 16 directions."""

Decoder = Callable[[np.ndarray], np.ndarray]
"""Latents ``(m, d)`` → what they decode to, float32 ``(m, D)``."""


@dataclass(frozen=True)
class Graph:
    """The job of making a run's graph."""

    name: str = "graph"


@dataclass(frozen=True, eq=False)
class Roads:
    """A graph through the latent space.

    Parameters
    ----------
    nodes
        Latents, float32 ``(n, d)``.
    edges
        int64 ``(e, 2)`` pairs of nodes, each pair once.
    lengths
        float32 ``(e,)``: the change in the decoded sample along each edge.
    """

    nodes: np.ndarray
    edges: np.ndarray
    lengths: np.ndarray


def decoded_length(decoder: Decoder, latents: np.ndarray) -> float:
    """The length of a path of latents ``(m, d)``, measured in decoded samples."""
    return float(decoded_steps(decoder, latents).sum())


def decoded_steps(decoder: Decoder, latents: np.ndarray) -> np.ndarray:
    """‖D(z′) − D(z)‖ of each step of a path ``(m, d)``: float32 ``(m − 1,)``."""
    return np.linalg.norm(np.diff(decoder(latents), axis=0), axis=1)


def grid_roads(decoder: Decoder, low: np.ndarray, high: np.ndarray, side: int = SIDE) -> Roads:
    """A grid of ``side × side`` nodes over two latents from `low` to `high`, each ``(2,)``."""
    axes = [np.linspace(a, b, side, dtype=np.float32) for a, b in zip(low, high, strict=True)]
    nodes = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], 1)
    places = np.arange(side * side).reshape(side, side)
    pairs = []
    for down, right in _KNIGHTS:
        starts = places[: side - down, max(0, -right) : side - max(0, right)]
        ends = places[down:, max(0, right) : side + min(0, right)]
        pairs.append(np.stack([starts.ravel(), ends.ravel()], 1))
    return _measured(decoder, nodes, np.concatenate(pairs))


def sample_roads(decoder: Decoder, latents: np.ndarray, neighbours: int = NEIGHBOURS) -> Roads:
    """The graph of the nearest neighbours among latents ``(n, d)``, joined to one where it falls into pieces."""
    k = min(neighbours + 1, len(latents))
    rows, _ = nearest(latents, latents, k)
    pairs = np.stack([np.repeat(np.arange(len(latents)), k), rows.ravel()], 1)
    chain = np.argsort(latents @ _main_direction(latents), kind="stable")  # along it no piece is left alone
    pairs = np.sort(np.concatenate([pairs, np.stack([chain[:-1], chain[1:]], 1)]), 1)
    return _measured(decoder, latents, np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0))


def shortest(roads: Roads, decoder: Decoder, start: np.ndarray, end: np.ndarray, frames: int) -> np.ndarray:
    """The shortest path from one latent to another, in steps of equal decoded length: ``(d,), (d,) → (frames, d)``.

    Both ends are joined to the nodes nearest to them. Over two latents they are joined to each other too, so that the path
    is never longer than the straight line; where there are more, it keeps to where samples are.
    """
    ends = np.stack([start, end]).astype(np.float32)
    n = len(roads.nodes)
    rows, _ = nearest(ends, roads.nodes, min(NEIGHBOURS, n))
    joins = np.stack([np.repeat([n, n + 1], rows.shape[1]), rows.ravel()], 1)
    if roads.nodes.shape[1] == 2:
        joins = np.concatenate([joins, [[n, n + 1]]])
    latents = np.concatenate([roads.nodes, ends])
    lengths = np.concatenate([roads.lengths, _lengths(decoder, latents[joins])])
    edges = np.concatenate([roads.edges, joins])
    graph = csr_matrix((np.maximum(lengths, 1e-9), edges.T), (n + 2, n + 2))  # a zero would be no edge
    _, before = dijkstra(graph, directed=False, indices=n, return_predecessors=True)
    path = [n + 1]
    while path[-1] != n:
        path.append(int(before[path[-1]]))
    return evenly(decoder, latents[path[::-1]], frames)


def evenly(decoder: Decoder, latents: np.ndarray, frames: int) -> np.ndarray:
    """A path through latents ``(m, d)`` walked at an even decoded speed: float32 ``(frames, d)``, both ends included."""
    fine = _finer(latents, max(2, 4 * frames // len(latents)))
    walked = np.concatenate([[0], np.cumsum(decoded_steps(decoder, fine), dtype=np.float64)])
    walked += np.linspace(0, 1e-6 * max(1.0, walked[-1]), len(walked))  # where nothing changes, latents still go on
    at = np.linspace(0, walked[-1], frames)
    return np.stack([np.interp(at, walked, column) for column in fine.T], 1).astype(np.float32)


def graph_named(name: str) -> Graph:
    """The job of that name; raises `UserError` for any but ``graph``."""
    if name != Graph.name:
        raise UserError(f"there are no geodesics of the kind {name!r}", "Ask for `geodesics graph`")
    return Graph()


def roads_of(run: Run) -> Roads | None:
    """The run's graph, or None where none has been made of its present results."""
    found = cached_arrays(run, FILE)
    return Roads(found["nodes"], found["edges"], found["lengths"]) if found is not None else None


def make_roads(run: Run) -> Roads:
    """The run's graph, made now where there is none, and kept: some seconds of decoding."""
    found = roads_of(run)
    if found is not None:
        return found
    results = results_digest(run)
    latents = run.latents(sample_ids(run.dataset, NODES))
    decoder = partial(decoded_features, run)
    if latents.shape[1] == 2:
        low, high = latents.min(0), latents.max(0)
        made = grid_roads(decoder, low - MARGIN * (high - low), high + MARGIN * (high - low))
    else:
        made = sample_roads(decoder, latents)
    cache_arrays(run, FILE, {"nodes": made.nodes, "edges": made.edges, "lengths": made.lengths}, results)
    return made


def _measured(decoder: Decoder, nodes: np.ndarray, edges: np.ndarray) -> Roads:
    """Edges by way of their middles, so that what happens between two nodes is not overlooked."""
    ends = decoder(nodes)
    lengths = np.empty(len(edges), np.float32)
    for part in np.array_split(np.arange(len(edges)), max(1, len(edges) // 1024)):
        first, second = edges[part].T
        middles = decoder((nodes[first] + nodes[second]) / 2)
        lengths[part] = np.linalg.norm(middles - ends[first], axis=1) + np.linalg.norm(ends[second] - middles, axis=1)
    return Roads(np.ascontiguousarray(nodes, np.float32), edges.astype(np.int64), lengths)


def _lengths(decoder: Decoder, pairs: np.ndarray) -> np.ndarray:
    """The decoded lengths float32 ``(e,)`` of straight lines between pairs of latents ``(e, 2, d)``, in six steps each."""
    at = np.linspace(0, 1, 7, dtype=np.float32)[:, None]
    points = (1 - at) * pairs[:, :1] + at * pairs[:, 1:]
    decoded = decoder(points.reshape(-1, pairs.shape[2])).reshape(len(pairs), len(at), -1)
    return np.linalg.norm(np.diff(decoded, axis=1), axis=2).sum(1)


def _finer(latents: np.ndarray, parts: int) -> np.ndarray:
    """Each step of a path cut into so many."""
    at = np.arange((len(latents) - 1) * parts + 1) / parts
    return np.stack([np.interp(at, np.arange(len(latents)), column) for column in latents.T], 1).astype(np.float32)


def _main_direction(latents: np.ndarray) -> np.ndarray:
    centred = latents - latents.mean(0)
    direction: np.ndarray = np.linalg.svd(centred[:500], full_matrices=False)[2][0]
    return direction
