"""Tests of the cards over HTTP: pictures and rows, error messages, and caching."""

import json
import shutil
import subprocess
import sys
from collections.abc import MutableMapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from aeexplorer.analysis.codes.codebook import decode_entry
from aeexplorer.analysis.decoding import decode
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.maps.slices import latents_at_positions
from aeexplorer.core.workspace import write_json
from aeexplorer.routes import routes
from aeexplorer.training.run import Run
from tests.routes.finishing import finish

Answer = tuple[int, dict[str, str], bytes]


def get(path: str, headers: dict[str, str] | None = None) -> Answer:
    """Return status, headers and body of the app's response."""
    where, _, query = path.partition("?")
    sent: list[MutableMapping[str, Any]] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(where),
        "raw_path": where.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    finish(Starlette(routes=routes())(scope, receive, send))
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], named, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture(autouse=True)
def _workspace(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(trained.workspace.root))


@pytest.fixture
def base(trained) -> dict[str, str]:
    """Addresses of the runs by name."""
    return {name: f"/aex/runs/{run.id}" for name, run in trained.runs.items()}


def picture(answer: Answer) -> np.ndarray:
    """Return the RGBA pixels of a response that is a picture."""
    status, headers, body = answer
    assert (status, headers["content-type"]) == (200, "image/png")
    return np.asarray(Image.open(BytesIO(body)).convert("RGBA"))


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_a_card_is_the_sample_beside_its_reconstruction(trained, base: dict[str, str], name: str) -> None:
    run = trained.runs[name]
    pixels = picture(get(f"{base[name]}/samples/123/card.png"))
    assert pixels.shape == (112, 226, 4)
    assert np.array_equal(pixels[::14, :112:14, 0], run.dataset.main_field.array[123, 0])
    expected = run.model.modalities["image"].restore(run.reconstruct(np.array([123]))[1]["image"])
    assert np.array_equal(pixels[::14, 114::14, 0], expected[0, 0])


def test_a_position_is_decoded(trained, base: dict[str, str]) -> None:
    run = trained.runs["vae"]
    expected = decode(run, np.array([[0.25, -1.5]]))["image"][0, 0]
    assert np.array_equal(picture(get(f"{base['vae']}/decode.png?x=0.25&y=-1.5"))[::14, ::14, 0], expected)


def test_a_position_on_the_pca_map_is_decoded(trained, base: dict[str, str]) -> None:
    run = trained.runs["vq"]
    made = compute_projection(run, "pca")
    x, y = made.xy[7]
    expected = decode(run, made.latents_at(np.array([[x, y]], np.float32)))["image"][0, 0]
    pixels = picture(get(f"{base['vq']}/decode.png?x={x:.9g}&y={y:.9g}&plane=pca"))[::14, ::14, 0]
    assert np.array_equal(pixels, expected)


def test_a_position_on_a_slice_is_decoded(trained, base: dict[str, str]) -> None:
    run = trained.runs["vq"]
    made = compute_projection(run, "slice-12-88-3")
    expected = decode(run, run.latents(np.array([88])))["image"][0, 0]
    x, y = made.xy[88]
    pixels = picture(get(f"{base['vq']}/decode.png?x={x:.9g}&y={y:.9g}&plane=slice-12-88-3"))[::14, ::14, 0]
    assert np.abs(pixels.astype(int) - expected).max() <= 1


def test_a_position_on_a_nonlinear_map_decodes_the_mean_of_the_nearest_samples(
    trained, base: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(tmp_path / "copy"))
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vae"].id)
    made = compute_projection(run, "tsne")
    x, y = made.xy.mean(0)
    expected = decode(run, latents_at_positions(run, made, np.float32([[x, y]])))["image"][0, 0]
    pixels = picture(get(f"{base['vae']}/decode.png?x={x:.9g}&y={y:.9g}&plane=tsne"))[::14, ::14, 0]
    assert np.abs(pixels.astype(int) - expected).max() <= 1


def test_a_code_is_decoded(trained, base: dict[str, str]) -> None:
    pixels = picture(get(f"{base['vq']}/codes/11.png"))
    assert np.array_equal(pixels[::14, ::14, 0], decode_entry(trained.runs["vq"], 11)["image"][0])


def test_a_table_returns_rows_and_its_picture_redirects_to_them(trained, base: dict[str, str]) -> None:
    status, headers, _ = get(f"{base['ae']}/samples/9/card.png")
    assert (status, headers["location"]) == (307, "card.json?")
    status, _, body = get(f"{base['ae']}/samples/9/card.json")
    rows = json.loads(body)["rows"]
    assert status == 200
    assert [row[0] for row in rows] == ["length", "<b>weight</b>", "colour"]
    array = trained.runs["ae"].dataset.main_field.array
    assert rows[0][1] == f"{array[9, 0]:.4g}"
    assert rows[1][1] == ""
    assert rows[2][2] in ("red", "green", "blue")
    status, headers, _ = get(f"{base['ae']}/decode.png?x=1&y=2&plane=pca")
    assert (status, headers["location"]) == (307, "decode.json?x=1&y=2&plane=pca")
    decoded = json.loads(get(f"{base['ae']}/decode.json?x=1&y=2")[2])["rows"]
    expected = decode(trained.runs["ae"], np.array([[1, 2]]))["table"][0]
    assert decoded[0] == ["length", "", f"{expected[0]:.4g}"]


