"""Clusters of a map: dense groups of samples, and their names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.maps.density import estimate_density
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run

MIN_PROMINENCE = 0.4
"""A peak is a cluster of its own if the saddle to a higher peak lies below it by at least this share of its height."""
OUTLINE_LEVEL = 0.12
"""The outline of a cluster is where the density falls to this share of its peak."""
MIN_SHARE = 0.01
"""Smallest share of the samples in a cluster."""
_MAX_CAPTION_LENGTH = 18
"""Characters of a text in the caption of a sample."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """A dense group of samples on a map.

    Parameters
    ----------
    ids
        int32 ``(m,)``, ascending.
    name
        The label of at least half of the samples, with their share. If no label has a majority: the beginning of the
        medoid's text; without texts, ``mixed`` and the most frequent label; without labels, the medoid's number.
    medoid
        The sample nearest to the centre of the cluster on the map.
    peak
        Position of the highest density.
    x, y, heights
        float32 ``(columns,)``, ``(rows,)`` and ``(rows, columns)``: the density around the cluster as a share of its peak,
        zero in cells of other clusters. The outline is the contour at `OUTLINE_LEVEL`.
    """

    ids: np.ndarray
    name: str
    medoid: int
    peak: tuple[float, float]
    x: np.ndarray
    y: np.ndarray
    heights: np.ndarray


def find_clusters(run: Run, projection: Projection) -> list[Cluster]:
    """Find the clusters of a 2-D map, the largest first.

    Clusters are the peaks of the smoothed density. Each cell of a grid belongs to the peak that the steepest ascent leads
    to. A peak that rises only a little above the saddle to a higher peak is merged with it (ToMATo: Chazal, Guibas, Oudot
    & Skraba 2013, JACM 60(6):41).
    """
    density = estimate_density(projection.xy)
    owners = assign_to_peaks(density.values)
    sample_owners = owners[tuple(density.cells.T)]
    sample_heights = density.values[tuple(density.cells.T)]
    clusters = []
    for owner in np.unique(sample_owners[sample_owners >= 0]).tolist():
        # the samples inside the outline
        height = float(density.values.flat[owner])
        rows = np.flatnonzero((sample_owners == owner) & (sample_heights >= OUTLINE_LEVEL * height))
        if len(rows) < max(5, MIN_SHARE * len(projection.ids)):
            continue
        # crop the grid to the cluster, with a margin of one cell
        inside = np.where(owners == owner, density.values / height, 0).astype(np.float32)
        grid_rows, grid_columns = (np.flatnonzero(inside.max(axis) > OUTLINE_LEVEL / 4) for axis in (1, 0))
        crop = (
            slice(max(0, grid_rows[0] - 1), grid_rows[-1] + 2),
            slice(max(0, grid_columns[0] - 1), grid_columns[-1] + 2),
        )
        row, column = divmod(owner, inside.shape[1])
        peak = (float(density.x[column]), float(density.y[row]))
        xy = projection.xy[rows]
        medoid = int(projection.ids[rows[np.abs(xy - np.median(xy, 0)).sum(1).argmin()]])
        ids = projection.ids[rows]
        name = _cluster_name(run, ids, medoid)
        clusters.append(Cluster(ids, name, medoid, peak, density.x[crop[1]], density.y[crop[0]], inside[crop]))
    return sorted(clusters, key=lambda cluster: -len(cluster.ids))


def cluster_at(clusters: Sequence[Cluster], x: float, y: float) -> Cluster | None:
    """Return the cluster whose outline contains a position on the map, or None."""
    for cluster in clusters:
        column, row = (int(np.abs(axis - value).argmin()) for axis, value in ((cluster.x, x), (cluster.y, y)))
        cell = (np.ptp(cluster.x) / len(cluster.x), np.ptp(cluster.y) / len(cluster.y))
        is_outside = abs(cluster.x[column] - x) > cell[0] or abs(cluster.y[row] - y) > cell[1]
        if not is_outside and cluster.heights[row, column] >= OUTLINE_LEVEL:
            return cluster
    return None


def assign_to_peaks(heights: np.ndarray, prominence: float = MIN_PROMINENCE) -> np.ndarray:
    """Assign each cell of a grid to a peak (ToMATo: Chazal, Guibas, Oudot & Skraba 2013, JACM 60(6):41).

    Parameters
    ----------
    heights
        ``(rows, columns)``, at least 0; cells below a thousandth of the maximum count as empty.
    prominence
        See `MIN_PROMINENCE`.

    Returns
    -------
    numpy.ndarray
        int64 ``(rows, columns)``: flat index of the peak that each cell belongs to, −1 in empty cells.
    """
    rows, columns = heights.shape
    padded = np.pad(heights, 1).ravel()
    width = columns + 2
    neighbour_steps = (-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1)
    order = np.argsort(-padded, kind="stable")
    order = order[: np.count_nonzero(padded > padded.max() / 1000)]
    parent = np.full(len(padded), -1, np.int64).tolist()
    level = padded.tolist()

    def root(cell: int) -> int:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    # union-find over the cells, from the highest to the lowest
    for cell in order.tolist():
        # join the peak of the highest neighbour, or start a new peak
        uphill = [cell + step for step in neighbour_steps if parent[cell + step] >= 0]
        parent[cell] = root(max(uphill, key=level.__getitem__)) if uphill else cell
        # the cell is a saddle between the peaks of its neighbours: merge those that are not prominent
        for neighbour in uphill:
            low, high = sorted((root(neighbour), root(cell)), key=level.__getitem__)
            if low != high and level[low] - level[cell] < prominence * level[low]:
                parent[low] = high
    owners = np.array([root(cell) if parent[cell] >= 0 else -1 for cell in range(len(padded))])
    # from indices in the padded grid to indices in the grid
    owner_rows, owner_columns = np.divmod(owners, width)
    flat = np.where(owners >= 0, (owner_rows - 1) * columns + owner_columns - 1, -1)
    return flat.reshape(rows + 2, width)[1:-1, 1:-1]


def _cluster_name(run: Run, ids: np.ndarray, medoid: int) -> str:
    medoid_caption = sample_caption(run, medoid)
    dataset = run.dataset
    if dataset.labels is not None:
        labels = dataset.labels[ids]
        counts = np.bincount(labels[labels >= 0], minlength=len(dataset.label_names))
        most_frequent = int(counts.argmax())
        label_share = f"{dataset.label_names[most_frequent]} · {counts[most_frequent] / len(ids):.0%}"
        if counts[most_frequent] * 2 >= len(ids):
            return label_share
        if counts[most_frequent] and medoid_caption.startswith("sample"):
            return f"mixed: {label_share}"
    return f"like {medoid_caption}" if medoid_caption.startswith("sample") else medoid_caption


def sample_caption(run: Run, sample: int) -> str:
    """Return a short caption of a sample: the beginning of its text, or its number if it has no text."""
    text_fields: Sequence[str] = [
        name for name, field in run.dataset.fields.items() if field.modality in ("text", "bag_of_words")
    ]
    for name in text_fields:
        field = run.dataset.fields[name]
        if field.present is None or field.present[sample]:
            text = " ".join(value for _, value in text_rows(run, name, {name: np.asarray(field.array[[sample]])})[0])
            return f"“{text[:_MAX_CAPTION_LENGTH].rstrip()}{'…' if len(text) > _MAX_CAPTION_LENGTH else ''}”"
    return f"sample {sample}"
