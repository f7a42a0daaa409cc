"""Steps of long tables, channels of `.ts` files and frames of videos stand at their times; what lacks stays missing."""

import io
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.formats._series_steps import place_by_time
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest
from tests.data.making import upload


def positions(*series: list[float]) -> list[list[int]]:
    codes = np.repeat(np.arange(len(series)), [len(times) for times in series])
    placed = place_by_time(codes, np.concatenate(series).astype(float))
    return [placed.positions[codes == i].tolist() for i in range(len(series))]


def test_a_gap_in_a_long_series_stays_a_gap(workspace: Workspace) -> None:
    rows = [(f"s{i}", t, 10 * i + t) for i in range(6) for t in range(12) if not (i == 4 and t in (7, 8))]
    table = pd.DataFrame(rows, columns=["series_id", "time", "value"]).sample(frac=1, random_state=0)
    dataset = ingest(workspace, upload("long.csv", table.to_csv(index=False).encode()))
    row = dataset.table["source"].to_pylist().index("series_id s4")
    expected = 40 + np.arange(12.0)
    expected[7:9] = np.nan
    np.testing.assert_array_equal(dataset.main_field.array[row, :, 0], expected)
    assert any("2 steps that a series lacks" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([[0, 1, 2, 3, 4], [0, 1, 4]], [[0, 1, 2, 3, 4], [0, 1, 4]]),
        ([[0, 1, 2, 3], [0, 1, 2, 3], [2, 3]], [[0, 1, 2, 3], [0, 1, 2, 3], [2, 3]]),  # one begins late
        ([[100, 101, 102], [7, 8, 10], [50, 51, 52]], [[0, 1, 2], [0, 1, 3], [0, 1, 2]]),  # each has a clock of its own
        ([[0, 0.1, 0.2, 0.1 + 0.2], [0, 0.2, 0.3]], [[0, 1, 2, 3], [0, 2, 3]]),
        ([[0.02, 0.98, 2.03, 3.0], [0.02, 1.97, 3.05]], [[0, 1, 2, 3], [0, 2, 3]]),  # jitter
        ([[0, 1, 2, 5, 10, 30], [0, 1, 2, 10, 30]], [[0, 1, 2, 3, 4, 5], [0, 1, 2, 4, 5]]),  # uneven, but common
        ([[0, 1.13, 2.9, 3.0, 9], [0.3, 1, 5, 7.7]], [[0, 1, 2, 3, 4], [0, 1, 2, 3]]),  # uneven: only the order
    ],
    ids=["gap", "late", "own clocks", "tenths", "jitter", "common times", "uneven"],
)
def test_places_of_steps(series: list[list[float]], expected: list[list[int]]) -> None:
    assert positions(*series) == expected


def test_months_are_even_steps_and_weekends_no_gaps() -> None:
    months = pd.date_range("2020-01-01", periods=36, freq="MS")
    days = [float((month - pd.Timestamp(0)).days) for month in months]
    assert positions(days, days[:16] + days[17:])[1] == [*range(16), *range(17, 36)]
    workdays = [float(day) for day in range(40) if day % 7 < 5]
    assert positions(workdays, workdays[:6] + workdays[7:])[1] == [*range(6), *range(7, 30)]


def test_a_channel_that_is_shorter_in_one_case_is_kept_as_missing_with_a_note(workspace: Workspace) -> None:
    header = "@problemName T\n@timeStamps false\n@classLabel true a b\n@data\n"
    lines = [f"{','.join(str(i + t) for t in range(6))}:{','.join(str(-t) for t in range(6))}:{'ab'[i % 2]}" for i in range(6)]
    lines[2] = "2,3,4,5,6,7:0,-1,-2:a"
    dataset = ingest(workspace, upload("x.ts", (header + "\n".join(lines)).encode()))
    np.testing.assert_array_equal(dataset.main_field.array[2, :, 1], [0, -1, -2, np.nan, np.nan, np.nan])
    assert not np.isnan(dataset.main_field.array[2, :, 0]).any()
    assert any("1 series have channels of different lengths (first: x.ts, line 7)" in note for note in dataset.notes)


