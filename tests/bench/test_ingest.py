"""The benchmark of uploads measures the process that reads its generated files."""

import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from torchvision.datasets import ImageFolder

from aeexplorer.bench.ingest import MAX_MEMORY_MB, TARGET_RATE, measure, write_parquet, write_picture_zip


def test_the_figures() -> None:
    figures = {figure.name: figure for figure in measure(40, 2)}
    rate, plain = figures["40 pictures: ours"], figures["pictures: a plain loop"]
    assert rate.target == TARGET_RATE
    assert plain.measured is not None
    assert rate.measured is not None
    assert 0 < rate.measured < plain.measured
    assert 1 < (figures["2 MB of Parquet"].measured or 0) < 1000
    for name in ("pictures: peak memory of the reader", "Parquet: peak memory of the reader"):
        assert figures[name].target == MAX_MEMORY_MB
        assert 30 < (figures[name].measured or 0) < MAX_MEMORY_MB


def test_the_generated_files_have_the_stated_content(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_picture_zip(tmp_path / "p.zip", 30)) as archive:
        archive.extractall(tmp_path / "p")  # the test's own zip
    pictures = ImageFolder(str(tmp_path / "p"))
    assert len(pictures) == 30
    assert len(pictures.classes) == 10
    assert {picture.size for picture, _ in pictures} == {(28, 28)}
    table = write_parquet(tmp_path / "t.parquet", 3)
    assert table.stat().st_size == pytest.approx(3e6, rel=0.05)
    assert pq.read_table(table).num_columns == 33
