"""Directions of concepts against a planted direction, and saved concepts."""

import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest

from aeexplorer.analysis.latents import saved_concepts as saved_concepts_module
from aeexplorer.analysis.latents.concepts import (
    DIRECTION_KINDS,
    find_direction,
    latent_arithmetic,
    latent_neighbourhood,
    move_along,
)
from aeexplorer.analysis.latents.saved_concepts import concept_json, delete_concept, save_concept, saved_concepts
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import write_array
from aeexplorer.training.run import Run


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the VAE's run, with its own folder."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id)
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


@pytest.fixture
def planted(own: Run) -> tuple[Run, np.ndarray, np.ndarray]:
    """Latents of eight dimensions, one of them wide; the first 150 samples are shifted by a known direction."""
    rng = np.random.default_rng(0)
    true = np.array([0, 1.5, 0, 0, -2.0, 0, 0, 0])
    latents = rng.normal(size=(400, 8)) * [1, 1, 1, 6, 1, 1, 1, 1]
    latents[:150] += true
    write_array(own.folder / "latents.npy", latents.astype(np.float32))
    return own, np.arange(150), true


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("kind", DIRECTION_KINDS)
def test_a_planted_direction_is_found(planted: tuple[Run, np.ndarray, np.ndarray], kind: str) -> None:
    run, a, true = planted
    direction = find_direction(run, a, np.arange(150, 400), kind)
    assert cosine(direction.vector, true) > (0.9 if kind == "means" else 0.95)
    assert np.linalg.norm(direction.vector) == pytest.approx(np.linalg.norm(true), rel=0.15)
    assert direction.auc is not None
    assert direction.auc > (0.75 if kind == "means" else 0.9)
    assert direction.sizes == (150, 250)
    assert np.array_equal(find_direction(run, a, np.empty(0, np.int32), kind).vector, direction.vector)


def test_similar_sides_are_separated_only_by_chance(planted: tuple[Run, np.ndarray, np.ndarray]) -> None:
    run, a, _ = planted
    auc = find_direction(run, a[::2], a[1::2], "logistic").auc
    assert auc is not None
    assert 0.35 < auc < 0.65
    assert find_direction(run, a[:1], a[1:9]).auc is None


def test_both_sides_need_samples(own: Run) -> None:
    with pytest.raises(UserError, match="samples that have it"):
        find_direction(own, np.empty(0, np.int32), np.arange(9))
    with pytest.raises(UserError, match="samples that have it"):
        find_direction(own, own.dataset.ids(), np.empty(0, np.int32))
    with pytest.raises(UserError, match="Choose one of means"):
        find_direction(own, np.arange(9), np.arange(9, 20), "magic")


@pytest.mark.parametrize("name", ["vae", "vq", "ae"])
def test_a_sample_moves_along_a_direction(trained, name: str) -> None:
    run = trained.runs[name]
    direction = find_direction(run, np.arange(0, 40), np.arange(40, 100))
    latents = move_along(run, 7, direction.vector, np.array([-1.0, 0, 0.5]))
    start = run.latents(np.array([7]))[0]
    assert latents[1] == pytest.approx(start)
    assert latents[2] == pytest.approx(start + direction.vector / 2, abs=1e-5)


def test_arithmetic_and_the_neighbourhood_of_its_result(own: Run) -> None:
    z = own.latents(np.array([3, 4, 5]))
    assert latent_arithmetic(own, 3, 4, 5) == pytest.approx(z[0] - z[1] + z[2])
    assert latent_arithmetic(own, 3, 4, 4) == pytest.approx(z[0])
    with pytest.raises(UserError, match="no sample 400"):
        latent_arithmetic(own, 3, 400, 4)
    ids = own.dataset.ids()
    neighbourhood = latent_neighbourhood(own, z[0], ids, own.latents(ids), (3,), 7)
    distances = np.linalg.norm(own.latents(own.dataset.ids()) - z[0], axis=1)
    distances[3] = np.inf
    assert neighbourhood.ids.tolist() == np.argsort(distances, kind="stable")[:7].tolist()
    labels = [own.dataset.label_names[v] for v in own.dataset.labels[neighbourhood.ids] if v >= 0]
    assert neighbourhood.labels == {label: labels.count(label) for label in set(labels)}
    assert list(neighbourhood.labels.values()) == sorted(neighbourhood.labels.values(), reverse=True)


def test_concepts_are_saved_by_name_and_deleted(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert saved_concepts(own) == []
    first = find_direction(own, np.arange(40), np.arange(40, 90))
    saved = save_concept(own, "  ../<b>slanted</b>  ", "means", first)
    save_concept(own, "Round", "svm", find_direction(own, np.arange(9), np.arange(40, 90)))
    assert [concept.name for concept in saved_concepts(own)] == ["../<b>slanted</b>", "Round"]
    assert np.array_equal(saved.direction.vector, first.vector)
    assert saved_concepts(own)[0].direction.sizes == (40, 50)
    assert sorted(path.suffix for path in (own.folder / "concepts").iterdir()) == [".json", ".json"]
    assert orjson.loads(concept_json(saved))["vector"] == pytest.approx(first.vector.tolist())
    save_concept(own, "Round", "means", first)
    assert [concept.kind for concept in saved_concepts(own)] == ["means", "means"]
    monkeypatch.setattr(saved_concepts_module, "MAX_CONCEPTS", 2)
    with pytest.raises(UserError, match="Delete one"):
        save_concept(own, "third", "means", first)
    delete_concept(own, "Round")
    delete_concept(own, "Round")
    assert [concept.name for concept in saved_concepts(own)] == ["../<b>slanted</b>"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_empty_and_long_names_are_refused(own: Run, name: str) -> None:
    with pytest.raises(UserError):
        save_concept(own, name, "means", find_direction(own, np.arange(40), np.arange(40, 90)))


@pytest.mark.parametrize("spoil", [b"{", b"[]", b'{"name": "x"}', None, "vector", "nan", "results"])
def test_invalid_concept_files_are_ignored(own: Run, spoil: bytes | str | None) -> None:
    save_concept(own, "good", "means", find_direction(own, np.arange(40), np.arange(40, 90)))
    (path,) = (own.folder / "concepts").iterdir()
    tree = orjson.loads(path.read_bytes())
    if spoil is None:
        path.rename(path.with_name("0123456789abcdef.json"))
    elif isinstance(spoil, bytes):
        path.write_bytes(spoil)
    else:
        wrong = {"vector": {"vector": [1.0]}, "nan": {"vector": [None, 1.0]}, "results": {"results": "other"}}
        path.write_bytes(orjson.dumps(tree | wrong[spoil]))
    assert saved_concepts(own) == []
