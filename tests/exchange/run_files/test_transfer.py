"""Run files are exported and imported unchanged. Tampered files are rejected, and nothing is stored."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from aeexplorer.analysis.maps.projection import cached_projection, compute_projection
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UploadRejected, UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.run_files.transfer import export_run, import_run, run_id_of
from aeexplorer.jobs import status, submit, train
from aeexplorer.training.checkpoint import load_checkpoint, save_checkpoint
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.events import EventLog
from aeexplorer.training.loop import fit
from aeexplorer.training.run import Run
from aeexplorer.training.trainer import prepare

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def exported(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Export the trained runs as run files."""
    folder = tmp_path_factory.mktemp("exported")
    compute_projection(trained.runs["vae"], "pca")
    return {name: export_run(run, folder / f"{name}.aerun") for name, run in trained.runs.items()}


def tree(workspace: Workspace) -> dict[str, bytes]:
    """Read every file of a workspace."""
    return {str(p.relative_to(workspace.root)): p.read_bytes() for p in workspace.root.rglob("*") if p.is_file()}


def read(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: Members, seal: bool = True) -> Path:
    """Write a run file of members; `seal` updates the manifest to match them, as a forger would."""
    if seal and "manifest.json" in members:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_an_exported_run_is_imported_unchanged(trained: Any, exported: dict[str, Path], workspace: Workspace, name: str) -> None:
    run = trained.runs[name]
    imported = import_run(workspace, exported[name])
    assert (imported.id, imported.name, imported.config, dict(imported.metrics)) == (
        run.id,
        run.name,
        run.config,
        dict(run.metrics),
    )
    assert imported.dataset.id == run.dataset.id
    assert imported.dataset.table.equals(run.dataset.table)
    ids = run.dataset.ids("test")
    assert np.array_equal(imported.latents(ids), run.latents(ids))
    assert np.array_equal(imported.errors, run.errors)
    for before, after in zip(run.reconstruct(ids), imported.reconstruct(ids), strict=True):
        for field, values in before.items():
            assert torch.equal(values.nan_to_num(), after[field].nan_to_num())
    assert imported.history() == run.history()
    assert status(imported).state == "finished"
    assert {path.name for path in imported.snapshots()} <= {path.name for path in run.snapshots()}
    assert len(imported.snapshots()) > 1
    catalogue = open_catalogue(workspace)
    assert [row.id for row in catalogue.runs()] == [run.id]
    assert [row.id for row in catalogue.datasets()] == [run.dataset.id]


def test_maps_are_exported(trained: Any, exported: dict[str, Path], workspace: Workspace) -> None:
    original = compute_projection(trained.runs["vae"], "pca")
    imported = cached_projection(import_run(workspace, exported["vae"]), "pca")
    assert imported is not None
    assert np.array_equal(original.xy, imported.xy)
    assert original.trustworthiness == imported.trustworthiness


def test_slices_are_not_exported(trained: Any, workspace: Workspace, tmp_path: Path) -> None:
    compute_projection(trained.runs["vq"], "slice-1-2")
    imported = import_run(workspace, export_run(trained.runs["vq"], tmp_path / "vq.aerun"))
    assert not list((imported.folder / "projections").glob("slice*"))


def test_importing_again_changes_nothing(exported: dict[str, Path], workspace: Workspace) -> None:
    import_run(workspace, exported["vae"])
    before = tree(workspace)
    with exported["vae"].open("rb") as uploaded:
        import_run(workspace, uploaded, "vae.aerun")
    assert tree(workspace) == before


def test_the_same_run_gives_the_same_bytes(trained: Any, exported: dict[str, Path], tmp_path: Path) -> None:
    again = export_run(trained.runs["vq"], tmp_path / "again.aerun")
    assert again.read_bytes() == exported["vq"].read_bytes()