HOSTILE = [
    ("samples/-1/card.png", 404, "from 0 to 399"),
    ("samples/400/card.png", 404, "from 0 to 399"),
    ("samples/1e2/card.png", 404, "no such sample"),
    ("samples/%D9%A1/card.png", 404, "no such sample"),
    ("samples/999999999999999999999999/card.png", 404, "no such sample"),
    ("samples/1/card.json", 404, "has pictures"),
    ("samples/%3Cscript%3E/card.png", 404, "no such sample"),
    ("decode.png", 400, "x must be a number"),
    ("decode.png?x=1", 400, "y must be a number"),
    ("decode.png?x=nan&y=1", 400, "x must be a number"),
    ("decode.png?x=inf&y=1", 400, "x must be a number"),
    ("decode.png?x=1e7&y=1", 400, "x must be a number"),
    ("decode.png?x=1&y=1&plane=../../etc", 404, "no projection"),
    ("decode.png?x=1&y=1&plane=umap", 404, "no umap map yet"),
    ("decode.png?x=1&y=1&plane=slice-1-2", 404, "no slice-1-2 map yet"),
    ("decode.png?x=1&y=1&plane=slice-1-2-..", 404, "no projection"),
    ("codes/1.png", 404, "no codebook"),
]


@pytest.mark.parametrize(("path", "status", "sentence"), HOSTILE)
def test_bad_values_are_refused_in_one_plain_sentence(base: dict[str, str], path: str, status: int, sentence: str) -> None:
    found, headers, body = get(f"{base['vae']}/{path}")
    assert found == status
    assert headers["content-type"].startswith("text/plain")
    assert headers["x-content-type-options"] == "nosniff"
    assert sentence in body.decode()
    assert body.count(b"\n") == 1


def test_unknown_codes_and_planes_are_refused(base: dict[str, str]) -> None:
    for path, sentence in (("codes/48.png", "from 0 to 47"), ("codes/x.png", "no such code"), ("decode.png?x=1&y=1", "not two")):
        status, _, body = get(f"{base['vq']}/{path}")
        assert status == 404
        assert sentence in body.decode()


@pytest.mark.parametrize("run", ["..", "run-000000000000", "run-ZZ", "%2e%2e%2fetc", "run-0123456789ab%00"])
def test_unknown_runs_are_refused(run: str) -> None:
    status, headers, _ = get(f"/aex/runs/{run}/samples/0/card.png")
    assert status == 404
    assert headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("name", ["run.json", "metrics.json", "latents.npy", "errors.npy"])
def test_a_damaged_run_is_refused_with_its_reason(
    trained, base: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(tmp_path / "copy"))
    (tmp_path / "copy" / "runs" / trained.runs["vae"].id / name).write_bytes(b"nonsense")
    for path in ("samples/1/card.png", "decode.png?x=0&y=0", "samples/1/edited.png?edits="):
        status, _, body = get(f"{base['vae']}/{path}")
        assert status == 422
        assert name in body.decode()
    assert get(f"{base['vq']}/samples/1/card.png")[0] == 200


def test_cards_of_a_finished_run_are_cached_and_revalidated(base: dict[str, str]) -> None:
    path = f"{base['vae']}/samples/1/card.png"
    _, headers, _ = get(path)
    assert "immutable" in headers["cache-control"]
    status, again, body = get(path, {"If-None-Match": headers["etag"]})
    assert (status, again["etag"], body) == (304, headers["etag"], b"")
    assert get(f"{base['vae']}/samples/2/card.png")[1]["etag"] != headers["etag"]


def test_cards_of_a_resumable_run_are_always_revalidated(
    trained, base: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    run = Run(tmp_path / "copy" / "runs" / trained.runs["vae"].id)
    write_json(run.folder / "metrics.json", {**run.metrics, "state": "cancelled"})
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(tmp_path / "copy"))
    path = f"{base['vae']}/samples/1/card.png"
    _, headers, _ = get(path)
    assert headers["cache-control"] == "private, no-cache"
    assert get(path, {"If-None-Match": headers["etag"]})[0] == 304
    write_json(run.folder / "metrics.json", {**run.metrics, "state": "finished"})
    assert get(path, {"If-None-Match": headers["etag"]})[0] == 200


def test_the_server_reports_its_health() -> None:
    status, headers, body = get("/aex/health")
    assert status == 200
    assert headers["cache-control"] == "no-store"
    assert json.loads(body)["status"] == "ok"


def test_routes_do_not_import_torch() -> None:
    code = "import sys, aeexplorer.routes as r; r.routes(); print([m for m in ('torch', 'umap', 'sklearn') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
