"""Run files: there and back, and every way of tampering with one is refused with nothing stored."""

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

from aeexplorer.analysis.maps.projection import compute_projection, cached_projection
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
    """The trained runs as run files."""
    folder = tmp_path_factory.mktemp("exported")
    compute_projection(trained.runs["vae"], "pca")
    return {name: export_run(run, folder / f"{name}.aerun") for name, run in trained.runs.items()}


def tree(workspace: Workspace) -> dict[str, bytes]:
    """Every file of a workspace."""
    return {str(p.relative_to(workspace.root)): p.read_bytes() for p in workspace.root.rglob("*") if p.is_file()}


def read(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: Members, seal: bool = True) -> Path:
    """A run file of these members; `seal` makes the manifest fit them, as whoever forges one would."""
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
def test_there_and_back(trained: Any, exported: dict[str, Path], workspace: Workspace, name: str) -> None:
    run = trained.runs[name]
    there = import_run(workspace, exported[name])
    assert (there.id, there.name, there.config, dict(there.metrics)) == (run.id, run.name, run.config, dict(run.metrics))
    assert there.dataset.id == run.dataset.id
    assert there.dataset.table.equals(run.dataset.table)
    ids = run.dataset.ids("test")
    assert np.array_equal(there.latents(ids), run.latents(ids))
    assert np.array_equal(there.errors, run.errors)
    for before, after in zip(run.reconstruct(ids), there.reconstruct(ids), strict=True):
        for field, values in before.items():
            assert torch.equal(values.nan_to_num(), after[field].nan_to_num())
    assert there.history() == run.history()
    assert status(there).state == "finished"
    assert {path.name for path in there.snapshots()} <= {path.name for path in run.snapshots()}
    assert len(there.snapshots()) > 1
    catalogue = open_catalogue(workspace)
    assert [row.id for row in catalogue.runs()] == [run.id]
    assert [row.id for row in catalogue.datasets()] == [run.dataset.id]


def test_maps_go_along(trained: Any, exported: dict[str, Path], workspace: Workspace) -> None:
    here, there = compute_projection(trained.runs["vae"], "pca"), cached_projection(import_run(workspace, exported["vae"]), "pca")
    assert there is not None
    assert np.array_equal(here.xy, there.xy)
    assert here.trustworthiness == there.trustworthiness


def test_slices_stay_behind(trained: Any, workspace: Workspace, tmp_path: Path) -> None:
    compute_projection(trained.runs["vq"], "slice-1-2")
    there = import_run(workspace, export_run(trained.runs["vq"], tmp_path / "vq.aerun"))
    assert not list((there.folder / "projections").glob("slice*"))


def test_a_second_time_changes_nothing(exported: dict[str, Path], workspace: Workspace) -> None:
    import_run(workspace, exported["vae"])
    before = tree(workspace)
    with exported["vae"].open("rb") as uploaded:
        import_run(workspace, uploaded, "vae.aerun")
    assert tree(workspace) == before


def test_the_same_run_gives_the_same_bytes(trained: Any, exported: dict[str, Path], tmp_path: Path) -> None:
    again = export_run(trained.runs["vq"], tmp_path / "again.aerun")
    assert again.read_bytes() == exported["vq"].read_bytes()


def test_a_training_goes_on_elsewhere(workspace: Workspace, make_blobs: Callable[..., Any], tmp_path: Path) -> None:
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
    there = import_run(elsewhere, file)
    assert status(there).state == "paused"
    with pytest.raises(UserError, match="here already, unfinished"):
        import_run(elsewhere, file)
    train(there, "cpu")
    train(run, "cpu")
    here_weights, there_weights = (load_checkpoint(r.folder / "checkpoint") for r in (run, there))
    assert here_weights is not None
    assert there_weights is not None
    assert all(torch.equal(here_weights.weights[name], there_weights.weights[name]) for name in here_weights.weights)


def test_a_run_that_waits_is_not_exported(workspace: Workspace, dataset: Any, tmp_path: Path) -> None:
    run = create_run(workspace, config_for("dense-ae", dataset), "waiting")
    submit(workspace, run)
    with pytest.raises(UserError, match="is being trained"):
        export_run(run, tmp_path / "waiting.aerun")
    assert not list(tmp_path.glob("*.aerun"))


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def at(members: Members, ending: str) -> str:
    """The one member that has this name, or whose name ends so."""
    if ending in members:
        return ending
    (name,) = (name for name in members if name.endswith(ending))
    return name


def put(ending: str, content: bytes) -> Callable[[Members], None]:
    """Replace a member."""

    def change(members: Members) -> None:
        members[at(members, ending)] = content

    return change


def edit(ending: str, **changes: Any) -> Callable[[Members], None]:
    """Change some entries of a JSON member."""

    def change(members: Members) -> None:
        name = at(members, ending)
        members[name] = json.dumps(json.loads(members[name]) | changes).encode()

    return change


