"""Models from elsewhere become runs that every page can open; what is wrong with one is named, and nothing is stored then."""

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
from aeexplorer.exchange.load import load_model, uploads_of
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
    return load_model(workspace, uploads_of(path), dataset)


def tree(workspace: Workspace) -> dict[str, bytes]:
    """Every file of a workspace but the index."""
    return {str(p): p.read_bytes() for p in workspace.root.rglob("*") if p.is_file() and p != workspace.catalogue}


def pair(folder: Path, there: Any, back: Any) -> Path:
    """A folder with two graphs."""
    folder.mkdir()
    (folder / "encoder.onnx").write_bytes(there.SerializeToString())
    (folder / "decoder.onnx").write_bytes(back.SerializeToString())
    return folder


@pytest.fixture
def copied(trained: Any, tmp_path: Path) -> tuple[Workspace, dict[str, Run]]:
    """A copy of the trained runs."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    workspace = Workspace.open(tmp_path / "copy")
    return workspace, {name: Run(workspace.run_folder(run.id)) for name, run in trained.runs.items()}


@pytest.mark.parametrize("name", ["vae", "vq"])
def test_an_exported_pair_comes_back_as_the_run_it_was(
    copied: tuple[Workspace, dict[str, Run]], tmp_path: Path, name: str
) -> None:
    workspace, runs = copied
    run, ids = runs[name], runs[name].dataset.ids()
    back = load(workspace, export_onnx(run, tmp_path / "pair.onnx.zip"), run.dataset)
    assert (back.name, back.record["preset"], status(back).state) == ("pair", "onnx", "finished")
    assert back.id in {row.id for row in open_catalogue(workspace).runs()}
    assert np.allclose(back.latents(ids), run.latents(ids), atol=1e-5)
    assert back.metrics["test"]["mse"] == pytest.approx(run.metrics["test"]["mse"], rel=1e-5)
    points = run.latents(ids[:3]) + np.float32(0.01)
    assert np.abs(decode(back, points)["image"].astype(int) - decode(run, points)["image"]).max() <= 1
    if name == "vq":
        assert np.array_equal(np.asarray(back.codes), np.asarray(run.codes))
        assert np.array_equal(code_grid(back, 7), code_grid(run, 7))
        assert np.abs(decode_entry(back, 5)["image"].astype(int) - decode_entry(run, 5)["image"]).max() <= 1
    before = tree(workspace)
    with pytest.raises(UserError, match="made of ONNX graphs already"):
        export_onnx(back, tmp_path / "again.onnx.zip")
    assert load(workspace, tmp_path / "pair.onnx.zip", run.dataset).id == back.id
    assert tree(workspace) == before


def test_a_loaded_run_travels_and_what_was_put_into_it_is_noticed(workspace: Workspace, dataset: Dataset, tmp_path: Path) -> None:
    run = load(workspace, pair(tmp_path / "pair", coder(), lookup()), dataset)
    assert run.name == "blobs · ONNX pair"
    elsewhere = Workspace.open(tmp_path / "elsewhere")
    there = import_run(elsewhere, export_run(run, tmp_path / "run.aerun"))
    assert there.id == run.id
    assert np.array_equal(there.reconstruct(np.arange(3))[1]["image"], run.reconstruct(np.arange(3))[1]["image"])

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


def test_what_torch_exports_by_itself_is_loaded(workspace: Workspace, dataset: Dataset, tmp_path: Path) -> None:
    torch.manual_seed(0)
    halves = {
        "encoder": (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), torch.rand(2, 1, 8, 8)),
        "decoder": (nn.Sequential(nn.Linear(3, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8))), torch.rand(2, 3)),
    }
    (tmp_path / "pair").mkdir()
    for name, (half, given) in halves.items():
        shapes = ({0: torch.export.Dim("batch")},)
        program = torch.export.export(half.eval(), (given,), dynamic_shapes=shapes)
        torch.onnx.export(program, (), tmp_path / "pair" / f"{name}.onnx", dynamo=True, external_data=False, verbose=False)
    run = load(workspace, tmp_path / "pair", dataset)
    x, back = run.reconstruct(np.arange(5))
    with torch.no_grad():
        wanted = halves["decoder"][0](halves["encoder"][0](x["image"]))
    assert torch.allclose(back["image"], wanted, atol=1e-5)


@pytest.mark.parametrize("name", ["AutoencoderKL", "VQModel"])
def test_models_of_diffusers_give_what_diffusers_gives(workspace: Workspace, dataset: Dataset, tmp_path: Path, name: str) -> None:
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    core = getattr(diffusers, name)(**SMALL).eval()
    core.save_pretrained(tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for path in (tmp_path / "model").iterdir():
            archive.write(path, f"model/{path.name}")
    run = load(workspace, tmp_path / "mine.zip", dataset)
    ids = np.arange(6)
    x, back = run.reconstruct(ids)
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
    assert torch.allclose(back["image"], (pictures.mean(1, keepdim=True) / 2 + 0.5).clamp(0, 1), atol=1e-5)

    with pytest.raises(UserError, match="layers of diffusers depend on the number of samples"):
        export_onnx(run, tmp_path / "again.onnx.zip")
    with pytest.raises(UserError, match="is not trained here"):
        next(iter(fit(prepare(run.config, dataset, torch.device("cpu")))))


def test_names_of_before_are_understood(workspace: Workspace, dataset: Dataset, tmp_path: Path) -> None:
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(0)
    diffusers.AutoencoderKL(**SMALL).save_pretrained(tmp_path / "model")
    run = load(workspace, tmp_path / "model", dataset)
    file = tmp_path / "model" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    for now, before in {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}.items():
        tensors = {name.replace(f".{now}.", f".{before}."): tensor for name, tensor in tensors.items()}
    save_file(tensors, file)
    again = load(workspace, tmp_path / "model", dataset)
    assert np.array_equal(again.latents(np.arange(9)), run.latents(np.arange(9)))


def retensored(change: Callable[[dict[str, Tensor]], Any]) -> Callable[[Path], None]:
    """Change the tensors of a folder of diffusers."""

    def apply(folder: Path) -> None:
        tensors = load_file(folder / "diffusion_pytorch_model.safetensors")
        change(tensors)
        save_file(tensors, folder / "diffusion_pytorch_model.safetensors")

    return apply


def edited(**changes: Any) -> Callable[[Path], None]:
    """Change the config.json of a folder of diffusers."""

    def apply(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | changes))

    return apply


SPOILED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a tensor of another shape": (
        retensored(lambda t: t.update({"quant_conv.bias": torch.zeros(3)})),
        "diffusion_pytorch_model.safetensors, tensor quant_conv.bias: has the shape (3,) instead of (4,)",
    ),
    "a tensor less": (retensored(lambda t: t.pop("decoder.conv_in.bias")), "tensor decoder.conv_in.bias: is missing"),
    "a tensor more": (retensored(lambda t: t.update(extra=torch.zeros(1))), "tensor extra: is not one of the model's"),
    "another class": (edited(_class_name="UNet2DModel"), "config.json, _class_name: its _class_name is 'UNet2DModel'"),
    "out of bounds": (edited(layers_per_block=10**6), "config.json: the setting layers_per_block is 1000000"),
    "an unknown block": (edited(down_block_types=["os.system"]), "config.json: the setting down_block_types"),
    "an unknown setting": (edited(nonsense=1), "config.json: the setting nonsense"),
    "groups that do not fit": (edited(norm_num_groups=5), "diffusers builds no AutoencoderKL of this config.json"),
    "pictures that do not halve": (
        edited(block_out_channels=[8] * 5, down_block_types=["DownEncoderBlock2D"] * 5, up_block_types=["UpDecoderBlock2D"] * 5),
        "8×8 is not divisible by 16",
    ),
    "no JSON": (lambda folder: (folder / "config.json").write_text("nonsense") and None, "config.json: it is no JSON"),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of diffusers."""
    diffusers = pytest.importorskip("diffusers")
    folder = tmp_path_factory.mktemp("saved")
    diffusers.AutoencoderKL(**SMALL).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("spoil", "said"), SPOILED.values(), ids=SPOILED)
