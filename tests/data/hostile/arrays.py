"""NumPy files with objects, impossible headers, no samples, numbers that are none; archives that do not fit together."""

import numpy as np
from making import npy, npy_header, npz

from aeexplorer.data.ingest import IngestOptions
from hostile import Case, refused

RNG = np.random.default_rng(0)
X = RNG.random((8, 6, 6))
GOOD = {"npy": {"good.npy": npy(X)}, "npz": {"good.npz": npz(x=X, y=np.arange(8) % 2)}}


def claims(shape: str, data: bytes = b"") -> bytes:
    """A file whose header claims a shape of doubles."""
    return npy_header(f"{{'descr':'<f8','fortran_order':False,'shape':{shape}}}", data)


CASES: dict[str, Case] = {
    "objects": refused("x.npy", lambda: npy(np.array([{}, []], dtype=object)), "", "Python objects"),
    "structured": refused("x.npy", lambda: npy(np.zeros(9, [("a", "f4")])), "", "structured"),
    "complex": refused("x.npy", lambda: npy(X.astype(complex)), "", "complex"),
    "text": refused("x.npy", lambda: npy([["a", "b"]] * 9), "", "not numbers"),
    "NaN": refused("x.npy", lambda: npy(np.where(np.arange(8)[:, None, None] == 5, np.nan, X)), "row 5", "NaN or infinity"),
    "infinity": refused("x.npy", lambda: npy(np.where(np.arange(8)[:, None, None] == 2, np.inf, X)), "row 2", "NaN or infinity"),
    "0-d": refused("x.npy", lambda: npy(3.0), "", "no samples"),
    "no rows": refused("x.npy", lambda: npy(np.zeros((0, 8, 8))), "", "no samples"),
    "5-d": refused("x.npy", lambda: npy(RNG.random((6, 2, 3, 4, 5))), "", "neither as pictures nor as a table"),
    "one picture": refused("x.npy", lambda: npy(RNG.random((32, 32, 3))), "", "single picture"),
    "cut": refused("x.npy", lambda: npy(X)[:-8], "", "promises"),
    "trailing bytes": refused("x.npy", lambda: npy(X) + b"12345678", "", "trailing bytes"),
    "impossible shape": refused("x.npy", lambda: claims("(9999999999,9)"), "", "cut off"),
    "negative shape": refused("x.npy", lambda: claims("(-1,-8)", bytes(64)), "", "impossible"),
    "9,000 brackets": refused("x.npy", lambda: npy_header("[" * 9000), "", "header"),
    "npz bomb": refused("x.npz", lambda: npz(x=np.zeros((9, 1_200_000))), "x.npy", "200 times"),
    "x and y differ": refused("x.npz", lambda: npz(x=X, y=np.arange(7)), "y.npy", "7 labels for 8 samples"),
    "object labels": refused("x.npz", lambda: npz(x=X, y=np.array([{}] * 8, dtype=object)), "y.npy", "Python objects"),
    "float labels": refused("x.npz", lambda: npz(x=X, y=RNG.random(8)), "y.npy", "whole numbers"),
    "which array": refused("x.npz", lambda: npz(foo=X, bar=X), "", "unclear"),
    "identical samples": refused("x.npy", lambda: npy(np.ones((9, 8, 8))), "", "identical"),
    "wrong layout": refused(
        "x.npy", lambda: npy(X), "", "cannot be read as nchw", "Choose one of nhw", IngestOptions(layout="nchw")
    ),
}
