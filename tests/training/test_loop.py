"""The training loop: its snapshots, and that it can stop between any two steps and resume exactly."""

import contextlib
import math
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.training import loop
from aeexplorer.training import trainer as trainer_module
from aeexplorer.training.checkpoint import load_checkpoint, save_checkpoint
from aeexplorer.training.config import RunConfig
from aeexplorer.training.evaluation import evaluate
from aeexplorer.training.loop import Snapshot, fit
from aeexplorer.training.trainer import Diverged, Trainer, prepare

CPU = torch.device("cpu")
SETTINGS = {
    "vae": {
        "model.bottleneck.kind": "gaussian",
        "model.likelihood": "optimal_sigma",
        "training.gradient_clip": 2.0,
        "training.patience": 2,
    },
    "vq": {"model.bottleneck.kind": "vector_quantized", "model.codebook_size": 8, "training.optimizer": "momentum"},
    "rvq": {"model.bottleneck": "residual", "model.codebook_size": 8, "model.stages": 2},
    "aae": {"model.bottleneck": "adversarial"},
    "contractive": {"model.bottleneck": "contractive", "model.latent_dim": 40},
    "averaged": {"training.averaging": 0.9, "training.patience": 2, "training.schedule": "plateau", "training.plateau": 0},
    "growing": {"training.final_batch_size": 32, "training.l1": 1e-3, "training.optimizer": "rmsprop"},
    "mixed": {"model.bottleneck.kind": "gaussian", "model.likelihood": "bernoulli"},
    "denoising": {"model.corruption.kind": "gaussian_noise", "training.optimizer": "adamw", "training.weight_decay": 0.01},
}


class Stopped(Exception):
    pass


def configured(dataset: Dataset, **changes: object) -> RunConfig:
    small = {"model.network": "dense", "model.hidden": 16, "training.epochs": 3, "training.batch_size": 8}
    return RunConfig(dataset=dataset.id).replace(small | changes)


