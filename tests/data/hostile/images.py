"""Pictures that are unreadable, too large, cut off or identical, and manifests that do not fit them."""

import io

import numpy as np
from PIL import Image, PngImagePlugin

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions
from tests.data.hostile import Case, converted, refused
from tests.data.making import pictures, png, png_of_size, zipped

KINDS = ("jpeg", "png", "gif", "bmp", "webp", "tiff")
GOOD = {kind: {f"{i}.{kind}": png(i, mode="RGB", format=kind.upper()) for i in range(6)} for kind in KINDS} | {
    "manifest": {"z.zip": zipped(pictures() | {"m.csv": b"file,label\n0.png,a\n1.png,b\n"}, 0)}
}


def among(name: str, content: bytes) -> bytes:
    """Pack valid pictures and this file into a zip."""
    return zipped(pictures() | {name: content})


def saved(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def deep() -> dict[str, bytes]:
    """Return grey pictures of 16 bits: 0, 1000, 2000 … 5000 everywhere except in one corner."""
    values = [np.full((8, 8), 1000 * i, np.uint16) for i in range(6)]
    for value in values:
        value[0, 0] = 65535
    return {f"{i}.png": saved(Image.fromarray(value)) for i, value in enumerate(values)}


def check_deep(dataset: Dataset) -> None:
    assert dataset.main_field.array[:, 0, 4, 4].tolist() == [1000 * i >> 8 for i in range(6)]
    assert dataset.main_field.array[:, 0, 0, 0].tolist() == [255] * 6
    assert any("16 bits" in note for note in dataset.notes)


def check_ink(dataset: Dataset) -> None:
    assert dataset.main_field.shape == (3, 8, 8)
    red, green, blue = dataset.main_field.array[0].astype(int).mean((1, 2))
    assert red > 200 > 60 > max(green, blue)  # magenta and yellow ink is red
    assert any("CMYK" in note for note in dataset.notes)


def check_sizes(dataset: Dataset) -> None:
    assert dataset.main_field.shape[1:] == (8, 8)
    assert any("2 of 6 pictures" in note and "8 × 8" in note for note in dataset.notes)


def check_turned(dataset: Dataset) -> None:
    assert dataset.main_field.array[0, 0, 0].tolist() == [255] * 8  # the white left column lies on top
    assert any("turned upright" in note for note in dataset.notes)


def turned() -> dict[str, bytes]:
    """Return grey pictures with a white left column, and EXIF data that rotate them to the right."""
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {}
    for i in range(6):
        pixels = np.full((8, 8), 20 * i, np.uint8)
        pixels[:, 0] = 255
        files[f"{i}.png"] = saved(Image.fromarray(pixels), exif=exif)
    return files


def check_background(dataset: Dataset) -> None:
    assert (dataset.main_field.array[0] == 255).all()
    assert any("transparent" in note for note in dataset.notes)


def transparent() -> dict[str, bytes]:
    """Return black pictures of rising opacity; the first is fully transparent."""
    return {f"{i}.png": saved(Image.new("RGBA", (8, 8), (0, 0, 0, 40 * i))) for i in range(6)}


def long_text() -> bytes:
    """Write a PNG with 80 MB of compressed text."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "a" * (80 << 20), zip=True)
    return saved(Image.new("L", (8, 8)), pnginfo=words)


def check_mixed(dataset: Dataset) -> None:
    assert dataset.n == 6
    assert any("2 files that are not pictures were left out" in note for note in dataset.notes)


SIZES = {"a.png": png(8, (30, 9)), "b.png": png(9, (5, 7))}
INK = {f"{i}.jpg": saved(Image.new("CMYK", (8, 8), (0, 255 - 9 * i, 255, 0)), "JPEG") for i in range(6)}

CASES: dict[str, Case] = {
    "empty file": refused("a.png", lambda: b"", "", "empty"),
    "empty member": refused("z.zip", lambda: among("e.png", b""), "e.png", "not a readable picture"),
    "half a picture": refused("z.zip", lambda: among("h.png", png(size=(64, 64))[:80]), "h.png", "damaged"),
    "pixel bomb": refused("z.zip", lambda: among("p.png", png_of_size(50_000, 50_000)), "p.png", "pixels"),
    "no pixels": refused("z.zip", lambda: among("n.png", png_of_size(0, 0)), "n.png", ""),
    "eps": refused("z.zip", lambda: among("e.png", b"%!PS-Adobe-3.0 EPSF-3.0\n"), "e.png", "not a readable"),
    "ppm": refused("z.zip", lambda: among("p.png", b"P6 1 1 255\nabc"), "p.png", "not a readable"),
    "svg": refused("z.zip", lambda: among("s.png", b"<svg xmlns='x'/>"), "s.png", "not a readable"),
    "html": refused("page.png", lambda: b"<html><script>alert(1)</script>", "", "not a readable picture"),
    "single": refused("one.png", png, "", "too few"),
    "identical": refused("z.zip", lambda: zipped({f"{i}.png": png(0) for i in range(6)}), "0.png", "identical"),
    "manifest names one twice": refused(
        "z.zip", lambda: among("m.csv", b"file,label\n0.png,a\n1.png,b\n0.png,c\n"), "m.csv, row 3", "twice"
    ),
    "manifest ragged": refused("z.zip", lambda: among("m.csv", b"file,label\n0.png\n"), "m.csv, row 2", "1 values"),
    "manifest of broken JSON": refused("z.zip", lambda: among("m.json", b"[{"), "m.json", "JSON"),
    "manifest of deep JSON": refused("z.zip", lambda: among("m.json", b"[" * 100_000), "m.json", "JSON"),
    "label without manifest": refused(
        "z.zip",
        lambda: zipped(pictures()),
        "",
        "no manifest has a column 'kind'",
        "Add a CSV",
        IngestOptions(label_column="kind"),
    ),
    "cut JPEG": refused("z.zip", lambda: among("h.jpg", png(1, (64, 64), "RGB", "JPEG")[:-60]), "h.jpg", "damaged"),
    "cut WebP": refused("z.zip", lambda: among("h.webp", png(1, (64, 64), "RGB", "WEBP", lossless=True)[:90]), "h.webp", ""),
    "words bomb": refused("z.zip", lambda: among("w.png", long_text()), "w.png", ""),
    "program under a PNG name": refused("z.zip", lambda: among("p.png", b"MZ" + bytes(99)), "p.png", "not a readable"),
    "PDF under a PNG name": refused("z.zip", lambda: among("p.png", b"%PDF-1.7\n"), "p.png", "not a readable"),
    "manifest not text": refused("z.zip", lambda: among("m.csv", b"file,label\n0.png,\0\n"), "m.csv", "not text"),
    "16 bits": converted("z.zip", lambda: zipped(deep()), check_deep),
    "CMYK": converted("z.zip", lambda: zipped(INK), check_ink),
    "mixed sizes": converted("z.zip", lambda: zipped(pictures(4) | SIZES), check_sizes),
    "EXIF rotation": converted("z.zip", lambda: zipped(turned()), check_turned),
    "transparent": converted("z.zip", lambda: zipped(transparent()), check_background),
    "notes among pictures": converted("z.zip", lambda: zipped(pictures() | {"a.txt": b"hi", "b.md": b"#"}), check_mixed),
}
