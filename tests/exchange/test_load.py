"""Imported models become runs that every page can open. Broken models are rejected with a reason, and nothing is stored."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from aeexplorer.analysis.codes.codebook import code_grid, decode_entry
from aeexplorer.analysis.decoding import decode
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UploadRejected, UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.exchange.load import find_uploads, load_model
from aeexplorer.exchange.onnx import export_onnx
from aeexplorer.exchange.run_files.transfer import export_run, import_run
from aeexplorer.jobs.status import status
from aeexplorer.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from aeexplorer.training.loop import fit
from aeexplorer.training.run import Run
from aeexplorer.training.trainer import prepare

from .making import coder, decoder, encoder, external, lookup, strange

SMALL = {
    "block_out_channels": (8, 16),
    "down_block_types": ("DownEncoderBlock2D", "DownEncoderBlock2D"),
    "up_block_types": ("UpDecoderBlock2D", "UpDecoderBlock2D"),
    "norm_num_groups": 4,
    "latent_channels": 2,
}


def load(workspace: Workspace, path: Path, dataset: Dataset | None) -> Run:
    return load_model(workspace, find_uploads(path), dataset)


def tree(workspace: Workspace) -> dict[str, bytes]:
    """Read every file of a workspace except the catalogue."""
    return {str(p): p.read_bytes() for p in workspace.root.rglob("*") if p.is_file() and p != workspace.catalogue}


def pair(folder: Path, encoder_model: Any, decoder_model: Any) -> Path:
    """Write two graphs into a new folder."""
    folder.mkdir()
    (folder / "encoder.onnx").write_bytes(encoder_model.SerializeToString())
    (folder / "decoder.onnx").write_bytes(decoder_model.SerializeToString())
    return folder


@pytest.fixture
def copied_runs(trained: Any, tmp_path: Path) -> tuple[Workspace, dict[str, Run]]:
    """Copy the trained runs into a new workspace."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    workspace = Workspace.open(tmp_path / "copy")
    return workspace, {name: Run(workspace.run_folder(run.id)) for name, run in trained.runs.items()}


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_an_exported_pair_is_loaded_as_the_same_run(
    copied_runs: tuple[Workspace, dict[str, Run]], tmp_path: Path, name: str
) -> None:
    workspace, runs = copied_runs
    run, ids = runs[name], runs[name].dataset.ids()
    loaded = load(workspace, export_onnx(run, tmp_path / "pair.onnx.zip"), run.dataset)
    assert (loaded.name, loaded.record["preset"], status(loaded).state) == ("pair", "onnx", "finished")
    assert loaded.id in {row.id for row in open_catalogue(workspace).runs()}
    assert np.allclose(loaded.latents(ids), run.latents(ids), atol=1e-5)
    assert loaded.metrics["test"]["mse"] == pytest.approx(run.metrics["test"]["mse"], rel=1e-5)
    points = run.latents(ids[:3]) + np.float32(0.01)
    assert np.abs(decode(loaded, points)["image"].astype(int) - decode(run, points)["image"]).max() <= 1
    if name == "vq":
        assert np.array_equal(np.asarray(loaded.codes), np.asarray(run.codes))
        assert np.array_equal(code_grid(loaded, 7), code_grid(run, 7))
        assert np.abs(decode_entry(loaded, 5)["image"].astype(int) - decode_entry(run, 5)["image"]).max() <= 1
    before = tree(workspace)
    with pytest.raises(UserError, match="made of ONNX graphs already"):
        export_onnx(loaded, tmp_path / "again.onnx.zip")
    assert load(workspace, tmp_path / "pair.onnx.zip", run.dataset).id == loaded.id
    assert tree(workspace) == before