def test_an_imported_run_can_be_resumed(workspace: Workspace, make_blobs: Callable[..., Any], tmp_path: Path) -> None:
    dataset = make_blobs(workspace)
    changes = {"model.network": "dense", "model.hidden": 16, "training.epochs": 4}
    run = create_run(workspace, config_for("dense-ae", dataset, changes), "half", "dense-ae")
    with pytest.raises(UserError, match="has no weights yet"):
        export_run(run, tmp_path / "half.aerun")
    trainer = prepare(run.config, dataset, torch.device("cpu"))
    next(iter(fit(trainer)))
    checkpoint = trainer.finite_checkpoint()
    checkpoint.state["session"] = {"seconds": 1.0, "cpu_seconds": 1.0}
    save_checkpoint(run.folder / "checkpoint", checkpoint)
    with EventLog(run.folder) as log:
        log.append("paused", step=trainer.step)
    file = export_run(run, tmp_path / "half.aerun")

    elsewhere = Workspace.open(tmp_path / "elsewhere")
    imported = import_run(elsewhere, file)
    assert status(imported).state == "paused"
    with pytest.raises(UserError, match="already in this workspace, unfinished"):
        import_run(elsewhere, file)
    train(imported, "cpu")
    train(run, "cpu")
    original_end, imported_end = (load_checkpoint(r.folder / "checkpoint") for r in (run, imported))
    assert original_end is not None
    assert imported_end is not None
    assert all(torch.equal(original_end.weights[name], imported_end.weights[name]) for name in original_end.weights)


def test_a_queued_run_cannot_be_exported(workspace: Workspace, dataset: Any, tmp_path: Path) -> None:
    run = create_run(workspace, config_for("dense-ae", dataset), "waiting")
    submit(workspace, run)
    with pytest.raises(UserError, match="is being trained"):
        export_run(run, tmp_path / "waiting.aerun")
    assert not list(tmp_path.glob("*.aerun"))


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def find_member(members: Members, ending: str) -> str:
    """Return the name of the only member with this name or ending."""
    if ending in members:
        return ending
    (name,) = (name for name in members if name.endswith(ending))
    return name


def replace_member(ending: str, content: bytes) -> Callable[[Members], None]:
    """Return a function that replaces the content of a member."""

    def change(members: Members) -> None:
        members[find_member(members, ending)] = content

    return change


def edit_json(ending: str, **changes: Any) -> Callable[[Members], None]:
    """Return a function that changes some entries of a JSON member."""

    def change(members: Members) -> None:
        name = find_member(members, ending)
        members[name] = json.dumps(json.loads(members[name]) | changes).encode()

    return change


def add_member(name: str, content: bytes = b"{}") -> Callable[[Members], None]:
    """Return a function that adds a member."""

    def change(members: Members) -> None:
        run = json.loads(members["manifest.json"])["run"]
        members[name.replace("RUN", f"runs/{run}")] = content

    return change


def drop_member(ending: str) -> Callable[[Members], None]:
    """Return a function that removes a member."""

    def change(members: Members) -> None:
        del members[find_member(members, ending)]

    return change


def change_learning_rate(members: Members) -> None:
    """Change the learning rate, but not the id."""
    name = find_member(members, "/run.json")
    record = json.loads(members[name])
    record["config"]["training"]["learning_rate"] *= 2
    members[name] = json.dumps(record).encode()


def change_config(change: Callable[[dict[str, Any]], Any]) -> Callable[[Members], None]:
    """Return a function that changes the settings, and the id to match."""

    def apply(members: Members) -> None:
        name = find_member(members, "/run.json")
        record = json.loads(members[name])
        change(record["config"])
        old, new = name.split("/")[1], run_id_of(record["config"])
        members[name] = json.dumps(record).encode()
        for key in list(members):
            members[key.replace(old, new)] = members.pop(key)
        members["manifest.json"] = members["manifest.json"].replace(old.encode(), new.encode())

    return apply


def change_tensors(ending: str, change: Callable[[dict[str, np.ndarray]], Any]) -> Callable[[Members], None]:
    """Return a function that changes the tensors of the first member with this ending."""

    def apply(members: Members) -> None:
        name = next(name for name in sorted(members) if name.endswith(ending))
        tensors = load_tensors(members[name])
        change(tensors)
        members[name] = save_tensors(tensors)
        manifest = f"{name.rpartition('/')[0]}/manifest.json"
        if manifest in members:
            inner = json.loads(members[manifest])
            inner[name.rpartition("/")[2]] = hashlib.sha256(members[name]).hexdigest()
            members[manifest] = json.dumps(inner).encode()

    return apply


def replace_weights(content: bytes) -> Callable[[Members], None]:
    """Return a function that replaces the weights, and the checkpoint manifest to match."""

    def apply(members: Members) -> None:
        name = find_member(members, "/weights.safetensors")
        members[name] = content
        manifest = f"{name.rpartition('/')[0]}/manifest.json"
        inner = json.loads(members[manifest])
        inner["weights.safetensors"] = hashlib.sha256(content).hexdigest()
        members[manifest] = json.dumps(inner).encode()

    return apply


