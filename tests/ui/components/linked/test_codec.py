"""What Python packs for the browser comes out the same: figures, marks, ids."""

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.core.errors import UserError
from aeexplorer.ui.components.linked.codec import Payload, encode, encode_overlays
from aeexplorer.ui.session.selection import pack_ids, unpack_ids
from aeexplorer.views.base import LinkedFigure, Marks
from aeexplorer.views.maps.overlay import Overlay, path_overlay, stops_overlay

IDS = st.lists(st.integers(0, 2**31 - 1), unique=True, max_size=400)


def read(payload: bytes) -> dict[str, Any]:
    """The payload as the browser reads it."""
    length = int.from_bytes(payload[8:12], "little")
    start = -(-(16 + length) // 8) * 8

    def array(kind: str, offset: int, size: int, width: int) -> np.ndarray:
        assert offset % 8 == 0
        flat = np.frombuffer(payload, np.dtype(f"<{kind}"), size, start + offset)
        return flat.reshape(-1, width) if width else flat

    def revive(value: Any) -> Any:
        if isinstance(value, list):
            return [revive(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$" in value:
            return array(*value["$"])
        if "$bits" in value:
            return np.flatnonzero(np.unpackbits(revive(value["$bits"]), bitorder="little")) + value["$first"]
        if "$words" in value:
            return [value["$words"][code] for code in revive(value["$codes"])]
        return {key: revive(item) for key, item in value.items()}

    return revive(json.loads(payload[16 : 16 + length]))


def both(linked: LinkedFigure) -> Payload:
    return encode(linked, key="map", run="r1", page="explore", height=300)


def packed(linked: LinkedFigure) -> bytes:
    return both(linked).figure


@given(IDS, st.randoms(use_true_random=False))
def test_every_mark_keeps_its_sample(ids: list[int], random: Any) -> None:
    """Filtered, shuffled and split by colour, each mark still sits where its sample belongs."""
    place = {sample: (sample % 997 / 7, sample % 89 / 3) for sample in ids}
    random.shuffle(ids)
    shown = ids[: random.randint(0, len(ids))]
    parts = [[sample for sample in shown if sample % 3 == part] for part in range(3)]
    traces = [go.Scattergl(x=[place[s][0] for s in part], y=[place[s][1] for s in part]) for part in parts]
    marks = tuple(Marks(trace, np.array(part, np.int32)) for trace, part in enumerate(parts))
    header = read(packed(LinkedFigure(go.Figure(traces), marks)))
    seen = []
    for item in header["marks"]:
        trace = header["figure"]["data"][item["trace"]]
        for sample, x, y in zip(item["ids"], trace["x"], trace["y"], strict=True):
            assert (x, y) == pytest.approx(place[int(sample)], rel=1e-6)
            seen.append(int(sample))
    assert sorted(seen) == sorted(shown)


@given(st.integers(-1, 70_000), st.integers(1, 5))
def test_groups_survive_whatever_their_size(highest: int, tokens: int) -> None:
    groups = np.array([[-1] * tokens, [max(highest, 0)] * tokens])
    bars = go.Bar(x=np.arange(highest + 2), y=np.zeros(highest + 2))
    header = read(packed(LinkedFigure(go.Figure(bars), (Marks(0, np.array([5, 9], np.int32), groups),))))
    assert header["marks"][0]["groups"].reshape(2, tokens).tolist() == groups.tolist()


def test_large_arrays_are_float32_and_recurring_strings_a_vocabulary() -> None:
    count = 10_000
    rng = np.random.default_rng(0)
    place, text = rng.normal(size=(2, count)), [f"label {i % 10}" for i in range(count)]
    place[0, 3] = np.nan
    cloud = go.Scattergl(x=place[0], y=place[1], text=text, marker={"color": rng.random(count)}, customdata=place.T)
    payload = packed(LinkedFigure(go.Figure(cloud), (Marks(0, rng.permutation(count).astype(np.int32)),)))
    assert len(payload) < 260_000
    trace = read(payload)["figure"]["data"][0]
    assert trace["x"].dtype == np.float32
    np.testing.assert_allclose(trace["x"], place[0], rtol=1e-6)
    np.testing.assert_allclose(trace["customdata"], place.T, rtol=1e-6)
    assert trace["text"] == text


def test_small_and_large_numbers_stay_exact() -> None:
    long = np.arange(300) + 1e9 + 0.5
    figure = go.Figure([go.Scatter(x=[0.1, 0.2], y=[1e300, -3]), go.Scatter(x=long, y=long.astype(int))])
    first, second = read(packed(LinkedFigure(figure, ())))["figure"]["data"]
    assert list(first["x"]) == [0.1, 0.2]
    assert list(first["y"]) == [1e300, -3]
    assert second["x"].tolist() == long.tolist()
    assert second["y"].tolist() == long.astype(int).tolist()


def test_dates_words_and_gaps_survive() -> None:
    days = np.arange("2026-01-01", "2026-01-04", dtype="datetime64[D]")
    figure = go.Figure(go.Scatter(x=days, y=[1, None, 3], text=["a", "<b>", "c"]))
    trace = read(packed(LinkedFigure(figure, ())))["figure"]["data"][0]
    assert [str(day)[:10] for day in trace["x"]] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert trace["y"][1] is None or np.isnan(trace["y"][1])
    assert trace["text"] == ["a", "<b>", "c"]


def test_the_digest_follows_the_content() -> None:
    def of(y: int, caption: str = "") -> bytes:
        return packed(LinkedFigure(go.Figure(go.Scatter(x=[1], y=[y])), (), caption=caption))[:8]

    assert of(1) == of(1)
    assert len({of(1), of(2), of(1, "other")}) == 3


def test_overlays_name_the_figure_that_they_belong_to() -> None:
    figure = packed(LinkedFigure(go.Figure(go.Scatter(x=[1], y=[1])), ()))
    path = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    over = [path_overlay(path), Overlay(images=({"source": "data:,", "x": 0.5},)), stops_overlay(path[:2])]
    header = read(encode_overlays(over, "map", figure))
    assert (header["chart"], header["figure"]) == ("map", figure[:8].hex())
    assert [trace["name"] for trace in header["data"]] == ["interpolation", "way-points"]
    assert np.array_equal(np.stack([header["data"][0]["x"], header["data"][0]["y"]], 1), path)
    assert header["images"] == [{"source": "data:,", "x": 0.5}]
    assert [note["text"] for note in header["annotations"]] == ["1", "2"]
    assert read(encode_overlays([], "map", figure))["data"] == []


@given(IDS)
def test_ids_round_trip(ids: list[int]) -> None:
    form = pack_ids(np.array(ids, np.int32))
    assert (form is None) == (not ids)
    back = unpack_ids(None if form is None else json.loads(json.dumps(form)))
    assert back.dtype == np.int32
    assert back.tolist() == sorted(ids)


@given(st.lists(st.integers(0, 3000), min_size=1))
def test_equal_sets_have_one_form(ids: list[int]) -> None:
    assert pack_ids(np.array(ids, np.int32)) == pack_ids(np.unique(ids)[::-1].astype(np.int32))


def test_many_ids_are_a_bit_each() -> None:
    form = pack_ids(np.arange(5, 10_005, dtype=np.int32))
    assert form is not None
    assert form["first"] == 5
    assert len(form["bits"]) < 1_700


@pytest.mark.parametrize("form", [{}, {"bits": "AA=="}, {"list": "AAA="}, {"list": 3}, {"first": "x", "bits": "AA=="}])
def test_a_malformed_selection_is_refused(form: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="Reload the page"):
        unpack_ids(form)