def test_a_loaded_run_can_be_exported_and_a_forged_graph_is_rejected(
    workspace: Workspace, dataset: Dataset, tmp_path: Path
) -> None:
    run = load(workspace, pair(tmp_path / "pair", coder(), lookup()), dataset)
    assert run.name == "blobs · ONNX pair"
    elsewhere = Workspace.open(tmp_path / "elsewhere")
    imported = import_run(elsewhere, export_run(run, tmp_path / "run.aerun"))
    assert imported.id == run.id
    assert np.array_equal(imported.reconstruct(np.arange(3))[1]["image"], run.reconstruct(np.arange(3))[1]["image"])

    checkpoint = load_checkpoint(run.folder / "checkpoint")
    assert checkpoint is not None
    other = external(coder()).SerializeToString()
    graph = torch.zeros_like(checkpoint.weights["encoders.image.graph.content"])
    graph[: len(other)] = torch.frombuffer(bytearray(other), dtype=torch.uint8)[: len(graph)]
    shutil.rmtree(run.folder / "checkpoint")
    weights = checkpoint.weights | {"encoders.image.graph.content": graph}
    save_checkpoint(run.folder / "checkpoint", Checkpoint(weights, state=checkpoint.state))
    forged = export_run(Run(run.folder), tmp_path / "forged.aerun")
    untouched = Workspace.open(tmp_path / "untouched")
    with pytest.raises(UploadRejected, match=r"forged.aerun, its model: encoder.onnx"):
        import_run(untouched, forged)
    assert not tree(untouched)


def test_a_pair_exported_by_torch_is_loaded(workspace: Workspace, dataset: Dataset, tmp_path: Path) -> None:
    torch.manual_seed(0)
    halves = {
        "encoder": (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), torch.rand(2, 1, 8, 8)),
        "decoder": (nn.Sequential(nn.Linear(3, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8))), torch.rand(2, 3)),
    }
    (tmp_path / "pair").mkdir()
    for name, (half, example) in halves.items():
        shapes = ({0: torch.export.Dim("batch")},)
        program = torch.export.export(half.eval(), (example,), dynamic_shapes=shapes)
        torch.onnx.export(program, (), tmp_path / "pair" / f"{name}.onnx", dynamo=True, external_data=False, verbose=False)
    run = load(workspace, tmp_path / "pair", dataset)
    x, reconstruction = run.reconstruct(np.arange(5))
    with torch.no_grad():
        expected = halves["decoder"][0](halves["encoder"][0](x["image"]))
    assert torch.allclose(reconstruction["image"], expected, atol=1e-5)