def add(name: str, content: bytes = b"{}") -> Callable[[Members], None]:
    """One more member."""

    def change(members: Members) -> None:
        run = json.loads(members["manifest.json"])["run"]
        members[name.replace("RUN", f"runs/{run}")] = content

    return change


def drop(ending: str) -> Callable[[Members], None]:
    """One member less."""

    def change(members: Members) -> None:
        del members[at(members, ending)]

    return change


def renamed(members: Members) -> None:
    """Another learning rate under the same id."""
    name = at(members, "/run.json")
    record = json.loads(members[name])
    record["config"]["training"]["learning_rate"] *= 2
    members[name] = json.dumps(record).encode()


def rehashed(change: Callable[[dict[str, Any]], Any]) -> Callable[[Members], None]:
    """Other settings, and the id that belongs to them."""

    def apply(members: Members) -> None:
        name = at(members, "/run.json")
        record = json.loads(members[name])
        change(record["config"])
        old, new = name.split("/")[1], run_id_of(record["config"])
        members[name] = json.dumps(record).encode()
        for key in list(members):
            members[key.replace(old, new)] = members.pop(key)
        members["manifest.json"] = members["manifest.json"].replace(old.encode(), new.encode())

    return apply


def retensored(ending: str, change: Callable[[dict[str, np.ndarray]], Any]) -> Callable[[Members], None]:
    """Change the tensors of the first member that ends so."""

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


def reheaded(content: bytes) -> Callable[[Members], None]:
    """Other bytes as weights, under a checkpoint manifest that fits them."""

    def apply(members: Members) -> None:
        name = at(members, "/weights.safetensors")
        members[name] = content
        manifest = f"{name.rpartition('/')[0]}/manifest.json"
        inner = json.loads(members[manifest])
        inner["weights.safetensors"] = hashlib.sha256(content).hexdigest()
        members[manifest] = json.dumps(inner).encode()

    return apply


def first(tensors: dict[str, np.ndarray]) -> str:
    return sorted(tensors)[0]


FORGERIES: dict[str, tuple[Callable[[Members], Any], str]] = {
    "a member outside": (add("../../evil.txt"), "no part of a run"),
    "an absolute path": (add("/etc/evil"), "no part of a run"),
    "a stranger": (add("RUN/evil.pkl"), "no part of a run"),
    "a second run": (add("runs/run-000000000000/run.json"), "belongs to another run"),
    "a deep path": (add("RUN/snapshots/../run.json"), "no part of a run"),
    "no manifest": (drop("manifest.json"), "no manifest"),
    "no run.json": (drop("/run.json"), "its model"),
    "no weights": (drop("/weights.safetensors"), "its model"),
    "no errors": (drop("/errors.npy"), "its results"),
    "no latents": (drop("/latents.npy"), "its results"),
    "no table": (drop("/table.arrow"), "its dataset"),
    "no pictures": (drop("/fields/0.npy"), "its dataset"),
    "another format": (edit("manifest.json", version=99), "manifest.json"),
    "settings of another id": (renamed, "not those of its id"),
    "an unknown setting": (rehashed(lambda config: config.update(nonsense=1)), "nonsense"),
    "another dataset": (rehashed(lambda config: config.update(dataset="ds-000000000000")), "name another dataset"),
    "another architecture": (rehashed(lambda config: config["model"].update(hidden=33)), "shape"),
    "an extra in run.json": (edit("/run.json", evil=1), "evil"),
    "a name of two lines": (edit("/run.json", name="a\nb"), "not printable"),
    "markup as preset": (edit("/run.json", preset="<b>"), "not printable"),
    "other pictures": (put("/fields/0.npy", npy(np.zeros((400, 1, 8, 8), np.uint8))), "not what its id says"),
    "a pickle as latents": (put("/latents.npy", npy(np.array([{"a": 1}], object))), "its results"),
    "a structured array": (put("/errors.npy", npy(np.zeros(400, "f4,f4"))), "its results"),
    "an array of another length": (put("/errors.npy", npy(np.zeros(399, np.float32))), "errors.npy"),
    "latents that are not finite": (put("/latents.npy", npy(np.full((400, 2), np.nan, np.float32))), "finite"),
    "latents of another width": (put("/latents.npy", npy(np.zeros((400, 3), np.float32))), "not those of its bottleneck"),
    "codes without a codebook": (add("RUN/codes.npy", npy(np.zeros((400, 4), np.int32))), "its bottleneck"),
    "a header that promises more": (put("/errors.npy", npy(np.zeros(400, np.float32))[:-4]), "its results"),
    "no array at all": (put("/errors.npy", b"nonsense"), "its results"),
    "no arrow": (put("/table.arrow", b"ARROW1 nonsense"), "not what its id says"),
    "metrics of text": (edit("/metrics.json", seconds="<script>"), "seconds"),
    "metrics that are a list": (put("/metrics.json", b"[1, 2]"), "its results"),
    "deep JSON": (put("/metrics.json", b"[" * 100_000), "its results"),
    "events of text": (put("/events.jsonl", b'{"seq": 0, "kind": "progress", "time": 1, "step": "x"}\n'), "step"),
    "an event of another kind": (put("/events.jsonl", b'{"seq": 0, "kind": "<b>", "time": 1}\n'), "kind"),
    "weights that are no tensors": (put("/weights.safetensors", b"nonsense"), "its model"),
    "weights that are a pickle": (reheaded(b"\x80\x04cos\nsystem\n"), "ends before its header"),
    "weights with an endless header": (reheaded(b"\xff" * 8 + b"{}"), "ends before its header"),
    "weights with a header bomb": (reheaded((5 << 20).to_bytes(8, "little") + b" " * (5 << 20)), "more than 4,194,304"),
    "weights that are not finite": (
        retensored("/weights.safetensors", lambda t: t.update({first(t): t[first(t)] * np.nan})),
        "not finite",
    ),
    "one weight less": (retensored("/weights.safetensors", lambda t: t.pop(first(t))), "no tensor"),
    "a weight of another shape": (
        retensored("/weights.safetensors", lambda t: t.update({first(t): np.zeros(3, np.float32)})),
        "shape",
    ),
    "ids beyond the dataset": (retensored("pca-2d-400.safetensors", lambda t: t.update(ids=t["ids"] + 1)), "sample ids"),
    "a map of another length": (retensored("pca-2d-400.safetensors", lambda t: t.update(xy=t["xy"][1:])), "one row"),
    "a snapshot without latents": (retensored("000000000.safetensors", lambda t: t.pop("latents")), "no snapshot"),
}


