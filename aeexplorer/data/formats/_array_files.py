"""Which arrays of an upload are samples and which are labels, in one part or in those of a split."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np

from aeexplorer.data.formats._array_beside import fits_beside
from aeexplorer.data.formats._array_file import ArrayHeader, join, read_header
from aeexplorer.data.uploads.given_split import split_of_name
from aeexplorer.data.uploads.members import Member

X_NAMES = ("x", "data", "images", "image", "imgs", "features", "inputs", "samples", "arr_0", "")
Y_NAMES = ("y", "label", "labels", "target", "targets", "class", "classes", "arr_1")


def find_arrays(members: Sequence[Member]) -> tuple[ArrayHeader, ArrayHeader | None, np.ndarray | None]:
    """Return the samples, their labels if there are any, and the split that the names of the arrays give.

    Arrays named ``x_train``, ``y_train``, ``x_test`` and ``y_test`` (or ``train_images`` and so on) are joined, and their split,
    int8 ``(n,)``, is given.

    Raises
    ------
    UploadRejected
        If it is unclear which array holds the samples, an array is unsuitable, or the arrays do not fit together.
    """
    by_stem = {PurePosixPath(m.name.replace("\\", "/")).stem.lower(): m for m in members}
    if len(members) == 1:
        return _check_samples(read_header(members[0])), None, None
    parts: dict[int, dict[str, Member]] = {}
    for stem, member in by_stem.items():
        code, rest = split_of_name(stem)
        if code is not None:
            parts.setdefault(code, {})[rest] = member
    if 0 in parts and len(parts) > 1:
        pairs = {code: _find_pair(arrays) for code, arrays in sorted(parts.items())}
        found = {code: (x, y) for code, (x, y) in pairs.items() if x is not None}
        if 0 in found and len(found) > 1:
            return _joined(found)
    x, y = _find_pair(by_stem)
    if x is not None and y is None:  # no labels, but names or ids of the samples
        samples = _check_samples(read_header(x))
        if all(fits_beside(m, samples.shape[0]) for m in members if m is not x):
            return samples, None, None
    if x is None or y is None:
        names = ", ".join(sorted(by_stem))
        raise members[0].rejected(f"it is unclear which array holds the samples among {names}", "Name the arrays x and y")
    return *_read_pair(x, y), None


def _find_pair(by_name: Mapping[str, Member]) -> tuple[Member | None, Member | None]:
    """Return the arrays that are named like samples and like labels."""
    x = next((by_name[name] for name in X_NAMES if name in by_name), None)
    return x, next((by_name[name] for name in Y_NAMES if name in by_name), None)


def _joined(found: Mapping[int, tuple[Member, Member | None]]) -> tuple[ArrayHeader, ArrayHeader | None, np.ndarray]:
    read = [_read_pair(x, y) for x, y in found.values()]
    labels = [y for _, y in read if y is not None]
    split = np.repeat(np.array(list(found), np.int8), [x.shape[0] for x, _ in read])
    return join([x for x, _ in read]), join(labels) if len(labels) == len(read) else None, split


def _read_pair(x: Member, y: Member | None) -> tuple[ArrayHeader, ArrayHeader | None]:
    """Read the headers of samples and labels, and refuse a different number of them."""
    samples, labels = _check_samples(read_header(x)), read_header(y) if y is not None else None
    if labels is not None and (not labels.shape or labels.shape[0] != samples.shape[0]):
        n_labels = labels.shape[0] if labels.shape else 0
        reason = f"there are {n_labels:,} labels for {samples.shape[0]:,} samples"
        raise labels.member.rejected(reason, "Give one label per sample")
    return samples, labels


def _check_samples(x: ArrayHeader) -> ArrayHeader:
    if x.dtype.kind == "c":
        raise x.member.rejected("the array holds complex numbers", "Save the real part, or the absolute value")
    if x.dtype.kind not in "buif":
        raise x.member.rejected(f"the array holds {x.dtype.name}, not numbers", "Save an array of numbers")
    if len(x.shape) < 2 or 0 in x.shape:
        reason = f"an array of shape {x.shape} has no samples with features"
        raise x.member.rejected(reason, "Save an array of shape (samples, …) with at least two axes")
    return x
