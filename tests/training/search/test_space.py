"""Search spaces, as people write them."""

import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.training.config import RunConfig
from aeexplorer.training.search.space import Choices, Range, check_space, combinations, read_space, suggestion

BASE = RunConfig(dataset="ds-000000000000")


def test_values_have_the_type_of_the_setting_and_paths_are_completed() -> None:
    texts = {"model.latent_dim": "2, 4,8,4", "model.activation": "relu,tanh", "training.learning_rate": "1e-4..1e-2"}
    assert read_space(BASE, texts) == {
        "model.bottleneck.latent_dim": Choices(values=(2, 4, 8)),
        "model.activation": Choices(values=("relu", "tanh")),
        "training.learning_rate": Range(low=1e-4, high=1e-2, log=True),
    }


def test_integer_ranges_and_narrow_ranges_are_linear() -> None:
    space = read_space(BASE, {"model.depth": "1..4", "training.weight_decay": "0.1..0.5"})
    assert space == {"model.depth": Range(low=1, high=4, whole=True), "training.weight_decay": Range(low=0.1, high=0.5)}


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("model.nonsense", "1,2", "no setting"),
        ("model.depth", "1,99", "99"),
        ("model.depth", "4..1", "lower one first"),
        ("model.activation", "relu..tanh", "cannot go from"),
        ("model.depth", " , ", "no values"),
        ("model.bottleneck.kind", "gaussian,marble", "marble"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(path: str, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_space(BASE, {path: text})


def test_a_grid_has_every_combination_once_and_five_values_of_a_range() -> None:
    space = read_space(BASE, {"model.depth": "1..3", "training.learning_rate": "1e-4..1", "seed": "0,1"})
    grid = list(combinations(space))
    assert len(grid) == 3 * 5 * 2
    assert len({tuple(values.values()) for values in grid}) == len(grid)
    assert sorted({values["training.learning_rate"] for values in grid}) == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1])
    assert all(isinstance(values["model.depth"], int) for values in grid)


def test_every_combination_of_parts_must_have_the_varied_settings() -> None:
    parts = read_space(BASE, {"model.bottleneck.kind": "deterministic,gaussian", "model.latent_dim": "2,4"})
    check_space(BASE, parts)
    with pytest.raises(UserError, match="beta"):
        check_space(BASE, parts | {"model.bottleneck.beta": Choices(values=(1.0, 4.0))})
    with pytest.raises(UserError, match="nothing is varied"):
        check_space(BASE, {})


def test_every_suggestion_is_a_valid_search_space() -> None:
    base = BASE.replace({"model.bottleneck.kind": "gaussian", "model.corruption.kind": "gaussian_noise"})
    varied = 0
    for path, field, value in base.leaves():
        text = suggestion(field, value)
        if path != "dataset" and not path.endswith("kind") and text and isinstance(value, bool | int | float):
            check_space(base, read_space(base, {path: text}))
            varied += 1
    assert varied > 15
