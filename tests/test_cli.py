"""The command line: its output, the files it leaves, and its errors."""

import json
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from aeexplorer.cli import main
from aeexplorer.cli.app import free_port
from aeexplorer.cli.options import parse_assignments
from aeexplorer.cli.watching import build_report
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs import status
from aeexplorer.training.run import all_runs

QUICK = ["--set", "model.network=dense", "--set", "model.hidden=16", "--set", "model.latent_dim=2"]


@pytest.fixture
def here(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the commands use."""
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(workspace.root))
    return workspace


def last_json(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return the JSON on the last line of standard output."""
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def error_line(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must fail, and return its one line on standard error."""
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("aeexplorer: ")
    return lines[0]


def test_from_a_file_to_a_map_and_another_workspace(
    here: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "spots.npz", x=rng.integers(0, 255, (90, 8, 8), dtype=np.uint8), y=np.arange(90) % 3)
    assert main(["data", "add", str(tmp_path / "spots.npz"), "--json"]) == 0
    data = last_json(capsys)
    assert (data["name"], data["samples"], data["labels"]) == ("spots", 90, {"0": 30, "1": 30, "2": 30})
    assert main(["data", "list", "--json"]) == 0
    assert [row["name"] for row in last_json(capsys)] == ["spots"]

    assert main(["train", "--data", "spots", "--preset", "vae", *QUICK, "--set", "training.epochs=2", "--json"]) == 0
    trained = last_json(capsys)
    assert {"run", "seconds", "cpu_seconds", "samples_per_second", "device", "metrics"} <= set(trained)
    assert {"mse", "elbo", "active_units"} <= set(trained["metrics"]["test"])
    assert trained["metrics"]["pca"]["components"] == 2
    run = trained["run"]

    assert main(["runs", "list", "--json"]) == 0
    assert [(row["run"], row["state"], row["dataset"]) for row in last_json(capsys)] == [(run, "finished", "spots")]
    assert main(["runs", "show", run[:9], "--json"]) == 0
    assert last_json(capsys)["config"]["training"]["epochs"] == 2

    out = tmp_path / "map.parquet"
    assert main(["embed", run, "--method", "pca", "--dims", "2", "--out", str(out)]) == 0
    table = parquet.read_table(out)
    assert table.column_names == ["id", "label", "x", "y", "z0", "z1"]
    assert table["id"].to_pylist() == list(range(90))
    assert table["label"].to_pylist() == [str(i % 3) for i in range(90)]

    assert main(["export", run, str(tmp_path / "spots.aerun")]) == 0
    assert "already" not in capsys.readouterr().err
    assert "is used by" in error_line(capsys, "data", "remove", "spots")
    elsewhere = ["--workspace", str(tmp_path / "elsewhere")]
    assert main(["import", str(tmp_path / "spots.aerun"), "--json", *elsewhere]) == 0
    assert last_json(capsys)["run"] == run
    assert main(["doctor", "--json", *elsewhere]) == 0
    assert last_json(capsys)["problems"] == []

    assert main(["runs", "remove", run]) == 0
    assert main(["data", "remove", "spots"]) == 0
    capsys.readouterr()
    assert main(["data", "list", "--json"]) == 0
    assert last_json(capsys) == []
    monkeypatch.delenv("AEEXPLORER_WORKSPACE")
    assert main([*elsewhere, "runs", "list", "--json"]) == 0
    assert [row["run"] for row in last_json(capsys)] == [run]


def test_the_report_contains_the_metrics_of_the_model(trained: Any) -> None:
    figures = {name: set(build_report(run)["metrics"]["test"]) for name, run in trained.runs.items()}
    assert {"mse", "elbo", "active_units"} <= figures["vae"]
    assert {"mse", "codebook_usage", "perplexity"} <= figures["vq"]
    assert not figures["vq"] & {"elbo", "active_units"}
    assert not figures["ae"] & {"elbo", "perplexity"}


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["trian"], "No such command 'trian'"),
        (["train", "--nonsense"], "--nonsense"),
        (["embed", "run-1", "--dims", "7", "--out", "x"], "--dims"),
        (["train", "--data", "nonsense"], "there is no dataset 'nonsense'"),
        (["train", "--preset", "nonsense"], "there is no preset 'nonsense'"),
        (["train", "--set", "epochs"], "'epochs' is not FIELD=VALUE"),
        (["train", "--set", "training.nonsense=1"], "there is no setting 'training.nonsense'"),
        (["train", "--set", "training.epochs=0"], "training.epochs"),
        (["train", "--set", "model.bottleneck.kind=magic"], "magic"),
        (["train", "--device", "nonsense"], "nonsense"),
        (["runs", "show", "nonsense"], "there is no run 'nonsense'"),
        (["runs", "resume", "run-000000000000"], "there is no run"),
        (["embed", "nonsense", "--out", "x.parquet"], "there is no run"),
        (["import", "nonsense.aerun"], "nonsense.aerun"),
        (["data", "add", "nonsense.zip"], "nonsense.zip"),
        (["data", "add", __file__], "test_cli.py"),
        (["data", "remove", "digits"], "there is no dataset 'digits' in this workspace"),
        (["app", "--host", "nonsense.invalid"], "there is no address 'nonsense.invalid'"),
        (["--port", "8600", "runs", "list"], "belong to the app"),
        (["--max-user-mb", "5", "runs", "list"], "belong to the app"),
        (["--allow-host", "lab.example.org", "runs", "list"], "belong to the app"),
        (["app", "--allow-host", "http://lab.example.org"], "is not the name of a host"),
        (["app", "--max-upload-mb", "0"], "per_file_mb"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_are_one_line(here: Workspace, capsys: pytest.CaptureFixture[str], arguments: list[str], cause: str) -> None:
    assert cause in error_line(capsys, *arguments)
    assert not list(here.runs.iterdir())


def test_an_unusable_workspace_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be used" in error_line(capsys, "runs", "list", "--workspace", str(tmp_path / "file"))


def test_an_unwritable_file_is_refused(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["embed", trained.runs["vae"].id, "--workspace", str(trained.workspace.root)]
    assert "/nonsense" in error_line(capsys, *command, "--out", "/nonsense/map.parquet")


def test_an_unexpected_error_is_one_line(
    here: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(root: object = None) -> None:
        raise KeyError("half")

    monkeypatch.setattr(Workspace, "open", fail)
    assert "unexpected KeyError" in error_line(capsys, "runs", "list")
    monkeypatch.setenv("AEEXPLORER_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main(["runs", "list"])


def test_ctrl_c_pauses_a_run_and_resume_continues_it(here: Workspace, make_blobs: Any) -> None:
    make_blobs(here)
    program = "import sys; from aeexplorer.cli import main; sys.exit(main())"
    command = [
        "train",
        "--data",
        "blobs",
        "--preset",
        "dense-ae",
        *QUICK,
        "--set",
        "training.epochs=10000",
        "--set",
        "training.deterministic=true",
    ]
    training = subprocess.Popen(
        [sys.executable, "-c", program, *command],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # jobs in the background ignore it
    )
    while not (runs := list(all_runs(here))) or status(runs[0]).step < 50:
        assert training.poll() is None
        time.sleep(0.05)
    training.send_signal(signal.SIGINT)
    assert training.wait() == 130
    assert training.stderr is not None
    assert f"`aeexplorer runs resume {runs[0].id}`" in training.stderr.read()
    training.stderr.close()
    assert status(runs[0]).state == "paused"
    reached = status(runs[0]).step

    resuming = subprocess.Popen([sys.executable, "-c", program, "runs", "resume", "blobs · Dense AE"], stderr=subprocess.PIPE)
    while status(runs[0]).step <= reached or status(runs[0]).state != "running":
        assert resuming.poll() is None
        time.sleep(0.05)
    assert main(["runs", "cancel", runs[0].id]) == 0
    _, errors = resuming.communicate()
    assert resuming.returncode == 2
    assert b"cancelled" in errors
    assert runs[0].finished


def test_doctor_finds_problems_and_repairs_the_catalogue(
    here: Workspace, make_blobs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    open_catalogue(here)
    dataset = make_blobs(here)
    (here.staging / "left").mkdir()
    assert main(["doctor", "--json"]) == 2
    problems = {problem["where"]: problem["what"] for problem in last_json(capsys)["problems"]}
    assert problems == {dataset.id: "the catalogue does not list it", "staging/left": "it was left by interrupted work"}

    here.catalogue.write_bytes(b"nonsense")
    assert main(["doctor", "--repair", "--json"]) == 0
    assert last_json(capsys)["problems"] == []
    assert [row.id for row in open_catalogue(here).datasets()] == [dataset.id]

    stored = dataset.folder / "fields" / "0.npy"
    stored.write_bytes(stored.read_bytes()[:-1] + b"\1")
    assert main(["doctor", "--json"]) == 2
    assert [p["what"] for p in last_json(capsys)["problems"]] == ["its content differs from what was stored"]


def test_a_damaged_checkpoint_is_found(trained: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", trained.runs["vae"].id, str(tmp_path / "vae.aerun"), "--workspace", str(trained.workspace.root)]) == 0
    elsewhere = ["--workspace", str(tmp_path / "elsewhere")]
    assert main(["import", str(tmp_path / "vae.aerun"), *elsewhere]) == 0
    weights = next((tmp_path / "elsewhere").glob("runs/*/checkpoint/*/weights.safetensors"))
    weights.write_bytes(weights.read_bytes() + b"\0")
    assert main(["doctor", "--json", *elsewhere]) == 2
    assert [p["what"] for p in last_json(capsys)["problems"]] == ["weights.safetensors was changed after it was written"]


def test_a_taken_port_is_replaced_by_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) > port
    with pytest.raises(UserError, match="not an address of this machine"):
        free_port("203.0.113.1", 8501)


def test_set_options_are_parsed() -> None:
    assert parse_assignments(["a.b=1", "c = x=y "]) == {"a.b": "1", "c": "x=y"}
