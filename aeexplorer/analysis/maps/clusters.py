"""Clusters of a map, where samples lie dense, and what to call them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.maps.density import density
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run

PROMINENCE = 0.4
"""A heap is one of its own if the saddle to a higher one lies so much below its peak, as a share of that."""
LEVEL = 0.12
"""A cluster ends where the density falls to this share of its peak."""
SMALLEST = 0.01
"""A cluster has at least so great a share of the samples."""
_WORDS = 18


@dataclass(frozen=True, eq=False)
class Cluster:
    """A heap of samples.

    Parameters
    ----------
    ids
        int32 ``(m,)``, ascending.
    name
        The label that at least half of them have, and the share that has it. Without one, the beginning of its medoid's
        text; without texts, that it is mixed and what label is the most frequent, or without labels its medoid's number.
    medoid
        The sample nearest to the middle of the others on the map.
    at
        Position of the densest place.
    x, y, heights
        float32 ``(columns,)``, ``(rows,)``, ``(rows, columns)``: the density around it, as a share of its peak, zero where
        it belongs to others; the outline is where it is `LEVEL`.
    """

    ids: np.ndarray
    name: str
    medoid: int
    at: tuple[float, float]
    x: np.ndarray
    y: np.ndarray
    heights: np.ndarray


def clusters(run: Run, made: Projection) -> list[Cluster]:
    """The clusters of a 2-D map, the largest first.

    They are the peaks of its smoothed density. Every cell of a grid belongs to the peak that the way up leads to, and a
    peak that hardly rises above the saddle to a higher one is part of that (ToMATo: Chazal, Guibas, Oudot & Skraba 2013,
    JACM 60(6):41).
    """
    heap = density(made.xy)
    owners = peaks(heap.values)
    of_sample = owners[tuple(heap.cells.T)]
    height = heap.values[tuple(heap.cells.T)]
    found = []
    for owner in np.unique(of_sample[of_sample >= 0]).tolist():
        peak = float(heap.values.flat[owner])
        rows = np.flatnonzero((of_sample == owner) & (height >= LEVEL * peak))
        if len(rows) < max(5, SMALLEST * len(made.ids)):
            continue
        inside = np.where(owners == owner, heap.values / peak, 0).astype(np.float32)
        down, right = (np.flatnonzero(inside.max(axis) > LEVEL / 4) for axis in (1, 0))
        part = slice(max(0, down[0] - 1), down[-1] + 2), slice(max(0, right[0] - 1), right[-1] + 2)
        row, column = divmod(owner, inside.shape[1])
        xy = made.xy[rows]
        medoid = int(made.ids[rows[np.abs(xy - np.median(xy, 0)).sum(1).argmin()]])
        ids = made.ids[rows]
        name = _name(run, ids, medoid)
        at = (float(heap.x[column]), float(heap.y[row]))
        found.append(Cluster(ids, name, medoid, at, heap.x[part[1]], heap.y[part[0]], inside[part]))
    return sorted(found, key=lambda cluster: -len(cluster.ids))


def cluster_at(found: Sequence[Cluster], x: float, y: float) -> Cluster | None:
    """The cluster whose outline a position on the map lies in; None where it lies in none."""
    for cluster in found:
        column, row = (int(np.abs(axis - place).argmin()) for axis, place in ((cluster.x, x), (cluster.y, y)))
        near = (np.ptp(cluster.x) / len(cluster.x), np.ptp(cluster.y) / len(cluster.y))
        beside = abs(cluster.x[column] - x) > near[0] or abs(cluster.y[row] - y) > near[1]
        if not beside and cluster.heights[row, column] >= LEVEL:
            return cluster
    return None


def peaks(heights: np.ndarray, prominence: float = PROMINENCE) -> np.ndarray:
    """The peak that each cell of a grid belongs to: int64 ``(rows, columns)``, its flat index, −1 where nothing is.

    Parameters
    ----------
    heights
        ``(rows, columns)``, at least 0; cells below a thousandth of the highest are nothing.
    prominence
        As `PROMINENCE`.
    """
    rows, columns = heights.shape
    padded = np.pad(heights, 1).ravel()
    width = columns + 2
    around = (-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1)
    order = np.argsort(-padded, kind="stable")
    order = order[: np.count_nonzero(padded > padded.max() / 1000)]
    parent = np.full(len(padded), -1, np.int64).tolist()
    level = padded.tolist()

    def root(cell: int) -> int:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    for cell in order.tolist():
        uphill = [cell + step for step in around if parent[cell + step] >= 0]
        parent[cell] = root(max(uphill, key=level.__getitem__)) if uphill else cell
        for other in uphill:
            low, high = sorted((root(other), root(cell)), key=level.__getitem__)
            if low != high and level[low] - level[cell] < prominence * level[low]:
                parent[low] = high
    owners = np.array([root(cell) if parent[cell] >= 0 else -1 for cell in range(len(padded))])
    down, right = np.divmod(owners, width)
    flat = np.where(owners >= 0, (down - 1) * columns + right - 1, -1)
    return flat.reshape(rows + 2, width)[1:-1, 1:-1]


def _name(run: Run, ids: np.ndarray, medoid: int) -> str:
    named = caption(run, medoid)
    dataset = run.dataset
    if dataset.labels is not None:
        labels = dataset.labels[ids]
        known = np.bincount(labels[labels >= 0], minlength=len(dataset.label_names))
        most = int(known.argmax())
        told = f"{dataset.label_names[most]} · {known[most] / len(ids):.0%}"
        if known[most] * 2 >= len(ids):
            return told
        if known[most] and named.startswith("sample"):
            return f"mixed: {told}"
    return f"like {named}" if named.startswith("sample") else named


def caption(run: Run, sample: int) -> str:
    """What a sample is called: the beginning of its text where it has one, else its number."""
    texts: Sequence[str] = [name for name, field in run.dataset.fields.items() if field.modality in ("text", "bag_of_words")]
    for name in texts:
        field = run.dataset.fields[name]
        if field.present is None or field.present[sample]:
            words = " ".join(text for _, text in text_rows(run, name, {name: np.asarray(field.array[[sample]])})[0])
            return f"“{words[:_WORDS].rstrip()}{'…' if len(words) > _WORDS else ''}”"
    return f"sample {sample}"