@pytest.mark.parametrize(("forge", "cause"), FORGERIES.values(), ids=FORGERIES)
def test_a_forged_file_is_refused(
    exported: dict[str, Path], workspace: Workspace, tmp_path: Path, forge: Callable[[Members], Any], cause: str
) -> None:
    open_catalogue(workspace)
    before = tree(workspace)
    members = read(exported["vae"])
    forge(members)
    forged = write(tmp_path / "forged.aerun", members)
    with pytest.raises(UploadRejected) as refused:
        import_run(workspace, forged)
    assert cause in str(refused.value)
    assert str(refused.value).startswith("forged.aerun")
    assert tree(workspace) == before


def test_codes_beyond_the_codebook_are_refused(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    members = read(exported["vq"])
    codes = np.load(io.BytesIO(members[at(members, "/codes.npy")]))
    put("/codes.npy", npy(codes + 48))(members)
    with pytest.raises(UploadRejected, match="not those of its codebook"):
        import_run(workspace, write(tmp_path / "forged.aerun", members))


def test_damage_on_the_way_is_found(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    whole = exported["vae"].read_bytes()
    for name, content in {"cut": whole[: len(whole) // 2], "text": b"nonsense", "nothing": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UploadRejected, match="no readable run file"):
            import_run(workspace, tmp_path / name)
    members = read(exported["vae"])
    members[at(members, "/errors.npy")] = members[at(members, "/errors.npy")][:-1] + b"\1"
    with pytest.raises(UploadRejected, match="not those that were exported"):
        import_run(workspace, write(tmp_path / "flipped.aerun", members, seal=False))


def test_members_that_share_bytes_are_refused(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    forged = tmp_path / "overlapping.aerun"
    members = read(exported["vae"])
    with zipfile.ZipFile(forged, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        infos = {info.filename: info for info in archive.infolist()}
        twin = zipfile.ZipInfo(at(members, "/run.json").replace("run.json", "codes.npy"))
        source = infos[at(members, "/run.json")]
        twin.header_offset, twin.CRC = source.header_offset, source.CRC
        twin.compress_size, twin.file_size = source.compress_size, source.file_size
        archive.filelist.append(twin)
        archive._didModify = True
    with pytest.raises(UploadRejected, match="overlaps"):
        import_run(workspace, forged)


def test_a_bomb_is_refused_before_it_unpacks(exported: dict[str, Path], workspace: Workspace, tmp_path: Path) -> None:
    members = read(exported["vae"])
    put("/errors.npy", bytes(300 << 20))(members)
    forged = write(tmp_path / "bomb.aerun", members)
    assert forged.stat().st_size < 1 << 20
    with pytest.raises(UploadRejected, match="more than is allowed"):
        import_run(workspace, forged)


def test_no_such_file(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UploadRejected, match="no such file"):
        import_run(workspace, tmp_path / "nothing.aerun")


def test_a_stored_run_reads_like_any_other(exported: dict[str, Path], workspace: Workspace) -> None:
    there = import_run(workspace, exported["vq"])
    assert Run(workspace.run_folder(there.id)).codes is not None
    assert not list(workspace.staging.iterdir())
