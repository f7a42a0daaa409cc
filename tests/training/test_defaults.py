"""Default settings for presets and datasets."""

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.models.fitting import presets_for
from aeexplorer.models.presets import presets
from aeexplorer.training.defaults import FREE_BITS, config_for


@pytest.fixture
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
    pixels = np.random.default_rng(0).integers(0, 256, (640, 1, 8, 8), np.uint8)
    return create_dataset(
        workspace,
        "pictures",
        {"image": NewField("image", pixels, {})},
        pa.table({"source": ["made"] * 640}),
        np.zeros(640, np.int8),
    )


@pytest.fixture
def table(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
    columns = [{"name": f"c{i}", "kind": "numeric", "low": 0.0, "high": 1.0} for i in range(6)]
    rows = np.random.default_rng(0).random((200, 6), np.float32)
    return create_dataset(
        workspace,
        "table",
        {"row": NewField("tabular", rows, {"columns": columns})},
        pa.table({"source": ["made"] * 200}),
        np.zeros(200, np.int8),
    )


@pytest.mark.parametrize("name", [name for name in presets() if name != "word-dropout-ae"])
def test_every_preset_gives_settings_for_pictures(name: str, pictures: Dataset) -> None:
    assert name in presets_for(pictures.main_field)
    config = config_for(name, pictures)
    assert config.dataset == pictures.id
    assert config.training.epochs == 240  # 2,400 steps of ten batches of 64


def test_epochs_depend_on_the_requested_batch_size(pictures: Dataset) -> None:
    assert config_for("dense-ae", pictures, {"training.batch_size": "32"}).training.epochs == 120
    assert config_for("dense-ae", pictures, {"epochs": 3}).training.epochs == 3


def curves(workspace: Workspace, count: int) -> Dataset:
    """Store series of random numbers with a number of training samples; `count` // 4 more are validation samples."""
    split = np.repeat([0, 1], [count, count // 4]).astype(np.int8)
    values = np.random.default_rng(count).random((len(split), 32, 1), np.float32)
    field = NewField("series", values, {"columns": [{"name": "v", "kind": "numeric", "low": 0.0, "high": 1.0}]})
    return create_dataset(workspace, f"curves {count}", {"s": field}, pa.table({"source": ["generated"] * len(split)}), split)


def rows(workspace: Workspace, count: int, size: int = 64, validation: bool = True) -> Dataset:
    """Store a table of random numbers with a number of training samples; `count` // 4 more are validation samples."""
    split = np.repeat([0, 1], [count, count // 4 if validation else 0]).astype(np.int8)
    columns = [{"name": f"c{i}", "kind": "numeric", "low": 0.0, "high": 1.0} for i in range(size)]
    values = np.random.default_rng(count).random((len(split), size), np.float32)
    table = pa.table({"source": ["generated"] * len(split)})
    return create_dataset(workspace, f"rows {count}", {"row": NewField("tabular", values, {"columns": columns})}, table, split)


@pytest.mark.parametrize(
    ("count", "batch_size", "steps"), [(25, 8, 600), (64, 16, 600), (160, 32, 640), (344, 64, 1_376), (2_000, 64, 2_400)]
)
def test_steps_not_epochs_set_the_length(workspace: Workspace, count: int, batch_size: int, steps: int) -> None:
    """32 samples got one batch an epoch and 300 steps, too few for a codebook."""
    training = config_for("vq-vae", curves(workspace, count)).training
    assert training.batch_size == batch_size
    steps_per_epoch = -(-count // batch_size)
    assert abs(training.epochs * steps_per_epoch - steps) <= steps_per_epoch / 2


def test_trainings_stop_early_where_validation_can_tell(workspace: Workspace, pictures: Dataset) -> None:
    """A VAE of 200 faces was trained to a test ELBO of −60,000 nats; at its lowest validation loss it was above zero."""
    small = curves(workspace, 160)
    training = config_for("vae", small).training
    assert training.patience == round(training.epochs / 4)
    assert config_for("vae", small, {"training.epochs": 4}).training.patience == 3
    assert config_for("vae", small, {"patience": 0}).training.patience == 0
    assert config_for("vae", pictures).training.patience == 0  # all samples are in the training split
    assert config_for("vae", rows(workspace, 160, 64, validation=False)).training.patience == 0


def test_a_table_trains_for_all_steps_with_much_patience(workspace: Workspace) -> None:
    """Tables of 142 rows had 600 steps, and were worse than PCA after them."""
    training = config_for("dense-ae", rows(workspace, 160)).training
    assert (training.epochs, training.patience) == (480, 240)  # 2,400 steps of five batches of 32


def test_a_linear_network_trains_until_it_finds_what_pca_finds(workspace: Workspace) -> None:
    training = config_for("linear-ae", rows(workspace, 160)).training
    assert (training.patience, training.weight_decay, training.epochs) == (0, 0, 480)  # 2,400 steps of five batches of 32


def test_a_latent_has_twenty_training_samples_for_each_dimension(workspace: Workspace) -> None:
    latents = [config_for("dense-ae", rows(workspace, n)).model.bottleneck.model_dump()["latent_dim"] for n in (25, 160, 2_000)]
    assert latents == [2, 8, 16]


def test_the_code_of_a_small_table_is_shorter_than_its_rows(table: Dataset) -> None:
    assert config_for("vae", table).model.bottleneck.model_dump()["latent_dim"] == 3
    assert config_for("vae", table, {"model.latent_dim": 5}).model.bottleneck.model_dump()["latent_dim"] == 5


def test_unsuitable_presets_are_refused_with_suitable_ones(table: Dataset) -> None:
    with pytest.raises(UserError, match=r"no preset 'gan'.*vae"):
        config_for("gan", table)
    with pytest.raises(UserError, match=r"conv-ae is not for tabular data.*dense-ae"):
        config_for("conv-ae", table)


def test_a_small_dataset_gets_one_hidden_layer_and_weight_decay(table: Dataset, pictures: Dataset) -> None:
    assert config_for("dense-ae", table).model.depth == 1
    assert config_for("dense-ae", table, {"depth": 3}).model.depth == 3
    decays = [config_for(preset, data).training.weight_decay for preset, data in (("dense-ae", table), ("linear-ae", table))]
    assert decays == [0.3, 0.0]
    assert config_for("dense-ae", pictures).training.weight_decay == 0
    assert config_for("dense-ae", pictures).model.depth == 2


def test_a_vae_of_texts_gets_free_bits(workspace: Workspace) -> None:
    texts, digits = load_builtin_dataset(workspace, "captions"), load_builtin_dataset(workspace, "digits")

    def free(dataset: Dataset, changes: dict[str, float] | None = None) -> float:
        return {path: value for path, _, value in config_for("vae", dataset, changes).leaves()}["model.bottleneck.free_bits"]

    assert free(texts) == FREE_BITS
    assert free(texts, {"model.free_bits": 0}) == free(digits) == 0
