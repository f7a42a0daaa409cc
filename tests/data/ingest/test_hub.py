import importlib
import sys
from pathlib import Path

import pytest
from huggingface_hub import errors

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.hub import (
    HubChoice,
    Part,
    add_from_hub,
    choose_parts,
    config_and_split,
    explain_hub_error,
    parts_within_limit,
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("mnist/train/0000.parquet", ("mnist", "train")),
        ("default/partial-train/0003.parquet", ("default", "train")),
        ("data/train-00000-of-00002.parquet", ("default", "train")),
        ("data/test-00000-of-00001-a09b74b3ef9c3b56.parquet", ("default", "test")),
        ("plain_text/unsupervised-00000-of-00001.parquet", ("plain_text", "unsupervised")),
        ("validation.parquet", ("default", "validation")),
    ],
)
def test_configuration_and_split_are_read_from_the_path(path: str, expected: tuple[str, str]) -> None:
    assert config_and_split(path) == expected


def test_the_files_of_one_split_are_chosen_in_order() -> None:
    parts = [Part(f"{config}/{split}/000{i}.parquet", 10) for config in ("b", "a") for split in ("train", "test") for i in (1, 0)]
    assert choose_parts("x/y", parts, "a", "test") == ("a", [Part("a/test/0000.parquet", 10), Part("a/test/0001.parquet", 10)])
    assert choose_parts("x/y", parts[:4], "", "train")[0] == "b"
    for config, split, message in (
        ("", "train", "several configurations. Choose one of a, b"),
        ("a", "all", "Choose one of test, train"),
    ):
        with pytest.raises(UserError, match=message):
            choose_parts("x/y", parts, config, split)
    with pytest.raises(UserError, match="no Parquet files"):
        choose_parts("x/y", [], "", "train")


def test_files_within_the_limit_are_selected() -> None:
    parts = [Part(f"data/train-0000{i}-of-00003.parquet", 4_000_000) for i in range(3)]
    assert parts_within_limit("x/y", parts, 8) == parts[:2]
    with pytest.raises(UserError, match="4 MB in its first file, more than the 3 MB allowed"):
        parts_within_limit("x/y", parts, 3)


@pytest.mark.parametrize(
    ("kind", "status", "reason", "fix"),
    [
        (errors.GatedRepoError, 403, "accepted its conditions", "hf auth login"),
        (errors.RepositoryNotFoundError, 401, "no dataset x/y", "Check the name"),
        (errors.HfHubHTTPError, 404, "no dataset x/y", "Check the name"),
        (errors.HfHubHTTPError, 503, "answered 503", "Try again"),
    ],
)
def test_each_refusal_of_the_hub_names_the_fix(kind: type[errors.HfHubHTTPError], status: int, reason: str, fix: str) -> None:
    http = importlib.import_module(errors.Response.__module__.partition(".")[0])
    request = http.Request("GET", "https://huggingface.co/api/datasets/x/y")
    error = explain_hub_error("x/y", kind("no", response=http.Response(status, request=request)))
    assert reason in error.reason
    assert fix in error.fix


def test_without_the_extra_the_error_says_how_to_install_it(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"pip install 'aeexplorer\[hub\]'"):
        add_from_hub(workspace, HubChoice(name="x/y"))


@pytest.mark.parametrize("name", ["", "../x", "x/y/z", "x y", str(Path("/etc/passwd"))])
def test_invalid_names_are_refused_without_a_request(workspace: Workspace, name: str) -> None:
    with pytest.raises(UserError, match="not the name of a dataset"):
        add_from_hub(workspace, HubChoice(name=name))