def first_name(tensors: dict[str, np.ndarray]) -> str:
    return sorted(tensors)[0]


FORGERIES: dict[str, tuple[Callable[[Members], Any], str]] = {
    "a member outside": (add_member("../../evil.txt"), "not part of a run"),
    "an absolute path": (add_member("/etc/evil"), "not part of a run"),
    "a stranger": (add_member("RUN/evil.pkl"), "not part of a run"),
    "a second run": (add_member("runs/run-000000000000/run.json"), "belongs to another run"),
    "a deep path": (add_member("RUN/snapshots/../run.json"), "not part of a run"),
    "no manifest": (drop_member("manifest.json"), "no manifest"),
    "no run.json": (drop_member("/run.json"), "its model"),
    "no weights": (drop_member("/weights.safetensors"), "its model"),
    "no errors": (drop_member("/errors.npy"), "its results"),
    "no latents": (drop_member("/latents.npy"), "its results"),
    "no table": (drop_member("/table.arrow"), "its dataset"),
    "no pictures": (drop_member("/fields/0.npy"), "its dataset"),
    "another format": (edit_json("manifest.json", version=99), "manifest.json"),
    "settings of another id": (change_learning_rate, "do not match its id"),
    "an unknown setting": (change_config(lambda config: config.update(nonsense=1)), "nonsense"),
    "another dataset": (change_config(lambda config: config.update(dataset="ds-000000000000")), "name another dataset"),
    "another architecture": (change_config(lambda config: config["model"].update(hidden=33)), "shape"),
    "an extra in run.json": (edit_json("/run.json", evil=1), "evil"),
    "a name of two lines": (edit_json("/run.json", name="a\nb"), "not printable"),
    "markup as preset": (edit_json("/run.json", preset="<b>"), "not printable"),
    "other pictures": (replace_member("/fields/0.npy", npy(np.zeros((400, 1, 8, 8), np.uint8))), "does not match its id"),
    "a pickle as latents": (replace_member("/latents.npy", npy(np.array([{"a": 1}], object))), "its results"),
    "a structured array": (replace_member("/errors.npy", npy(np.zeros(400, "f4,f4"))), "its results"),
    "an array of another length": (replace_member("/errors.npy", npy(np.zeros(399, np.float32))), "errors.npy"),
    "latents that are not finite": (replace_member("/latents.npy", npy(np.full((400, 2), np.nan, np.float32))), "finite"),
    "latents of another width": (
        replace_member("/latents.npy", npy(np.zeros((400, 3), np.float32))),
        "latents do not fit its bottleneck",
    ),
    "codes without a codebook": (add_member("RUN/codes.npy", npy(np.zeros((400, 4), np.int32))), "its bottleneck"),
    "a header that promises more": (replace_member("/errors.npy", npy(np.zeros(400, np.float32))[:-4]), "its results"),
    "no array at all": (replace_member("/errors.npy", b"nonsense"), "its results"),
    "no arrow": (replace_member("/table.arrow", b"ARROW1 nonsense"), "does not match its id"),
    "a date of text": (edit_json("/run.json", created="x"), "created"),
    "a date far away": (edit_json("/run.json", created=1e300), "created"),
    "a run of a newer version": (edit_json("/run.json", format=2), "newer version of aeexplorer"),
    "an event far away": (replace_member("/events.jsonl", b'{"seq": 0, "kind": "x", "time": 1e300}\n'), "time"),
    "events of a newer version": (
        replace_member("/events.jsonl", b'{"seq": 0, "kind": "x", "time": 1, "format": 2}\n'),
        "newer version of aeexplorer",
    ),
    "a dataset of a newer version": (edit_json("/dataset.json", format=2), "newer version of aeexplorer"),
    "metrics of text": (edit_json("/metrics.json", seconds="<script>"), "seconds"),
    "metrics that are a list": (replace_member("/metrics.json", b"[1, 2]"), "its results"),
    "deep JSON": (replace_member("/metrics.json", b"[" * 100_000), "its results"),
    "events of text": (replace_member("/events.jsonl", b'{"seq": 0, "kind": "progress", "time": 1, "step": "x"}\n'), "step"),
    "an event of another kind": (replace_member("/events.jsonl", b'{"seq": 0, "kind": "<b>", "time": 1}\n'), "kind"),
    "weights that are no tensors": (replace_member("/weights.safetensors", b"nonsense"), "its model"),
    "weights that are a pickle": (replace_weights(b"\x80\x04cos\nsystem\n"), "ends before its header"),
    "weights with an endless header": (replace_weights(b"\xff" * 8 + b"{}"), "ends before its header"),
    "weights with a header bomb": (replace_weights((5 << 20).to_bytes(8, "little") + b" " * (5 << 20)), "more than 4,194,304"),
    "weights that are not finite": (
        change_tensors("/weights.safetensors", lambda t: t.update({first_name(t): t[first_name(t)] * np.nan})),
        "not finite",
    ),
    "one weight less": (change_tensors("/weights.safetensors", lambda t: t.pop(first_name(t))), "no tensor"),
    "a weight of another shape": (
        change_tensors("/weights.safetensors", lambda t: t.update({first_name(t): np.zeros(3, np.float32)})),
        "shape",
    ),
    "ids beyond the dataset": (change_tensors("pca-2d-400.safetensors", lambda t: t.update(ids=t["ids"] + 1)), "sample ids"),
    "a map of another length": (change_tensors("pca-2d-400.safetensors", lambda t: t.update(xy=t["xy"][1:])), "one row"),
    "a snapshot without latents": (change_tensors("000000000.safetensors", lambda t: t.pop("latents")), "not a snapshot"),
}


