"""Draws above the training samples nearest to them, as one picture; and as files to take home."""

import io
import zipfile

import numpy as np
import pyarrow as pa
from PIL import Image

from aeexplorer.analysis.generation.drawing import Draws
from aeexplorer.data.exporting import csv_bytes
from aeexplorer.modalities.base import Pictured, Written
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.pictures import below, pictured, png, sized, tile


def draws_picture(run: Run, drawn: Draws, field: str, side: int, columns: int) -> Image.Image:
    """Pictures of a field in blocks of at most so many columns: draws above, nearest training samples below."""
    about = run.dataset.fields[field]
    rows = [pictured(about, drawn.samples[field]), pictured(about, about.array[drawn.nearest], drawn.nearest)]
    blocks = []
    for start in range(0, len(drawn.nearest), columns):
        block = np.concatenate([sized(row[start : start + columns], side) for row in rows])
        blocks.append(tile(block, len(block) // 2))
    return below(blocks)


def draws_archive(run: Run, drawn: Draws) -> bytes:
    """A zip: each picture as ``0-image/000.png``, what is read as ``1-tabular.csv``, the codes as ``codes.npy``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, (name, samples) in enumerate(drawn.samples.items()):
            modality = run.model.modalities[name]
            if isinstance(modality, Pictured):
                for place, picture in enumerate(modality.pictures(samples)):
                    archive.writestr(f"{i}-{modality.name}/{place:03d}.png", png(Image.fromarray(picture)))
            elif isinstance(modality, Written):
                archive.writestr(f"{i}-{modality.name}.csv", _csv([modality.rows(sample) for sample in samples]))
        codes = io.BytesIO()
        np.save(codes, drawn.codes, allow_pickle=False)
        archive.writestr("codes.npy", codes.getvalue())
        said = f"{drawn.prior} prior, temperature {drawn.temperature:g}, seed {drawn.seed}\n"
        archive.writestr("drawn.txt", f"run {run.id}, {said}nearest training samples: {drawn.nearest.tolist()}\n")
    return out.getvalue()


def _csv(rows: list[list[tuple[str, str]]]) -> bytes:
    columns = [pa.array(texts, pa.string()) for texts in zip(*([text for _, text in row] for row in rows), strict=True)]
    return csv_bytes(pa.Table.from_arrays(columns, [name for name, _ in rows[0]]))