def comparable(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.step, snapshot.losses, snapshot.metrics, snapshot.learning_rate, snapshot.samples, snapshot.stopped_early


def stop_at(trainer: Trainer, step: int) -> Callable[[], None]:
    def observe() -> None:
        if trainer.step == step:
            raise Stopped

    return observe


@pytest.fixture(autouse=True)
def precision(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use mixed precision exactly in the tests with ``mixed`` in their name, whatever this CPU would choose."""
    monkeypatch.setattr(trainer_module, "mixed_precision_pays", lambda *_: "mixed" in request.node.name)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call observers after every step."""
    monkeypatch.setattr(loop, "OBSERVER_INTERVAL_SECONDS", -1.0)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("step", [1, 47])
def test_resuming_between_any_two_steps_gives_the_same_curve(dataset: Dataset, tmp_path, name: str, step: int) -> None:
    config = configured(dataset, **SETTINGS[name])
    undisturbed = prepare(config, dataset, CPU)
    whole = [comparable(s) for s in fit(undisturbed)]

    first = prepare(config, dataset, CPU)
    resumed: list[tuple[object, ...]] = []
    with pytest.raises(Stopped):
        resumed.extend(map(comparable, fit(first, stop_at(first, step))))
    assert first.summed_samples > 0  # it stopped between two snapshots, so the sums must be in the checkpoint
    save_checkpoint(tmp_path, first.checkpoint())

    torch.manual_seed(12345)
    second = prepare(config, dataset, CPU)
    second.resume(load_checkpoint(tmp_path))
    resumed += [comparable(s) for s in fit(second)]

    assert resumed == whole
    for key, value in undisturbed.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[key]), key


@pytest.mark.usefixtures("eager")
def test_an_observer_is_called_between_snapshots_and_changes_nothing(dataset: Dataset) -> None:
    config = configured(dataset, **SETTINGS["vae"])
    alone = [comparable(s) for s in fit(prepare(config, dataset, CPU))]
    watched, steps = prepare(config, dataset, CPU), []

    def observe() -> None:
        steps.append(watched.step)
        watched.checkpoint()

    snapshots = [comparable(s) for s in fit(watched, observe)]
    assert snapshots == alone
    assert sorted(steps + [s[0] for s in snapshots]) == list(range(1, watched.steps + 1))


def test_snapshots_come_about_ten_times_an_epoch_and_at_its_end(dataset: Dataset) -> None:
    trainer = prepare(configured(dataset), dataset, CPU)
    snapshots = list(fit(trainer))
    assert trainer.plan.epoch_length(0) == 32
    assert [s.step for s in snapshots if s.step <= 32] == [4, 8, 12, 16, 20, 24, 28, 32]
    assert [s.step for s in snapshots if s.end_of_epoch] == [32, 64, 96]
    assert snapshots[-1].samples == 3 * 256
    assert all(("validation_loss" in s.metrics) == s.end_of_epoch for s in snapshots)


def test_many_short_epochs_have_one_snapshot_each(dataset: Dataset) -> None:
    trainer = prepare(configured(dataset, **{"training.batch_size": 128, "training.epochs": 1001}), dataset, CPU)
    steps = [snapshot.step for snapshot, _ in zip(fit(trainer), range(4), strict=False)]
    assert steps == [2, 4, 6, 8]


def test_losses_are_means_over_the_interval(dataset: Dataset) -> None:
    """With a learning rate near zero, the means over an epoch equal an evaluation of the same samples."""
    trainer = prepare(configured(dataset, **{"training.learning_rate": 1e-12, "training.batch_size": 48}), dataset, CPU)
    snapshots = []
    for snapshot in fit(trainer):
        snapshots.append(snapshot)
        if snapshot.end_of_epoch:
            break
    counts = np.diff([0] + [s.samples for s in snapshots])
    expected = evaluate(trainer.model, trainer.data, dataset.ids("train"))
    assert sum(counts) == 256
    assert np.average([s.losses["loss"] for s in snapshots], weights=counts) == pytest.approx(expected.loss, rel=1e-5)
    assert np.average([s.metrics["mse"] for s in snapshots], weights=counts) == pytest.approx(expected.mse, rel=1e-5)


def test_training_lowers_the_error(dataset: Dataset) -> None:
    snapshots = list(fit(prepare(configured(dataset, **{"training.epochs": 15}), dataset, CPU)))
    ends = [s.metrics["validation_mse"] for s in snapshots if s.end_of_epoch]
    assert ends[-1] < 0.5 * ends[0]


def test_patience_stops_a_training_and_a_resume_does_not_restart_it(dataset: Dataset) -> None:
    config = configured(dataset, **{"training.patience": 2, "training.epochs": 50, "training.learning_rate": 1e-12})
    trainer = prepare(config, dataset, CPU)
    snapshots = list(fit(trainer))
    assert snapshots[-1].stopped_early
    assert snapshots[-1].epoch < 50
    again = prepare(config, dataset, CPU)
    again.resume(trainer.checkpoint())
    assert list(fit(again)) == []


def test_mixed_precision_is_close_in_training_and_leaves_evaluation_exact(dataset: Dataset) -> None:
    model = prepare(configured(dataset), dataset, CPU).model
    assert model.mixed_precision
    x = model.prepare({"image": torch.from_numpy(np.array(dataset.main_field.array[:32]))})
    mixed, exact = model.train()(x), model.eval()(x)
    assert mixed.loss.dtype == mixed.code.latent.dtype == mixed.reconstruction["image"].dtype == torch.float32
    torch.testing.assert_close(mixed.reconstruction["image"], exact.reconstruction["image"], rtol=0, atol=0.02)
    assert not torch.equal(mixed.reconstruction["image"], exact.reconstruction["image"])
    model.mixed_precision = False
    assert torch.equal(model(x).loss, exact.loss)
    assert all(p.dtype == torch.float32 for p in model.parameters())


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cpu:1", "cuda:x", ""])
def test_missing_devices_are_named(name: str) -> None:
    with pytest.raises(UserError, match=f"no device '{name}'"):
        trainer_module.choose_device(name)


def diverging(dataset: Dataset) -> RunConfig:
    return configured(
        dataset,
        **{
            "training.optimizer": "momentum",
            "training.learning_rate": 10.0,
            "training.schedule": "constant",
            "training.epochs": 20,
        },
    )


def test_divergence_is_explained_and_leaves_finite_weights(dataset: Dataset) -> None:
    trainer = prepare(diverging(dataset), dataset, CPU)
    with pytest.raises(Diverged, match=r"diverged by step \d+: .*learning rate of 10\. .*Train again with a learning rate of 1,"):
        list(fit(trainer))
    assert all(bool(p.isfinite().all()) for p in trainer.model.parameters())


@pytest.mark.parametrize("averaging", [0.0, 0.5])
def test_a_training_that_diverges_in_the_last_step_of_an_epoch_wrote_null(dataset: Dataset, averaging: float) -> None:
    """The losses were those of the steps before, and finite; only the validation loss was not. All epochs have one step."""
    changes = {"training.optimizer": "sgd", "training.learning_rate": 10.0, "training.schedule": "constant"}
    changes |= {"training.batch_size": 256, "training.averaging": averaging}
    messages = []
    for epochs in range(1, 9):
        trainer = prepare(configured(dataset, **changes, **{"training.epochs": epochs}), dataset, CPU)
        with contextlib.suppress(Diverged):
            for snapshot in fit(trainer):
                assert all(map(math.isfinite, [*snapshot.losses.values(), *snapshot.metrics.values()]))
            continue
        with pytest.raises(Diverged) as caught:
            list(fit(trainer))  # again, from the last finite state
        messages.append(caught.value.reason)
        assert math.isfinite(evaluate(trainer.model, trainer.data, dataset.ids("train")).loss)
    assert len(messages) >= 3
    assert all("the outputs became infinite or not a number" in message for message in messages)


def test_a_validation_sample_far_outside_the_training_split_does_not_end_the_training(tmp_path) -> None:
    rows = np.random.default_rng(0).uniform(size=(200, 3)).astype(np.float32)
    split = np.tile(np.array([0, 0, 0, 1], np.int8), 50)
    rows[3] = 1e30  # its squared error is infinite in float32
    columns = [{"name": f"c{i}", "kind": "numeric", "low": 0.0, "high": 1.0} for i in range(3)]
    dataset = create_dataset(
        Workspace.open(tmp_path),
        "far",
        {"row": NewField("tabular", rows, {"columns": columns})},
        pa.table({"source": ["generated"] * 200}),
        split,
    )
    trainer = prepare(configured(dataset, **{"training.patience": 100}), dataset, CPU)
    snapshots = list(fit(trainer))
    assert snapshots[-1].step == trainer.steps
    assert math.isfinite(snapshots[-1].losses["loss"])
    assert not math.isfinite(snapshots[-1].metrics["validation_loss"])
    assert trainer.lowest_loss == math.inf
    assert not trainer.best_state


def test_a_checkpoint_is_refused_if_weights_are_not_finite(dataset: Dataset) -> None:
    trainer = prepare(configured(dataset), dataset, CPU)
    checkpoint = trainer.finite_checkpoint()
    with torch.no_grad():
        next(trainer.model.parameters())[0] = torch.nan
    with pytest.raises(Diverged, match="encoders"):
        trainer.finite_checkpoint()
    assert trainer.last_finite is checkpoint
    assert all(bool(p.isfinite().all()) for p in trainer.model.parameters())


def test_validation_during_training_is_not_the_first_samples_of_the_upload(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads are often sorted by class; early stopping followed the first classes only."""
    monkeypatch.setattr(trainer_module, "MAX_VALIDATION_SAMPLES", 20)
    labels = np.repeat(["a", "b", "c", "d"], 50)
    rows = np.repeat(np.arange(4, dtype=np.float32), 50)[:, None] / 3 + np.zeros((200, 3), np.float32)
    columns = [{"name": f"c{i}", "kind": "numeric", "low": 0.0, "high": 1.0} for i in range(3)]
    dataset = create_dataset(
        Workspace.open(tmp_path),
        "sorted by class",
        {"row": NewField("tabular", rows, {"columns": columns})},
        pa.table({"source": ["generated"] * 200, "label": labels}),
        np.tile(np.array([0, 1], np.int8), 100),
    )
    trainer = prepare(configured(dataset, **{"training.epochs": 1}), dataset, CPU)
    np.testing.assert_array_equal(np.bincount(dataset.labels[trainer.validation_ids]), [5, 5, 5, 5])
    last = list(fit(trainer))[-1]
    measured = evaluate(trainer.model, trainer.data, trainer.validation_ids)
    assert last.metrics["validation_loss"] == pytest.approx(measured.loss)
    other = prepare(configured(dataset, seed=5), dataset, CPU)
    np.testing.assert_array_equal(other.validation_ids, trainer.validation_ids)
    fold = dataset.rotated(1, 4)
    folded = prepare(configured(fold, folds=4, fold=1), fold, CPU).validation_ids
    assert set(folded.tolist()) <= set(fold.ids("validation").tolist())
