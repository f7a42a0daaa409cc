"""NumPy files with objects, impossible headers, no samples or NaN, and archives whose arrays do not fit together."""

import pickle

import numpy as np

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions
from aeexplorer.data.units import to_own_samples
from tests.data.hostile import Case, converted, refused
from tests.data.making import npy, npy_header, npz

RNG = np.random.default_rng(0)
X = RNG.random((8, 6, 6))
HUGE = np.linspace(0, 1e300, 80).reshape(8, 10)
GOOD = {"npy": {"good.npy": npy(X)}, "npz": {"good.npz": npz(x=X, y=np.arange(8) % 2)}}


def with_shape(shape: str, data: bytes = b"") -> bytes:
    """Write a file whose header declares a shape of doubles."""
    return npy_header(f"{{'descr':'<f8','fortran_order':False,'shape':{shape}}}", data)


def check_scaled(dataset: Dataset) -> None:
    np.testing.assert_allclose(dataset.main_field.array[:, 0], X, atol=1e-3)


def check_huge(dataset: Dataset) -> None:
    field = dataset.main_field
    np.testing.assert_allclose(to_own_samples(field.meta, np.asarray(field.array)), HUGE, rtol=1e-6)


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
    "impossible shape": refused("x.npy", lambda: with_shape("(9999999999,9)"), "", "cut off"),
    "negative shape": refused("x.npy", lambda: with_shape("(-1,-8)", bytes(64)), "", "impossible"),
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
    "header of 4 GB": refused("x.npy", lambda: b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(64), "", "header"),
    "no header": refused("x.npy", lambda: b"\x93NUMPY", "", "header"),
    "header that runs": refused("x.npy", lambda: npy_header("__import__('os').abort()", bytes(64)), "", "header"),
    "unknown version": refused("x.npy", lambda: b"\x93NUMPY\x09\x00" + npy(X)[8:], "", "uncommon version"),
    "shape beyond counting": refused("x.npy", lambda: with_shape(f"({2**62},{2**62})", bytes(64)), "", "promises"),
    "pickle under an npy name": refused("x.npy", lambda: pickle.dumps([1, 2]), "", "header"),
    "dates": refused("x.npy", lambda: npy(np.arange(40).reshape(8, 5).astype("datetime64[D]")), "", "not numbers"),
    "sub-arrays": refused("x.npy", lambda: npy(np.zeros(9, np.dtype([("a", "f4", (3,))]))), "", "structured"),
    "object in an npz": refused("x.npz", lambda: npz(x=np.array([{}] * 8, dtype=object)), "x.npy", "Python objects"),
    "labels of two axes": refused("x.npz", lambda: npz(x=X, y=RNG.random((8, 3))), "y.npy", "not one per sample"),
    "cut npz": refused("x.npz", lambda: npz(x=X)[:-40], "", "this file is damaged"),
    "path in an npz": refused("x.npz", lambda: npz(**{"../x": X}), "../x.npy", "leads out of the zip"),
    "numbers beyond float32": converted("x.npy", lambda: npy(HUGE), check_huge),
    "16-bit floats": converted("x.npy", lambda: npy(X.astype(np.float16)), check_scaled),
    "other byte order": converted("x.npy", lambda: npy(X.astype(">f8")), check_scaled),
    "Fortran order": converted("x.npy", lambda: npy(np.asfortranarray(X)), check_scaled),
}
