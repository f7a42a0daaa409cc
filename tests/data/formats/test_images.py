"""Picture files of all supported formats, their conversions, and their manifests."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from tests.data.making import pictures, png, png_of_size, tree, upload, zipped


def _saved(array: np.ndarray, format: str = "PNG", **save: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, format, **save)
    return out.getvalue()


def test_grey_pictures_are_stored_unchanged_with_folders_as_labels(workspace: Workspace) -> None:
    members = pictures(4, "set/cat/") | pictures(4, "set/dog/") | {"__MACOSX/set/cat/._0.png": b"junk", "set/.DS_Store": b"x"}
    dataset = ingest(workspace, upload("pets.zip", zipped(members)))
    field = dataset.main_field
    assert (dataset.name, field.name, field.modality, field.shape, field.dtype) == ("pets", "image", "image", (1, 8, 8), "uint8")
    for i, source in enumerate(dataset.table["source"].to_pylist()):
        expected = np.asarray(Image.open(io.BytesIO(members[source])))
        np.testing.assert_array_equal(field.array[i, 0], expected)
    assert dataset.table["label"].to_pylist() == ["cat"] * 4 + ["dog"] * 4
    assert any("2 hidden files" in note for note in dataset.notes)


def test_colour_is_stored_channels_first(workspace: Workspace) -> None:
    files = [Upload(f"{i}.png", png(i, mode="RGB")) for i in range(6)]
    dataset = ingest(workspace, files)
    assert dataset.main_field.shape == (3, 8, 8)
    expected = np.asarray(Image.open(io.BytesIO(files[2].content)))  # type: ignore[arg-type]
    np.testing.assert_array_equal(dataset.main_field.array[2].transpose(1, 2, 0), expected)
    assert dataset.labels is None
    grey = ingest(workspace, files, IngestOptions(colour="grey"))
    np.testing.assert_allclose(grey.main_field.array[2, 0], np.asarray(Image.fromarray(expected).convert("L")), atol=1)


def test_grey_pictures_saved_as_colour_become_grey_unless_colour_is_chosen(workspace: Workspace) -> None:
    pixels = [np.asarray(Image.open(io.BytesIO(png(i)))) for i in range(6)]
    files = [Upload(f"{i}.png", _saved(np.stack([p] * 3, -1))) for i, p in enumerate(pixels)]
    dataset = ingest(workspace, files)
    assert dataset.main_field.shape == (1, 8, 8)
    np.testing.assert_array_equal(dataset.main_field.array[:, 0], pixels)
    assert ingest(workspace, files, IngestOptions(colour="rgb")).main_field.shape == (3, 8, 8)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "BMP", "GIF"])
def test_formats_are_recognised_in_spite_of_a_wrong_extension(workspace: Workspace, format: str) -> None:
    files = [Upload(f"{i}.png", png(i, (16, 16), "RGB", format)) for i in range(6)]
    dataset = ingest(workspace, files)
    plain = [np.asarray(Image.open(io.BytesIO(png(i, (16, 16), "RGB")))) for i in range(6)]
    difference = dataset.main_field.array.transpose(0, 2, 3, 1).astype(int) - plain
    assert np.abs(difference).mean() < 10


def test_conversions_are_counted(workspace: Workspace) -> None:
    rng = np.random.default_rng(1)
    deep = rng.integers(0, 65536, (8, 8), np.uint16)
    clear = np.full((8, 8, 4), (10, 20, 30, 0), np.uint8)
    turned = rng.integers(0, 256, (8, 8, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [Image.fromarray(np.full((8, 8), v, np.uint8)) for v in (40, 200)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    files = {
        "deep.png": _saved(deep),
        "clear.png": _saved(clear),
        "turned.png": _saved(turned, exif=exif),
        "cmyk.jpg": png(3, mode="CMYK", format="JPEG"),
        "palette.png": png(4, mode="P"),
        "moving.gif": moving.getvalue(),
    }
    dataset = ingest(workspace, [Upload(name, content) for name, content in files.items()])
    pictures_by_name = dict(zip(files, dataset.main_field.array, strict=True))
    np.testing.assert_array_equal(pictures_by_name["deep.png"][0], deep >> 8)
    assert (pictures_by_name["clear.png"] == 255).all()
    np.testing.assert_array_equal(pictures_by_name["turned.png"].transpose(1, 2, 0), np.rot90(turned, -1))
    assert (pictures_by_name["moving.gif"] == 40).all()
    palette = np.asarray(Image.open(io.BytesIO(files["palette.png"])).convert("RGB"))
    np.testing.assert_array_equal(pictures_by_name["palette.png"].transpose(1, 2, 0), palette)
    for conversion in ("16 bits", "transparent", "upright", "CMYK", "animated"):
        assert any(note.startswith("1 of 6") and conversion in note for note in dataset.notes), conversion


def test_mixed_sizes_are_cropped_or_letterboxed_to_the_most_common_size(workspace: Workspace) -> None:
    white = np.full((8, 16), 255, np.uint8)
    white[:, 0] = 0
    members = pictures(5) | {"wide.png": _saved(white)}
    guess = inspect(upload("z.zip", zipped(members)))
    assert [(s.width, s.height, s.count) for s in guess.sizes] == [(8, 8, 5), (16, 8, 1)]
    cropped = ingest(workspace, upload("z.zip", zipped(members)))
    assert cropped.main_field.shape == (1, 8, 8)
    assert (cropped.main_field.array[5] == 255).all()
    boxed = ingest(workspace, upload("z.zip", zipped(members)), IngestOptions(fit="letterbox"))
    assert (boxed.main_field.array[5, 0, :2] == 0).all()
    assert (boxed.main_field.array[5, 0, 2:6, 2:] > 200).all()
    assert any("1 of 6 pictures" in note and "black bars" in note for note in boxed.notes)
    assert ingest(workspace, upload("z.zip", zipped(members)), IngestOptions(image_size=20)).main_field.shape == (1, 20, 20)


def test_large_pictures_are_scaled_to_at_most_64(workspace: Workspace) -> None:
    dataset = ingest(workspace, [Upload(f"{i}.jpg", png(i, (200, 100), "RGB", "JPEG")) for i in range(5)])
    assert dataset.main_field.shape == (3, 32, 64)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.csv", b"file,kind,age\n0.png,a,1\n1.png,b,2\n2.png,a,3\n3.png,b,4\n4,b,\n"),
        ("labels.csv", b"file;kind;age\r\n0.png;a;1\r\n1.png;b;2\r\n2.png;a;3\r\n3.png;b;4\r\n4.png;b;\r\n"),
        (
            "set/m.json",
            b"""[{"file_name":"0.png","kind":"a","age":1},{"file_name":"1.png","kind":"b","age":2},
            {"file_name":"2.png","kind":"a","age":3},{"file_name":"set/3.png","kind":"b","age":4},{"file_name":"4.png","kind":"b"}]""",
        ),
        (
            "m.jsonl",
            b"""{"image":"0.png","kind":"a","age":1}
            {"image":"1.png","kind":"b","age":2}
            {"image":"2.png","kind":"a","age":3}

            {"image":"3.png","kind":"b","age":4}
            {"image":"4.png","kind":"b"}""",
        ),
    ],
)
def test_a_manifest_gives_labels_and_columns(workspace: Workspace, name: str, content: bytes) -> None:
    archive = upload("z.zip", zipped(pictures(6, "set/") | {name: content, "readme.txt": b"hello"}))
    dataset = ingest(workspace, archive, IngestOptions(label_column="kind"))
    assert dataset.table["label"].to_pylist() == ["a", "b", "a", "b", "b", None]
    assert dataset.table["age"].to_pylist() == [1.0, 2.0, 3.0, 4.0, None, None]
    assert any("1 pictures have no row" in note for note in dataset.notes)
    assert any("readme.txt" in note for note in dataset.notes)
    assert [(c.name, c.role) for c in inspect(archive).columns] == [("kind", "beside"), ("age", "beside")]


def test_a_json_object_of_names_and_labels_is_a_manifest(workspace: Workspace) -> None:
    mapping = b'{"0.png":"x","1.png":"y","2.png":"x","3.png":"y","4.png":"y"}'
    uploads = [*(Upload(n, c) for n, c in pictures(5).items()), Upload("labels.json", mapping)]
    assert inspect(uploads).options.label_column == "label"
    assert ingest(workspace, uploads).table["label"].to_pylist() == ["x", "y", "x", "y", "y"]
    assert ingest(workspace, uploads, IngestOptions(label_column="")).labels is None


def test_inspect_counts_pictures_and_labels() -> None:
    guess = inspect(upload("z.zip", zipped(pictures(4, "cat/") | pictures(2, "dog/"))))
    assert (guess.kind, guess.n, guess.labels) == ("pictures", 6, {"cat": 4, "dog": 2})


def _tiff(*pages: Image.Image, **save: object) -> bytes:
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=len(pages) > 1, append_images=pages[1:], **save)
    return out.getvalue()


def _plain_tiff(pixels: np.ndarray) -> bytes:
    """Write a grey big-endian TIFF byte by byte."""
    height, width = pixels.shape
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: pixels.size}
    entries = b"".join(struct.pack(">HHII", tag, 4, 1, value) for tag, value in tags.items())
    start = struct.pack(">2sHI", b"MM", 42, 8 + pixels.size)
    return start + pixels.tobytes() + struct.pack(">H", len(tags)) + entries + bytes(4)


def test_many_kinds_of_tiff_are_read(workspace: Workspace) -> None:
    rng = np.random.default_rng(2)
    plain, deep = rng.integers(0, 256, (6, 8), np.uint8), rng.integers(0, 65536, (6, 8), np.uint16)
    pages = [Image.fromarray(np.full((6, 8), v, np.uint8)) for v in (40, 200)]
    turned = rng.integers(0, 256, (8, 6), np.uint8)
    colour = rng.integers(0, 256, (6, 8, 3), np.uint8)
    floats = rng.random((6, 8), np.float32)
    files = {
        "plain": _plain_tiff(plain),
        "deep": _tiff(Image.fromarray(deep)),
        "pages": _tiff(*pages),
        "turned": _tiff(Image.fromarray(turned), tiffinfo={0x0112: 6}),
        "packed": _tiff(Image.fromarray(colour), compression="tiff_deflate"),
        "floats": _tiff(Image.fromarray(floats)),
        "cmyk": _tiff(Image.fromarray(colour).convert("CMYK")),
        "black and white": _tiff(Image.fromarray(plain > 99), compression="group4"),
    }
    uploads = [Upload(f"{name}.tif", content) for name, content in files.items()]
    guess = inspect(uploads)
    assert [(s.width, s.height, s.count) for s in guess.sizes] == [(8, 6, len(files))]
    dataset = ingest(workspace, uploads, IngestOptions(colour="rgb"))
    pictures_by_name = dict(zip(files, dataset.main_field.array, strict=True))
    np.testing.assert_array_equal(pictures_by_name["plain"][0], plain)
    np.testing.assert_array_equal(pictures_by_name["deep"][1], deep >> 8)
    assert (pictures_by_name["pages"] == 40).all()
    np.testing.assert_array_equal(pictures_by_name["turned"][2], np.rot90(turned, -1))
    np.testing.assert_array_equal(pictures_by_name["packed"].transpose(1, 2, 0), colour)
    np.testing.assert_array_equal(pictures_by_name["floats"][0], np.rint(floats * 255).astype(np.uint8))
    np.testing.assert_allclose(pictures_by_name["cmyk"].transpose(1, 2, 0), colour, atol=1)
    np.testing.assert_array_equal(pictures_by_name["black and white"][0], 255 * (plain > 99))
    for conversion in ("16 bits", "several pages", "upright", "CMYK", "within [0, 1]"):
        assert any(note.startswith("1 of 8") and conversion in note for note in dataset.notes), conversion


def test_colour_of_16_bits_is_noted(workspace: Workspace) -> None:
    """Pillow silently reads such pictures as 8 bits."""
    rng = np.random.default_rng(3)

    def deep(pixels: np.ndarray) -> bytes:
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
        return png_of_size(8, 8, rows, depth=16, colour=2)

    pixels = rng.integers(0, 65536, (6, 8, 8, 3), np.uint16)
    dataset = ingest(workspace, [Upload(f"{i}.png", deep(p)) for i, p in enumerate(pixels)])
    np.testing.assert_array_equal(dataset.main_field.array.transpose(0, 2, 3, 1), pixels >> 8)
    assert any("6 of 6" in note and "16 bits" in note for note in dataset.notes)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "GIF"])
def test_transparent_pictures_are_placed_on_white(workspace: Workspace, format: str) -> None:
    ink = np.zeros((8, 8, 4), np.uint8)
    files = []
    for i in range(5):
        ink[..., 3] = 0
        ink[i, :, 3] = 255
        files.append(Upload(f"{i}.x", _saved(ink, format, **({"lossless": True} if format == "WEBP" else {}))))
    dataset = ingest(workspace, files)
    for i, pixels in enumerate(dataset.main_field.array):
        assert (pixels[0] == np.where(np.arange(8) == i, 0, 255)[:, None]).all()
    assert any("5 of 5 pictures: transparent, placed on white" in note for note in dataset.notes)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n(x) print\nshowpage\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><script>alert(1)</script></svg>'
BAD = {
    "eps under a png name": ("a.png", EPS, "not a readable picture"),
    "svg under a png name": ("a.png", SVG, "not a readable picture"),
    "html under a tif name": ("a.tif", b"<!doctype html><html><body>404</body></html>", "not a readable picture"),
    "ppm under a png name": ("a.png", b"P6 8 8 255\n" + bytes(192), "not a readable picture"),
    "half a tiff": ("a.tif", _plain_tiff(np.arange(48, dtype=np.uint8).reshape(6, 8))[:40], "picture"),
    "tiff of a million pixels a side": ("a.tif", _plain_tiff(np.zeros((6, 8), np.uint8)).replace(
        struct.pack(">HHII", 256, 4, 1, 8), struct.pack(">HHII", 256, 4, 1, 1 << 30)), "pixels"),
    "tiff without pixels": ("a.tif", _plain_tiff(np.zeros((6, 8), np.uint8)).replace(
        struct.pack(">HHII", 256, 4, 1, 8), struct.pack(">HHII", 256, 4, 1, 0)), "not a readable picture"),
    "floats beyond one": ("a.tif", _tiff(Image.fromarray(np.full((6, 8), 7.5, np.float32))), "not all numbers within [0, 1]"),
    "not a number": ("a.tif", _tiff(Image.fromarray(np.full((6, 8), np.nan, np.float32))), "not all numbers within [0, 1]"),
    "32 bits": ("a.tif", _tiff(Image.fromarray(np.full((6, 8), 1 << 20, np.int32))), "beyond 16 bits"),
    "laboratory colours": ("a.tif", _tiff(Image.new("LAB", (8, 6))), "colour mode LAB is not supported"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_unreadable_pictures_are_refused(workspace: Workspace, case: str) -> None:
    name, content, reason = BAD[case]
    before = tree(workspace.root)
    with pytest.raises(UploadRejected) as refused:
        ingest(workspace, upload("z.zip", zipped(pictures() | {name: content})))
    assert (refused.value.file, refused.value.where) == ("z.zip", name)
    assert reason in refused.value.cause
    assert refused.value.fix
    assert tree(workspace.root) == before
