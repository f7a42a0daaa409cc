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


def written(run: Run, colour: str = "split", selected: tuple[int, ...] = ()) -> str:
    made = quick_map(run)
    return page.offline_page(run, made, colour, cite(run, made, colour, datetime.date(2026, 1, 2)), selected).decode()


def part(text: str, opening: str) -> str:
    found = re.search(rf"<script{opening}>(.*?)</script>", text, re.S)
    assert found
    return found[1]


def about(text: str) -> dict[str, Any]:
    return orjson.loads(part(text, ' id="about" type="application/json"'))


def array(text: str, reference: list[Any]) -> np.ndarray:
    kind, offset, length = reference
    content = base64.b64decode(part(text, ' id="bytes" type="text/plain"'))
    return np.frombuffer(content, f"<{kind}", length, offset)


def test_the_page_may_ask_nobody_and_runs_its_own_script_alone(trained) -> None:
    text = written(trained.runs["vae"])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert "default-src &#x27;none&#x27;" in policy[1]
    digest = base64.b64encode(hashlib.sha256(part(text, "").encode()).digest()).decode()
    assert f"script-src &#x27;sha256-{digest}&#x27;" in policy[1]
    assert "://" not in text.replace(part(text, ' id="bytes" type="text/plain"'), "")


def test_what_people_named_stays_text(workspace: Workspace) -> None:
    run = hostile_run(workspace)
    text = written(run, "label")
    assert not any(name in text for name in HOSTILE[:2])
    held = about(text)
    assert held["title"] == f"{HOSTILE[1]} · {HOSTILE[0]}"
    assert {group["name"] for group in held["colourings"][0]["groups"]} == set(HOSTILE)


def test_points_colours_and_selection_are_those_of_the_app(trained) -> None:
    run = trained.runs["vae"]
    text = written(run, "hand", (3, 5, 99_999))
    held, made = about(text), quick_map(run)
    assert np.array_equal(array(text, held["ids"]), made.ids)
    assert np.array_equal(array(text, held["positions"]).reshape(-1, 2), made.xy)
    assert held["selected"] == [3, 5]
    first = held["colourings"][0]
    names = [group["name"] for group in first["groups"]]
    hands = run.dataset.table["hand"].to_pylist()
    assert [names[group] for group in array(text, first["group"])] == [hands[id_] for id_ in made.ids]


def test_samples_beyond_the_limit_are_left_out_and_the_page_says_so(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SAMPLES", 150)
    text = written(trained.runs["vae"])
    assert array(text, about(text)["ids"]).size == 150
    assert about(text)["caption"].startswith("showing 150 of 400")


def test_a_file_stays_within_its_size(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SIZE", 260_000)
    assert len(written(trained.runs["vae"])) < 260_000


def test_rows_go_along_as_texts_and_the_page_says_that_it_decodes_nothing(trained) -> None:
    held = about(written(trained.runs["ae"], "split"))
    assert held["decoder"] is None
    assert "decodes pictures, and these are tabular data" in held["notice"]
    assert "length: " in held["texts"][0]
    assert held["pictures"] is None


def test_a_decoder_that_is_too_large_leaves_room_for_reconstructions(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "DECODER", 0.0001)
    held = about(written(trained.runs["vae"]))
    assert held["decoder"] is None
    assert "weights" in held["notice"]
    assert held["reconstructions"]


def test_the_command_line_takes_the_ending_for_the_format(trained, tmp_path: Path) -> None:
    target = tmp_path / "digits.html"
    assert main(["export", trained.runs["vq"].id, str(target), "--workspace", str(trained.workspace.root)]) == 0
    assert about(target.read_text())["latents"]["stages"] == 1