@pytest.mark.parametrize("name", ["AutoencoderKL", "VQModel"])
def test_diffusers_models_give_the_same_outputs(workspace: Workspace, dataset: Dataset, tmp_path: Path, name: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    core = getattr(diffusers, name)(**SMALL).eval()
    core.save_pretrained(tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for path in (tmp_path / "model").iterdir():
            archive.write(path, f"model/{path.name}")
    run = load(workspace, tmp_path / "mine.zip", dataset)
    ids = np.arange(6)
    x, reconstruction = run.reconstruct(ids)
    coloured = 2 * x["image"].expand(-1, 3, -1, -1) - 1
    with torch.no_grad():
        if name == "AutoencoderKL":
            latents = core.encode(coloured).latent_dist.mean
            pictures = core.decode(latents).sample
        else:
            latents, _, (_, _, codes) = core.quantize(core.encode(coloured).latents)
            latents = latents.permute(0, 2, 3, 1)
            pictures = core(coloured).sample
            assert run.codes is not None
            assert np.array_equal(run.codes[ids].ravel(), codes.numpy().ravel())
            assert code_grid(run, 0).shape == (4, 4)
    assert np.allclose(run.latents(ids), latents.flatten(1), atol=1e-5)
    assert torch.allclose(reconstruction["image"], (pictures.mean(1, keepdim=True) / 2 + 0.5).clamp(0, 1), atol=1e-5)

    with pytest.raises(UserError, match="layers of diffusers depend on the number of samples"):
        export_onnx(run, tmp_path / "again.onnx.zip")
    with pytest.raises(UserError, match="was made elsewhere cannot be trained here"):
        next(iter(fit(prepare(run.config, dataset, torch.device("cpu")))))


def test_tensor_names_of_older_diffusers_are_accepted(workspace: Workspace, dataset: Dataset, tmp_path: Path) -> None:
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    diffusers.AutoencoderKL(**SMALL).save_pretrained(tmp_path / "model")
    run = load(workspace, tmp_path / "model", dataset)
    file = tmp_path / "model" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    for new_name, old_name in {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}.items():
        tensors = {name.replace(f".{new_name}.", f".{old_name}."): tensor for name, tensor in tensors.items()}
    save_file(tensors, file)
    again = load(workspace, tmp_path / "model", dataset)
    assert np.array_equal(again.latents(np.arange(9)), run.latents(np.arange(9)))


def change_tensors(change: Callable[[dict[str, Tensor]], Any]) -> Callable[[Path], None]:
    """Return a function that changes the tensors of a diffusers folder."""

    def apply(folder: Path) -> None:
        tensors = load_file(folder / "diffusion_pytorch_model.safetensors")
        change(tensors)
        save_file(tensors, folder / "diffusion_pytorch_model.safetensors")

    return apply


def change_config(**changes: Any) -> Callable[[Path], None]:
    """Return a function that changes the config.json of a diffusers folder."""

    def apply(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | changes))

    return apply


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "a tensor of another shape": (
        change_tensors(lambda t: t.update({"quant_conv.bias": torch.zeros(3)})),
        "diffusion_pytorch_model.safetensors, tensor quant_conv.bias: has the shape (3,) instead of (4,)",
    ),
    "a tensor less": (change_tensors(lambda t: t.pop("decoder.conv_in.bias")), "tensor decoder.conv_in.bias: is missing"),
    "a tensor more": (change_tensors(lambda t: t.update(extra=torch.zeros(1))), "tensor extra: is not one of the model's"),
    "another class": (change_config(_class_name="UNet2DModel"), "config.json, _class_name: its _class_name is 'UNet2DModel'"),
    "out of bounds": (change_config(layers_per_block=10**6), "config.json: the setting layers_per_block is 1000000"),
    "an unknown block": (change_config(down_block_types=["os.system"]), "config.json: the setting down_block_types"),
    "an unknown setting": (change_config(nonsense=1), "config.json: the setting nonsense"),
    "groups that do not fit": (change_config(norm_num_groups=5), "diffusers builds no AutoencoderKL of this config.json"),
    "pictures that do not halve": (
        change_config(
            block_out_channels=[8] * 5, down_block_types=["DownEncoderBlock2D"] * 5, up_block_types=["UpDecoderBlock2D"] * 5
        ),
        "8×8 is not divisible by 16",
    ),
    "no JSON": (lambda folder: (folder / "config.json").write_text("nonsense") and None, "config.json: it is not valid JSON"),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save an untrained diffusers model into a folder."""
    diffusers = pytest.importorskip("diffusers")
    folder = tmp_path_factory.mktemp("saved")
    diffusers.AutoencoderKL(**SMALL).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("break_folder", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_folder_is_rejected_and_nothing_is_stored(
    workspace: Workspace, dataset: Dataset, saved: Path, tmp_path: Path, break_folder: Callable[[Path], None], message: str
) -> None:
    folder = shutil.copytree(saved, tmp_path / "model")
    break_folder(folder)
    before = tree(workspace)
    with pytest.raises(UserError) as rejected:
        load(workspace, folder, dataset)
    assert message in str(rejected.value)
    assert tree(workspace) == before


def test_a_broken_pair_is_rejected_and_nothing_is_stored(workspace: Workspace, dataset: Dataset, tmp_path: Path) -> None:
    before = tree(workspace)
    broken = {
        "external": (external(encoder()), decoder(), "encoder.onnx, tensor W: is stored in another file"),
        "unknown": (strange("", "Nonsense"), decoder(), "encoder.onnx: cannot be run"),
        "unmatched": (encoder(), lookup(), "decoder.onnx, input code: takes"),
    }
    for name, (encoder_model, decoder_model, message) in broken.items():
        with pytest.raises(UploadRejected) as rejected:
            load(workspace, pair(tmp_path / name, encoder_model, decoder_model), dataset)
        assert message in str(rejected.value)
    (tmp_path / "unknown" / "encoder.onnx").write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(UploadRejected, match=r"encoder.onnx: it is a pickle"):
        load(workspace, tmp_path / "unknown", dataset)
    with pytest.raises(UploadRejected, match="does not say which data it is for"):
        load(workspace, tmp_path / "external", None)
    with pytest.raises(UploadRejected, match="there is no such file"):
        load(workspace, tmp_path / "absent", dataset)
    assert tree(workspace) == before


def test_imported_models_need_a_dataset_of_pictures(trained: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="this dataset has tabular data"):
        load(trained.workspace, pair(tmp_path / "pair", encoder(), decoder()), trained.runs["ae"].dataset)
