"""The benchmark of uploads reads the files that it makes, and measures the process that reads them."""

import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from torchvision.datasets import ImageFolder

from aeexplorer.bench.ingest import ASKED_MEMORY, ASKED_RATE, measure, parquet, picture_zip


def test_the_figures() -> None:
    figures = {figure.name: figure for figure in measure(40, 2)}
    rate, usual = figures["40 pictures: ours"], figures["pictures: the usual loop"]
    assert rate.asked == ASKED_RATE
    assert usual.measured is not None
    assert rate.measured is not None
    assert 0 < rate.measured < usual.measured
    assert 1 < (figures["2 MB of Parquet"].measured or 0) < 1000
    for name in ("pictures: peak memory of the reader", "Parquet: peak memory of the reader"):
        assert figures[name].asked == ASKED_MEMORY
        assert 30 < (figures[name].measured or 0) < ASKED_MEMORY


def test_the_files_are_what_they_are_said_to_be(tmp_path: Path) -> None:
    with zipfile.ZipFile(picture_zip(tmp_path / "p.zip", 30)) as archive:
        archive.extractall(tmp_path / "p")  # the test's own zip
    pictures = ImageFolder(str(tmp_path / "p"))
    assert len(pictures) == 30
    assert len(pictures.classes) == 10
    assert {picture.size for picture, _ in pictures} == {(28, 28)}
    table = parquet(tmp_path / "t.parquet", 3)
    assert table.stat().st_size == pytest.approx(3e6, rel=0.05)
    assert pq.read_table(table).num_columns == 33
