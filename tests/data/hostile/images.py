"""Pictures that are none, too large, cut off, or all alike; and manifests that do not fit them."""

from making import pictures, png, png_of_size, zipped

from aeexplorer.data.ingest import IngestOptions
from hostile import Case, refused

KINDS = ("jpeg", "png", "gif", "bmp", "webp")
GOOD = {kind: {f"{i}.{kind}": png(i, mode="RGB", format=kind.upper()) for i in range(6)} for kind in KINDS} | {
    "manifest": {"z.zip": zipped(pictures() | {"m.csv": b"file,label\n0.png,a\n1.png,b\n"}, 0)}
}


def among(name: str, content: bytes) -> bytes:
    """A zip of good pictures and this file."""
    return zipped(pictures() | {name: content})


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
    "manifest ragged": refused("z.zip", lambda: among("m.csv", b"file,label\n0.png\n"), "m.csv, line 2", "1 values"),
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
}