def test_what_is_wrong_with_a_folder_is_named_and_nothing_is_stored(
    workspace: Workspace, dataset: Dataset, saved: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    folder = shutil.copytree(saved, tmp_path / "model")
    spoil(folder)
    before = tree(workspace)
    with pytest.raises(UserError) as refused:
        load(workspace, folder, dataset)
    assert said in str(refused.value)
    assert tree(workspace) == before


def test_what_is_wrong_with_a_pair_is_named_and_nothing_is_stored(workspace: Workspace, dataset: Dataset, tmp_path: Path) -> None:
    before = tree(workspace)
    wrong = {
        "external": (external(encoder()), decoder(), "encoder.onnx, tensor W: lies in another file"),
        "unknown": (strange("", "Nonsense"), decoder(), "encoder.onnx: cannot be run"),
        "unmatched": (encoder(), lookup(), "decoder.onnx, input code: takes"),
    }
    for name, (there, back, said) in wrong.items():
        with pytest.raises(UploadRejected) as refused:
            load(workspace, pair(tmp_path / name, there, back), dataset)
        assert said in str(refused.value)
    (tmp_path / "unknown" / "encoder.onnx").write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(UploadRejected, match=r"encoder.onnx: it is a pickle"):
        load(workspace, tmp_path / "unknown", dataset)
    with pytest.raises(UploadRejected, match="does not say which data it is for"):
        load(workspace, tmp_path / "external", None)
    with pytest.raises(UploadRejected, match="there is no such file"):
        load(workspace, tmp_path / "absent", dataset)
    assert tree(workspace) == before


def test_models_from_elsewhere_are_for_pictures(trained: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="this dataset has tabular data"):
        load(trained.workspace, pair(tmp_path / "pair", encoder(), decoder()), trained.runs["ae"].dataset)