@pytest.mark.parametrize("clock", ["{t}", "2024-01-0{d} {h:02d}:30:00", "{h:02d}:30"])
def test_a_gap_in_a_ts_file_with_time_stamps_is_not_closed(workspace: Workspace, clock: str) -> None:
    def pair(i: int, t: int) -> str:
        return f"({clock.format(t=3 * t, d=1, h=t)},{10 * i + t})"

    header = "@problemName T\n@timeStamps true\n@classLabel false\n@data\n"
    lacking = {(2, 4), (3, 0)}
    lines = [",".join(pair(i, t) for t in range(8) if (i, t) not in lacking) for i in range(6)]
    lines[5] = ",".join(reversed(lines[5].replace("),(", ")|(").split("|")))  # the latest first
    dataset = ingest(workspace, upload("x.ts", (header + "\n".join(lines)).encode()))
    expected = [[np.nan if (i, t) in lacking else 10 * i + t for t in range(8)] for i in range(6)]
    np.testing.assert_array_equal(dataset.main_field.array[..., 0], np.array(expected, np.float32))
    assert "the values were placed by their times" in dataset.notes
    assert any(note.startswith("2 steps that a series lacks") for note in dataset.notes)


def test_a_gap_between_times_of_day_stays_a_gap(workspace: Workspace) -> None:
    rows = [(f"s{i}", f"{9 + t // 4}:{15 * (t % 4):02d}", 10 * i + t) for i in range(6) for t in range(12) if (i, t) != (4, 7)]
    table = pd.DataFrame(rows, columns=["series_id", "time", "value"])
    dataset = ingest(workspace, upload("long.csv", table.to_csv(index=False).encode()))
    expected = [[np.nan if (i, t) == (4, 7) else 10 * i + t for t in range(12)] for i in range(6)]
    np.testing.assert_array_equal(dataset.main_field.array[..., 0], np.array(expected, np.float32))


def test_time_stamps_that_tell_no_order_leave_the_values_in_their_order(workspace: Workspace) -> None:
    header = "@problemName T\n@timeStamps true\n@classLabel false\n@data\n"
    lines = [f"(noon,{i}),(noon,{i + 1}),(later,{i + 2})" for i in range(6)]
    dataset = ingest(workspace, upload("x.ts", (header + "\n".join(lines)).encode()))
    np.testing.assert_array_equal(dataset.main_field.array[3, :, 0], [3, 4, 5])


def grey_levels(film: np.ndarray) -> list[int]:
    return film.mean((0, 2, 3)).round().astype(int).tolist()  # of (1, frames, side, side)


def timed(levels: list[int], times_ms: list[int]) -> bytes:
    """Encode flat grey frames that appear at these times as a lossless-looking MP4."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("libx264", rate=1000)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            for level, time in zip(levels, times_ms, strict=True):
                frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), level, np.uint8), format="rgb24").reformat(
                    format="yuv420p"
                )
                frame.pts, frame.time_base = time, Fraction(1, 1000)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def test_frames_of_a_variable_rate_are_even_in_time(workspace: Workspace) -> None:
    times = [*range(0, 1000, 50), *range(1000, 11_001, 1000)]  # twenty frames in the first second, one a second after it
    film = timed([time // 50 for time in times], times)
    options = IngestOptions().replace({"video.frames": 12, "video.size": 16})
    dataset = ingest(workspace, [Upload(f"{i}.mp4", film if i else timed([0, 200], [0, 11_000])) for i in range(5)], options)
    seconds = np.array(grey_levels(dataset.main_field.array[1])) / 20
    np.testing.assert_allclose(seconds, np.arange(12), atol=0.15)  # grey levels are lossy
    assert any("with a variable frame rate" in note for note in dataset.notes)


def test_frames_of_a_gif_are_chosen_by_their_durations(workspace: Workspace) -> None:
    def gif(levels: list[int], durations: list[int]) -> bytes:
        out = io.BytesIO()
        first, *rest = [Image.fromarray(np.full((16, 16), level, np.uint8)) for level in levels]
        first.save(out, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
        return out.getvalue()

    films = [gif([0, 100, 200, 250 - i], [100, 700, 100, 200]) for i in range(5)]
    options = IngestOptions().replace({"video.frames": 11, "video.size": 16})
    dataset = ingest(workspace, [Upload(f"{i}.gif", film) for i, film in enumerate(films)], options)
    assert grey_levels(dataset.main_field.array[0]) == [0, *[100] * 7, 200, 250, 250]
