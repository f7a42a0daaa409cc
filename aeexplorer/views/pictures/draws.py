"""Generated samples as one picture, above their nearest training samples, and as a zip file."""

import io
import zipfile

import numpy as np
import pyarrow as pa
from PIL import Image

from aeexplorer.analysis.generation.drawing import Draws
from aeexplorer.data.exporting import csv_bytes
from aeexplorer.modalities.base import Pictured, Written
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.pictures import field_pictures, png_bytes, resize_pictures, stack_images, tile


def draws_picture(run: Run, drawn: Draws, name: str, side: int, columns: int) -> Image.Image:
    """Tile pictures of a field in blocks of at most `columns` columns: draws above, nearest training samples below."""
    field = run.dataset.fields[name]
    rows = [field_pictures(field, drawn.samples[name]), field_pictures(field, field.array[drawn.nearest], drawn.nearest)]
    blocks = []
    for start in range(0, len(drawn.nearest), columns):
        block = np.concatenate([resize_pictures(row[start : start + columns], side) for row in rows])
        blocks.append(tile(block, len(block) // 2))
    return stack_images(blocks)


def draws_archive(run: Run, drawn: Draws) -> bytes:
    """Write a zip with pictures as ``0-image/000.png``, rows and texts as ``1-tabular.csv``, and codes as ``codes.npy``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, (name, samples) in enumerate(drawn.samples.items()):
            modality = run.model.modalities[name]
            if isinstance(modality, Pictured):
                for number, picture in enumerate(modality.pictures(samples)):
                    archive.writestr(f"{i}-{modality.name}/{number:03d}.png", png_bytes(Image.fromarray(picture)))
            elif isinstance(modality, Written):
                archive.writestr(f"{i}-{modality.name}.csv", _csv([modality.rows(sample) for sample in samples]))
        codes = io.BytesIO()
        np.save(codes, drawn.codes, allow_pickle=False)
        archive.writestr("codes.npy", codes.getvalue())
        settings = f"{drawn.prior} prior, temperature {drawn.temperature:g}, seed {drawn.seed}\n"
        archive.writestr("drawn.txt", f"run {run.id}, {settings}nearest training samples: {drawn.nearest.tolist()}\n")
    return out.getvalue()


def _csv(rows: list[list[tuple[str, str]]]) -> bytes:
    columns = [pa.array(texts, pa.string()) for texts in zip(*([text for _, text in row] for row in rows), strict=True)]
    return csv_bytes(pa.Table.from_arrays(columns, [name for name, _ in rows[0]]))
