import base64
import datetime
import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from aeexplorer.analysis.runs.citation import cite
from aeexplorer.analysis.runs.comparison import quick_map
from aeexplorer.cli import main
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.offline import page
from aeexplorer.training.run import Run
from tests.exchange.offline.making import HOSTILE, hostile_run


def build_page(run: Run, colour: str = "split", selected: tuple[int, ...] = ()) -> str:
    projection = quick_map(run)
    return page.offline_page(run, projection, colour, cite(run, projection, colour, datetime.date(2026, 1, 2)), selected).decode()


def script_content(text: str, opening: str) -> str:
    match = re.search(rf"<script{opening}>(.*?)</script>", text, re.S)
    assert match
    return match[1]


def about(text: str) -> dict[str, Any]:
    return orjson.loads(script_content(text, ' id="about" type="application/json"'))


def array(text: str, reference: list[Any]) -> np.ndarray:
    kind, offset, length = reference
    block = base64.b64decode(script_content(text, ' id="bytes" type="text/plain"'))
    return np.frombuffer(block, f"<{kind}", length, offset)


def test_the_policy_allows_no_request_and_only_the_own_script(trained) -> None:
    text = build_page(trained.runs["vae"])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert "default-src &#x27;none&#x27;" in policy[1]
    digest = base64.b64encode(hashlib.sha256(script_content(text, "").encode()).digest()).decode()
    assert f"script-src &#x27;sha256-{digest}&#x27;" in policy[1]
    assert "://" not in text.replace(script_content(text, ' id="bytes" type="text/plain"'), "")


def test_names_stay_text(workspace: Workspace) -> None:
    run = hostile_run(workspace)
    text = build_page(run, "label")
    assert not any(name in text for name in HOSTILE[:2])
    content = about(text)
    assert content["title"] == f"{HOSTILE[1]} · {HOSTILE[0]}"
    assert {group["name"] for group in content["colourings"][0]["groups"]} == set(HOSTILE)


def test_points_colours_and_selection_match_the_app(trained) -> None:
    run = trained.runs["vae"]
    text = build_page(run, "hand", (3, 5, 99_999))
    content, projection = about(text), quick_map(run)
    assert np.array_equal(array(text, content["ids"]), projection.ids)
    assert np.array_equal(array(text, content["positions"]).reshape(-1, 2), projection.xy)
    assert content["selected"] == [3, 5]
    first = content["colourings"][0]
    names = [group["name"] for group in first["groups"]]
    hands = run.dataset.table["hand"].to_pylist()
    assert [names[group] for group in array(text, first["group"])] == [hands[id_] for id_ in projection.ids]


def test_the_caption_tells_how_many_samples_are_shown(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MAX_SAMPLES", 150)
    text = build_page(trained.runs["vae"])
    assert array(text, about(text)["ids"]).size == 150
    assert about(text)["caption"].startswith("showing 150 of 400")


def test_the_file_stays_within_its_size(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "TARGET_BYTES", 260_000)
    assert len(build_page(trained.runs["vae"])) < 260_000


def test_tables_are_shown_as_text_without_a_decoder(trained) -> None:
    content = about(build_page(trained.runs["ae"], "split"))
    assert content["decoder"] is None
    assert "it can only decode pictures, and this run has tabular data" in content["notice"]
    assert "length: " in content["texts"][0]
    assert content["pictures"] is None


def test_reconstructions_replace_a_decoder_that_is_too_large(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "DECODER_SHARE", 0.0001)
    content = about(build_page(trained.runs["vae"]))
    assert content["decoder"] is None
    assert "weights" in content["notice"]
    assert content["reconstructions"]


def test_the_command_line_derives_the_format_from_the_ending(trained, tmp_path: Path) -> None:
    target = tmp_path / "digits.html"
    assert main(["export", trained.runs["vq"].id, str(target), "--workspace", str(trained.workspace.root)]) == 0
    assert about(target.read_text())["latents"]["stages"] == 1
