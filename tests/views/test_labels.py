"""Tests of the labels of identifiers."""

import re

import pytest

from aeexplorer.core.registry import collect
from aeexplorer.models.config import BOTTLENECKS, CORRUPTIONS, LIKELIHOODS, ModelConfig
from aeexplorer.models.parts import PartSettings
from aeexplorer.training.config import TrainingConfig
from aeexplorer.training.search.search import SearchConfig
from aeexplorer.views.labels import NAMES, OPTIONS, WORDS, display_name, option_name


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("learning_rate", "Learning rate"),
        ("kl_warmup", "KL warm-up"),
        ("latent_dim", "Latent dimensions"),
        ("model.bottleneck.codebook_size", "Codebook size"),
        ("elbo", "ELBO"),
        ("kl", "KL divergence"),
        ("validation_mse", "Validation MSE"),
        ("total_correlation", "Total correlation"),
        ("umap", "UMAP"),
    ],
)
def test_settings_metrics_and_losses_have_readable_labels(name: str, label: str) -> None:
    assert display_name(name) == label


@pytest.mark.parametrize(
    ("option", "label"),
    [("leaky_relu", "leaky ReLU"), ("one_cycle", "one cycle"), ("tf_idf", "TF-IDF"), ("", "none"), (None, "none"), (0, "0")],
)
def test_options_have_readable_labels(option: object, label: str) -> None:
    assert option_name(option) == label


def test_every_setting_has_a_label_without_underscores_or_abbreviations() -> None:
    names = {name for settings in (ModelConfig, TrainingConfig, SearchConfig) for name in settings.model_fields}
    for package in (BOTTLENECKS, CORRUPTIONS, LIKELIHOODS):
        names |= {name for part in collect(package, PartSettings).values() for name in part.model_fields}
    assert len(names) > 40
    for name in names:
        label = display_name(name)
        assert label[0].isupper()
        assert not re.search(r"_|\b(dim|num|mse|kl|vq|elbo)\b", label)


def test_no_two_settings_of_a_part_share_a_label() -> None:
    for package in (BOTTLENECKS, CORRUPTIONS, LIKELIHOODS):
        for part in collect(package, PartSettings).values():
            labels = [display_name(name) for name in part.model_fields]
            assert len(set(labels)) == len(labels)


def test_tables_of_labels_are_sorted() -> None:
    for table in (WORDS, NAMES, OPTIONS):
        assert list(table) == sorted(table)
