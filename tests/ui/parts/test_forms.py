from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.core.registry import collect
from aeexplorer.core.settings import Settings, settings_without_effect
from aeexplorer.models.config import BOTTLENECKS, CORRUPTIONS, FUSIONS, ModelConfig
from aeexplorer.models.parts import PartSettings
from aeexplorer.training.config import RunConfig
from aeexplorer.ui.parts.widgets import bounds

FORM = """
import streamlit as st
from aeexplorer.core.errors import UserError
from aeexplorer.ui.parts.forms import SettingsForm

networks = ["auto", "dense"]
choices = {"model.network": networks, "network": networks}
form = SettingsForm(st.session_state["given"], key="form", choices=choices, **st.session_state["how"])
form.draw_all(exclude=["dataset"])
form.reset_button()
try:
    st.session_state["found"] = form.settings()
except UserError as error:
    st.error(str(error))
"""

PARTS = [
    (field, kind)
    for field, package in (("bottleneck", BOTTLENECKS), ("fusion", FUSIONS), ("corruption", CORRUPTIONS))
    for kind in collect(package, PartSettings)
]


def form_of(given: Settings, **how: Any) -> AppTest:
    at = AppTest.from_string(FORM, default_timeout=30)
    at.session_state["given"] = given
    at.session_state["how"] = how
    return at.run()


def widgets_of(at: AppTest) -> dict[str, Any]:
    kinds: tuple[Any, ...] = (at.number_input, at.slider, at.selectbox, at.button_group, at.toggle, at.text_input)
    return {widget.key: widget for kind in kinds for widget in kind}


def extremes(part: Settings) -> Iterator[dict[str, Any]]:
    """Yield the settings of a part at their lower bounds and first options, and at their upper bounds and last options."""
    low, high = {}, {}
    for name, field in type(part).model_fields.items():
        below, above = bounds(field)
        if get_origin(field.annotation) is not None and name != "kind":
            low[name], high[name] = get_args(field.annotation)[0], get_args(field.annotation)[-1]
        elif below is not None and above is not None:
            exact = {type(mark).__name__ for mark in field.metadata}
            low[name] = below if "Ge" in exact else below + 0.25
            high[name] = above if "Le" in exact else above - 0.25
    yield low
    yield high


@pytest.mark.parametrize(("field", "kind"), PARTS)
def test_the_form_returns_every_part_unchanged(field: str, kind: str) -> None:
    plain = ModelConfig().replace({f"{field}.kind": kind})
    for values in ({}, *extremes(getattr(plain, field))):
        given = plain.replace({f"{field}.{name}": value for name, value in values.items()})
        at = form_of(given)
        assert not at.exception
        assert not at.error
        assert at.session_state["found"] == given


@pytest.mark.parametrize(("field", "kind"), [part for part in PARTS if part[0] != "fusion"])
def test_choosing_a_part_shows_its_settings(field: str, kind: str) -> None:
    at = form_of(ModelConfig())
    at.selectbox(key=f"form:{field}.kind").set_value(kind).run()
    expected = ModelConfig().replace({f"{field}.kind": kind})
    assert at.session_state["found"] == expected
    shown = {
        widget.key for widgets in (at.number_input, at.slider, at.selectbox, at.button_group, at.toggle) for widget in widgets
    }
    idle = settings_without_effect(expected.leaves())
    own = {f"form:{field}.{name}" for name in type(getattr(expected, field)).model_fields if f"{field}.{name}" not in idle}
    assert own <= shown | {f"form:{field}.kind"}


def test_every_setting_of_a_run_has_a_widget_with_help() -> None:
    given = RunConfig(dataset="ds-000000000000")
    widgets = widgets_of(form_of(given))
    for path, field, _ in given.leaves():
        if path == "dataset" or path.endswith(".kind") or path == "model.corruption":
            continue
        if path in settings_without_effect(given.leaves()):
            assert f"form:{path}" not in widgets
        else:
            assert " ".join((field.description or "").split())[:10] in widgets[f"form:{path}"].help.replace("\\", "")


def test_a_part_without_effect_on_the_data_is_not_shown() -> None:
    given = RunConfig(dataset="ds-000000000000")
    for modality, there in (("image", True), ("text", False)):
        at = form_of(given, meaning={"model.modality": {None: [modality]}})
        shown = [key for key in widgets_of(at) if key.startswith("form:model.likelihood")]
        assert bool(shown) == there
        assert at.session_state["found"] == given


def test_a_setting_is_shown_only_with_the_choice_that_uses_it() -> None:
    at = form_of(RunConfig(dataset="ds-000000000000"))
    optimizer, momentum = "form:training.optimizer", "form:training.momentum"
    assert momentum not in widgets_of(at)
    at.selectbox(key=optimizer).set_value("nesterov").run()
    at.slider(key=momentum).set_value(0.5).run()
    assert at.session_state["found"].training.momentum == 0.5
    at.selectbox(key=optimizer).set_value("adam").run()
    assert momentum not in widgets_of(at)
    assert at.session_state["found"] == RunConfig(dataset="ds-000000000000")


@pytest.mark.parametrize(("auto", "shown"), [("conv", "form:channels"), ("recurrent", "form:cell"), ("linear", "form:tied")])
def test_auto_shows_the_settings_of_the_network_that_it_resolves_to(auto: str, shown: str) -> None:
    found = widgets_of(form_of(ModelConfig(), meaning={"network": {"auto": (auto,)}}))
    assert found.keys() & {"form:channels", "form:cell", "form:tied"} == {shown}


def test_settings_that_depend_on_a_varied_setting_are_shown() -> None:
    widgets = widgets_of(form_of(RunConfig(dataset="ds-000000000000"), free=["training.optimizer"]))
    assert "form:training.momentum" in widgets
    assert "form:training.plateau" not in widgets


def test_a_changed_setting_is_marked_and_can_be_reset() -> None:
    at = form_of(ModelConfig())
    assert not at.button
    at.number_input(key="form:bottleneck.latent_dim").set_value(3).run()
    assert at.session_state["found"].bottleneck.latent_dim == 3
    assert "●" in at.number_input(key="form:bottleneck.latent_dim").label
    assert "●" not in at.number_input(key="form:hidden").label
    at.button(key="form:reset").click().run()
    assert at.session_state["found"] == ModelConfig()
    assert not at.button


def test_a_reset_restores_the_part_too() -> None:
    given = ModelConfig().replace({"bottleneck.kind": "gaussian", "bottleneck.beta": 4.0})
    at = form_of(given)
    at.selectbox(key="form:bottleneck.kind").set_value("deterministic").run()
    assert at.session_state["found"].bottleneck.kind == "deterministic"
    at.button(key="form:reset").click().run()
    assert at.session_state["found"] == given


def test_an_optional_part_can_be_left_out() -> None:
    at = form_of(ModelConfig().replace({"corruption.kind": "masking"}))
    at.selectbox(key="form:corruption.kind").set_value("none").run()
    assert at.session_state["found"].corruption is None
