"""A worker and its run: events, results, explained failures, and the lock."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import lock
from aeexplorer.jobs import pause, pool, status, submit, train
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.training_job import MAX_SNAPSHOTS, MIN_SNAPSHOTS, snapshot_steps
from aeexplorer.training.checkpoint import find_damage, load_checkpoint
from aeexplorer.training.events import EventLog
from aeexplorer.training.run import Run
from tests.disks import full_disk
from tests.jobs.lab import ENDLESS, Lab, kinds, life

IMPATIENT = """
import sys
import aeexplorer.jobs.training_job as training_job
import aeexplorer.jobs.worker as worker
import aeexplorer.training.loop as loop
training_job.STEP_CHECKPOINT_SECONDS, training_job.CHECKPOINT_SHARE = 0.1, 1.0
loop.OBSERVER_INTERVAL_SECONDS, worker.NICENESS = -1.0, 0
sys.exit(worker.main(sys.argv[1:]))
"""
"""Program of a worker that writes a checkpoint every tenth of a second, also in the middle of an epoch."""


@pytest.mark.parametrize(("deterministic", "threads"), [(False, 2), (True, 1)])
def test_results_do_not_depend_on_who_trains(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, deterministic: bool, threads: int
) -> None:
    """A run of Python computed with all cores and one of a worker with half of them, and their losses differed."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(pool, "cores", lambda: 4)
    assert pool.WorkerPool(lab.workspace).threads == 2  # threads of a worker that the app starts
    run, before = lab.run(**{"training.epochs": 1, "training.deterministic": deterministic}), torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        train(run, "cpu")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(False)
    assert next(e for e in run.events() if e["kind"] == "started")["threads"] == threads


def test_a_finished_run(lab: Lab) -> None:
    run = lab.run()
    train(run, "cpu")
    assert life(run) == ["started", "finished"]
    assert kinds(run)[-2:] == ["trained", "finished"]
    history = run.history()
    assert [e["step"] for e in history][-1] == 64 == history[-1]["steps"]
    assert set(history[0]) >= {"losses", "metrics", "learning_rate", "samples_per_second", "seconds", "cpu_seconds", "epoch"}
    assert {"reconstruction", "loss"} == set(history[0]["losses"])
    now = status(run)
    assert (now.state, now.step, now.steps, now.epoch, now.device) == ("finished", 64, 64, 2.0, "cpu")
    assert set(run.metrics) >= {"train", "validation", "test", "pca", "seconds", "cpu_seconds", "samples_per_second", "versions"}
    assert run.errors.shape == (320,)
    assert load_checkpoint(run.folder / "checkpoint").state["step"] == 64


@pytest.mark.parametrize(
    "settings", [{"averaging": 0.9}, {"patience": 2, "epochs": 30, "learning_rate": 0.1, "schedule": "constant"}]
)
def test_results_are_computed_with_the_final_weights(lab: Lab, settings: dict[str, float | str]) -> None:
    run = lab.run(**{f"training.{name}": value for name, value in settings.items()})
    train(run, "cpu")
    checkpoint = load_checkpoint(run.folder / "checkpoint")
    assert any(not torch.equal(checkpoint.final_weights[name], checkpoint.weights[name]) for name in checkpoint.weights)
    x, rebuilt = run.reconstruct(run.dataset.ids())
    np.testing.assert_allclose((x["image"] - rebuilt["image"]).square().mean((1, 2, 3)), run.errors, rtol=1e-4)


def test_the_status_says_while_steps_are_compiled(lab: Lab) -> None:
    run = lab.run()
    with lock(run.folder / "lock"), EventLog(run.folder) as log:
        for compiling, message in ((False, "Training."), (True, "Compiling"), (False, "Training.")):
            log.append("progress", step=1, compiling=compiling)
            log.append("snapshot", step=1)
            assert status(run).message.startswith(message)


def test_snapshots_show_the_space_forming(lab: Lab) -> None:
    run = lab.run()
    train(run, "cpu")
    first, *_, last = (run.snapshot(path) for path in run.snapshots())
    assert [int(p.stem) for p in run.snapshots()] == [e["step"] for e in run.events() if e["kind"] == "snapshot"]
    assert [int(p.stem) for p in (run.snapshots()[0], run.snapshots()[-1])] == [0, 64]
    assert np.array_equal(first["ids"], last["ids"])
    assert not np.allclose(first["latents"], last["latents"])
    np.testing.assert_allclose(last["latents"], run.latents(last["ids"]), rtol=1e-4, atol=1e-5)
    shown = len(last["field.image"])
    _, rebuilt = run.reconstruct(last["ids"][:shown])
    assert np.abs(run.model.modalities["image"].restore(rebuilt["image"]).astype(int) - last["field.image"]).max() <= 1