@pytest.mark.parametrize(("forge", "cause"), FORGERIES.values(), ids=FORGERIES)
def test_a_forged_file_is_rejected(
    exported: dict[str, Path], workspace: Workspace, tmp_path: Path, forge: Callable[[Members], Any], cause: str
) -> None:
    open_catalogue(workspace)
    before = tree(workspace)
    members = read(exported["vae"])
    forge(members)
    forged = write(tmp_path / "forged.aerun", members)
    with pytest.raises(UploadRejected) as rejected:
        import_run(workspace, forged)
    assert cause in str(rejected.value)
    assert str(rejected.value).startswith("forged.aerun")
    assert tree(workspace) == before


def test_codes_beyond_the_codebook_are_rejected(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    members = read(exported["vq"])
    codes = np.load(io.BytesIO(members[find_member(members, "/codes.npy")]))
    replace_member("/codes.npy", npy(codes + 48))(members)
    with pytest.raises(UploadRejected, match="codes do not fit its codebook"):
        import_run(workspace, write(tmp_path / "forged.aerun", members))


def test_damaged_files_are_rejected(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    whole = exported["vae"].read_bytes()
    for name, content in {"cut": whole[: len(whole) // 2], "text": b"nonsense", "nothing": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UploadRejected, match="not a readable run file"):
            import_run(workspace, tmp_path / name)
    members = read(exported["vae"])
    members[find_member(members, "/errors.npy")] = members[find_member(members, "/errors.npy")][:-1] + b"\1"
    with pytest.raises(UploadRejected, match="differs from what was exported"):
        import_run(workspace, write(tmp_path / "flipped.aerun", members, seal=False))


def test_overlapping_members_are_rejected(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    forged = tmp_path / "overlapping.aerun"
    members = read(exported["vae"])
    with zipfile.ZipFile(forged, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        infos = {info.filename: info for info in archive.infolist()}
        twin = zipfile.ZipInfo(find_member(members, "/run.json").replace("run.json", "codes.npy"))
        source = infos[find_member(members, "/run.json")]
        twin.header_offset, twin.CRC = source.header_offset, source.CRC
        twin.compress_size, twin.file_size = source.compress_size, source.file_size
        archive.filelist.append(twin)
        archive._didModify = True
    with pytest.raises(UploadRejected, match="overlaps"):
        import_run(workspace, forged)


def test_a_zip_bomb_is_rejected_before_unpacking(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    members = read(exported["vae"])
    replace_member("/errors.npy", bytes(300 << 20))(members)
    forged = write(tmp_path / "bomb.aerun", members)
    assert forged.stat().st_size < 1 << 20
    with pytest.raises(UploadRejected, match="more than is allowed"):
        import_run(workspace, forged)


def test_a_missing_file_is_rejected(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UploadRejected, match="no such file"):
        import_run(workspace, tmp_path / "nothing.aerun")


def test_an_imported_run_is_read_from_the_workspace(exported: dict[str, Path], workspace: Workspace) -> None:
    imported = import_run(workspace, exported["vq"])
    assert Run(workspace.run_folder(imported.id)).codes is not None
    assert not list(workspace.staging.iterdir())
