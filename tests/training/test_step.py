"""Compiled steps: when a training is compiled, that the results are the same, and what happens if compiling fails."""

from pathlib import Path

import pytest
import torch

from aeexplorer.data.dataset import Dataset
from aeexplorer.training import step as module
from aeexplorer.training.config import RunConfig
from aeexplorer.training.loop import Snapshot, fit
from aeexplorer.training.step import COMPILE_WITH_CONVOLUTIONS, COMPILE_WITHOUT_CONVOLUTIONS, first_compiled_step
from aeexplorer.training.trainer import Trainer, prepare

CPU = torch.device("cpu")


def configured(dataset: Dataset, **changes: object) -> RunConfig:
    small = {"model.network": "dense", "model.hidden": 16, "training.epochs": 3, "training.batch_size": 8}
    noisy = {"model.bottleneck.kind": "gaussian", "model.corruption.kind": "gaussian_noise", "training.precision": "float32"}
    return RunConfig(dataset=dataset.id).replace(small | noisy | changes)


def trained(config: RunConfig, dataset: Dataset) -> tuple[Trainer, list[Snapshot]]:
    trainer = prepare(config, dataset, CPU)
    return trainer, list(fit(trainer))


def test_only_long_trainings_are_compiled_and_with_convolutions_sooner(dataset: Dataset) -> None:
    def start(**changes: object) -> int | None:
        return first_compiled_step(prepare(configured(dataset, **changes), dataset, CPU))

    steps = prepare(configured(dataset), dataset, CPU).plan.epoch_length(0)
    enough = {
        network: {"training.epochs": -(-fewest // steps)}
        for network, (_, fewest) in (("d", COMPILE_WITHOUT_CONVOLUTIONS), ("c", COMPILE_WITH_CONVOLUTIONS))
    }
    assert start() is None
    start_step = start(**enough["d"])
    assert start_step is not None
    assert start_step % steps == 0
    assert COMPILE_WITHOUT_CONVOLUTIONS[0] <= start_step < COMPILE_WITHOUT_CONVOLUTIONS[0] + steps
    assert start(**enough["c"]) is None
    assert start(**enough["c"], **{"model.network": "conv"}) == -(-COMPILE_WITH_CONVOLUTIONS[0] // steps) * steps
    assert start(**enough["d"], **{"training.deterministic": True}) is None
    assert start(**enough["d"], **{"training.final_batch_size": 16}) is None
    torch.use_deterministic_algorithms(False)


def test_a_compiled_training_matches_an_uncompiled_one_and_resumes_exactly(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    config = configured(dataset)
    plain, expected = trained(config, dataset)
    monkeypatch.setattr(module, "COMPILE_WITHOUT_CONVOLUTIONS", (5, 0))
    compiled, snapshots = trained(config, dataset)
    assert any(tmp_path.rglob("*.so"))
    assert [s.step for s in snapshots if s.compiling] == [first_compiled_step(compiled)]
    for name, value in plain.model.state_dict().items():
        torch.testing.assert_close(compiled.model.state_dict()[name], value, rtol=2e-3, atol=2e-4)
    assert snapshots[-1].losses["loss"] == pytest.approx(expected[-1].losses["loss"], rel=1e-3)

    first = prepare(config, dataset, CPU)
    stopped_at = next(s for s in fit(first) if s.step > (first_compiled_step(compiled) or 0))
    checkpoint = first.checkpoint()
    second = prepare(config, dataset, CPU)
    second.resume(checkpoint)
    list(fit(second))
    assert stopped_at.step < second.step
    for name, value in compiled.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[name], value), name


def test_training_continues_uncompiled_if_compiling_fails(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(function: object, **_: object) -> object:
        def compiled(*arguments: object) -> object:
            function(*arguments)  # type: ignore[operator]
            raise RuntimeError("no compiler")

        return compiled

    plain, _ = trained(configured(dataset, **{"model.bottleneck.kind": "vector_quantized"}), dataset)
    monkeypatch.setattr(module, "COMPILE_WITHOUT_CONVOLUTIONS", (5, 0))
    monkeypatch.setattr(torch, "compile", fails)
    other, _ = trained(configured(dataset, **{"model.bottleneck.kind": "vector_quantized"}), dataset)
    assert "no compiler" in caplog.text
    for name, value in plain.model.state_dict().items():
        assert torch.equal(other.model.state_dict()[name], value), name