def test_snapshots_of_codes_have_the_latents_of_the_run(lab: Lab) -> None:
    run = lab.run(**{"model.bottleneck.kind": "vector_quantized", "model.codebook_size": 8})
    train(run, "cpu")
    last = run.snapshot(run.snapshots()[-1])
    assert last["codes"].shape == (len(last["ids"]), 16)
    np.testing.assert_allclose(last["latents"], run.latents(last["ids"]), rtol=1e-6)


@pytest.mark.parametrize("steps", [1, 10, 64, 10_000])
def test_snapshots_are_denser_at_the_start_and_limited_in_number(steps: int) -> None:
    planned = snapshot_steps(steps)
    assert planned[0] == 0
    assert planned[-1] == steps
    assert len(planned) <= MAX_SNAPSHOTS
    gaps = np.diff(planned)
    assert (gaps > 0).all()
    assert gaps[: len(gaps) // 2].sum() <= steps / 2


def test_large_snapshots_are_fewer_and_have_fewer_samples(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aeexplorer.training.results.SNAPSHOT_BYTES", 20 * 4 * 16)
    monkeypatch.setattr("aeexplorer.training.results.MIN_PROBES", 4)
    monkeypatch.setattr("aeexplorer.jobs.training_job.MAX_SNAPSHOT_BYTES", 1)
    run = lab.run(**{"model.bottleneck.kind": "vector_quantized", "model.codebook_size": 8})
    train(run, "cpu")
    paths = run.snapshots()
    assert 2 <= len(paths) <= MIN_SNAPSHOTS + 1
    assert [int(path.stem) for path in (paths[0], paths[-1])] == [0, 64]
    assert all(len(run.snapshot(path)["ids"]) == 20 for path in paths)


def test_divergence_stops_the_run_with_an_explanation_and_finite_weights(lab: Lab) -> None:
    changes = {"training.optimizer": "sgd", "training.learning_rate": 10.0, "training.schedule": "constant"}
    run = lab.run(**changes, **{"training.epochs": 50})
    with pytest.raises(UserError, match="diverged"):
        train(run, "cpu")
    now = status(run)
    assert now.state == "failed"
    assert "learning rate of 10" in now.message
    assert "Train again with a learning rate of 1," in now.message
    failed = run.events()[-1]
    assert failed["kind"] == "failed"
    assert now.message == f"{failed['reason']}. {failed['fix']}."
    assert all(bool(p.isfinite().all()) for p in run.model.parameters())


def test_a_missing_dataset_is_named(lab: Lab) -> None:
    run = lab.run()
    shutil.rmtree(lab.dataset.folder)
    with pytest.raises(UserError, match=f"no dataset {lab.dataset.id}"):
        train(run, "cpu")
    assert lab.dataset.id in status(run).message


@pytest.mark.parametrize("name", ["fields/0.npy", "split.npy"])
@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_damaged_dataset_is_named(lab: Lab, name: str, harm: str) -> None:
    run = lab.run()
    path = lab.dataset.folder / name
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"the dataset blobs \(ds-.*\) is damaged\. Remove it and add it again"):
        train(run, "cpu")
    assert status(run).state == "failed"


def test_an_unexpected_error_is_one_sentence_in_the_events(lab: Lab) -> None:
    run = lab.run()
    (run.folder / "snapshots").write_text("in the way")
    with pytest.raises(UserError):
        train(run, "cpu")
    now = status(run)
    assert now.state == "failed"
    assert "could not be read or written" in now.message
    assert "Traceback" not in now.message


@pytest.mark.parametrize("free", [500, 8_000, 20_000])
def test_a_full_disk_is_named_and_the_run_can_be_resumed(lab: Lab, free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was 'could not be read or written', or the run looked as if its worker had been killed."""
    run = lab.run(**{"training.epochs": 8})
    submit(lab.workspace, run, "cpu")
    with full_disk(free), pytest.raises(UserError, match=r"the disk is full, or your quota on it\. Free some space, then resume"):
        train(run, "cpu")
    assert queued_ids(lab.workspace) == []
    assert not run.finished
    assert not [path for path in run.folder.rglob("*") if path.name.startswith(".")]
    assert all(find_damage(path) is None for path in (run.folder / "checkpoint").glob("*"))
    monkeypatch.setattr(sys.modules["aeexplorer.jobs.status"], "has_space", lambda _: False)
    assert status(run).state in ("failed", "interrupted")  # the latter if the last event did not fit on the disk either
    assert "he disk is full" in status(run).message
    assert "resume the run" in status(run).message
    submit(lab.workspace, run, "cpu")
    assert status(run).message == "The disk is full. Free some space; the run then starts by itself."
    train(run, "cpu")
    assert status(run).state == "finished"


def test_a_second_worker_is_refused(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    run = lab.run(**ENDLESS)
    with lab.training(run):
        events = len(run.events())
        with pytest.raises(UserError, match="is being trained already"):
            train(run, "cpu")
        refused = subprocess.run(
            [sys.executable, "-m", "aeexplorer.jobs.worker", str(run.folder)], capture_output=True, text=True, env=environment()
        )
        assert refused.returncode == 1
        assert "is being trained already" in refused.stderr
        assert status(run).state == "running"
        assert len(run.events()) >= events
        pause(run)
    assert life(run) == ["started", "paused"]


def test_a_damaged_checkpoint_is_skipped(lab: Lab) -> None:
    run = lab.run()
    train(run, "cpu")
    whole = [(e["step"], e["losses"]) for e in run.history()]
    (run.folder / "events.jsonl").write_bytes(b"".join(line for line in lines(run) if b'"finished"' not in line))
    newest = run.folder / "checkpoint" / f"{64:09d}"
    with (newest / "weights.safetensors").open("r+b") as weights:
        weights.truncate(100)
    train(run, "cpu")
    start = [e for e in run.events() if e["kind"] in ("started", "resumed")][-1]
    assert start["kind"] == "started"  # a short run has no other checkpoint
    assert [(e["step"], e["losses"]) for e in run.history()] == whole
    assert status(run).state == "finished"


def lines(run: Run) -> list[bytes]:
    return (run.folder / "events.jsonl").read_bytes().splitlines(keepends=True)


def environment() -> dict[str, str]:
    source = str(Path(sys.modules["aeexplorer"].__file__).parent.parent)
    return os.environ | {"PYTHONPATH": source, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def test_a_worker_killed_within_an_epoch_resumes_to_the_same_curve(lab: Lab, make_blobs, tmp_path: Path) -> None:
    """After SIGKILL, an incomplete event, SIGTERM and two resumes, losses and weights are bitwise those of an undisturbed run."""
    from aeexplorer.core.workspace import Workspace

    settings = {
        "model.bottleneck.kind": "gaussian",
        "training.gradient_clip": 3.0,
        "training.batch_size": 4,
        "training.epochs": 8,
    }
    lab.dataset = make_blobs(lab.workspace, n=1_000)
    run = lab.run(**settings)

    def worker() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", IMPATIENT, str(run.folder), "--device", "cpu"], env=environment())

    def mid_epoch() -> int:
        steps = [int(p.parent.name) for p in (run.folder / "checkpoint").glob("*/manifest.json")]
        return max((step for step in steps if step % 200), default=0)

    process = worker()
    lab.wait(run, mid_epoch)
    process.kill()
    process.wait()
    assert status(run).state == "interrupted"
    killed_at = status(run).step
    assert killed_at < 1_600
    with (run.folder / "events.jsonl").open("ab") as log:
        log.write(b'{"seq":99999,"kind":"progr')

    process = worker()
    lab.wait(run, lambda: "resumed" in kinds(run) and kinds(run)[-1] == "progress")
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert life(run)[-1] in ("interrupted", "finished")

    train_here(run)
    first = next(e for e in run.events() if e["kind"] == "resumed")
    assert first["step"] % 200
    assert status(run).state == "finished"

    other = Workspace.open(tmp_path / "undisturbed")
    lab.workspace, lab.dataset = other, make_blobs(other, n=1_000)
    undisturbed = lab.run(**settings)
    assert undisturbed.id == run.id
    train_here(undisturbed)
    assert life(undisturbed) == ["started", "finished"]
    assert curve(run) == curve(undisturbed)
    for name, tensor in undisturbed.model.state_dict().items():
        assert torch.equal(tensor, run.model.state_dict()[name]), name
    assert run.metrics["test"] == undisturbed.metrics["test"]


def curve(run: Run) -> list[tuple[object, ...]]:
    return [(e["step"], e["losses"], e["metrics"], e["learning_rate"]) for e in run.history()]


def train_here(run: Run) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        train(run, "cpu")
    finally:
        torch.set_num_threads(threads)
