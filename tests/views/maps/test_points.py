"""Every point stands for the sample with its id, for any colouring."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.analysis.samples.colouring import Colouring
from aeexplorer.views.maps.points import point_traces
from aeexplorer.views.palette import CATEGORIES, MAX_CATEGORIES, OTHER, SCALE


def layout(n: int, dims: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return shuffled ids, and positions that are computed from the ids."""
    ids = np.random.default_rng(n).permutation(5 * n)[:n].astype(np.int32)
    return ids, np.stack([ids * (axis + 1.5) for axis in range(dims)], 1).astype(np.float32)


@given(n=st.integers(1, 80), dims=st.sampled_from([2, 3]), categories=st.integers(1, 30), seed=st.integers(0, 5))
def test_points_in_traces_of_categories_keep_their_ids(n: int, dims: int, categories: int, seed: int) -> None:
    ids, positions = layout(n, dims)
    values = np.random.default_rng(seed).integers(-1, categories, n).astype(np.int32)
    names = tuple(f"c{i}" for i in range(categories))
    text = [f"sample {i}" for i in ids]
    traces, marks = point_traces(positions, ids, Colouring("label", values, names), text)
    assert [m.trace for m in marks] == list(range(len(traces)))
    assert sorted(np.concatenate([m.ids for m in marks])) == sorted(ids)
    value_of = dict(zip(ids.tolist(), values.tolist(), strict=True))
    for trace, mark in zip(traces, marks, strict=True):
        for axis, column in zip("xyz", range(dims), strict=False):
            assert trace[axis].dtype == np.float32
            assert np.array_equal(trace[axis], (mark.ids * (column + 1.5)).astype(np.float32))
        assert list(trace.text) == [f"sample {i}" for i in mark.ids]
        found = {value_of[i] for i in mark.ids.tolist()}
        if trace.name == "none":
            assert found == {-1}
        elif trace.name != "other":
            assert {names[v] for v in found} == {trace.name}


def test_beyond_twenty_categories_the_rarest_are_grouped() -> None:
    values = np.repeat(np.arange(30), np.arange(30) + 1).astype(np.int32)
    ids = np.arange(len(values), dtype=np.int32)
    traces, marks = point_traces(np.zeros((len(ids), 2)), ids, Colouring("label", values, tuple(map(str, range(30)))))
    assert len(traces) == MAX_CATEGORIES == 20
    assert [t.name for t in traces] == [*map(str, range(11, 30)), "other"]
    assert traces[-1].marker.color == OTHER
    assert set(values[marks[-1].ids]) == set(range(11))
    drawn = {(t.marker.color, t.marker.symbol) for t in traces}
    assert len(drawn) == 20


@given(n=st.integers(1, 60), seed=st.integers(0, 5))
def test_points_on_a_colour_scale_keep_their_ids(n: int, seed: int) -> None:
    ids, positions = layout(n)
    values = (ids / 7).astype(np.float32)
    values[np.random.default_rng(seed).random(n) < 0.3] = np.nan
    traces, marks = point_traces(positions, ids, Colouring("error", values, None))
    assert sorted(np.concatenate([m.ids for m in marks])) == sorted(ids)
    for trace, mark in zip(traces, marks, strict=True):
        assert np.array_equal(trace.x, (mark.ids * 1.5).astype(np.float32))
        if trace.name == "error":
            assert np.array_equal(trace.marker.color, (mark.ids / 7).astype(np.float32))
            assert trace.marker.cmin < trace.marker.cmax
        else:
            assert np.isnan(values[np.isin(ids, mark.ids)]).all()


def test_a_few_extreme_values_do_not_use_up_all_colours() -> None:
    values = np.concatenate([np.linspace(0, 1, 999), [1_000]]).astype(np.float32)
    traces, _ = point_traces(np.zeros((1_000, 2)), np.arange(1_000, dtype=np.int32), Colouring("error", values, None))
    assert traces[0].marker.cmax < 1.01


def test_names_of_columns_are_escaped() -> None:
    colouring = Colouring("<b>a & b</b>", np.ones(3, np.float32), None)
    traces, _ = point_traces(np.zeros((3, 2)), np.arange(3, dtype=np.int32), colouring)
    assert traces[0].marker.colorbar.title.text == "&lt;b>a &amp; b&lt;/b>"


def linear(colour: str) -> np.ndarray:
    """Return the linear RGB of a colour ``#rrggbb`` or ``rgb(r, g, b)``."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)] if colour[0] == "#" else parts_of(colour)
    shares = np.asarray(parts, float) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def parts_of(colour: str) -> list[float]:
    return [float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


def lab(light: np.ndarray) -> np.ndarray:
    """Return the CIE L*a*b* of linear RGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ light / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


DICHROMATS = {
    "normal": np.eye(3),
    "red-blind": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "green-blind": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
}
"""Machado, Oliveira & Fernandes (2009), full severity, on linear light."""


@pytest.mark.parametrize("eyes", DICHROMATS)
def test_categories_can_be_distinguished_with_any_colour_vision(eyes: str) -> None:
    seen = [lab(np.clip(DICHROMATS[eyes] @ linear(colour), 0, 1)) for colour in CATEGORIES]
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(gaps) > 15


@pytest.mark.parametrize("colour", [*CATEGORIES, *SCALE, OTHER])
def test_colours_are_legible_on_light_and_dark_pages(colour: str) -> None:
    luminance = [float(np.array([0.2126, 0.7152, 0.0722]) @ linear(c)) + 0.05 for c in (colour, "#ffffff", "#0e1117")]
    assert luminance[1] / luminance[0] > 1.3
    assert luminance[0] / luminance[2] > 1.7
