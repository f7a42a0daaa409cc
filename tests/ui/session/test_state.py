from typing import Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo
from streamlit.testing.v1 import AppTest

from aeexplorer.ui.parts.widgets import bounds
from aeexplorer.ui.session.page_states import CompareState, DataState, ExploreState, PageState, RunsState, SearchState, TrainState
from aeexplorer.ui.session.state import from_address, to_address

KINDS = [ExploreState, DataState, TrainState, RunsState, CompareState, SearchState]


def values(field: FieldInfo) -> st.SearchStrategy[Any]:
    """Valid values of a field."""
    if get_origin(field.annotation):
        return st.sampled_from(get_args(field.annotation))
    if pattern := next((constraint.pattern for constraint in field.metadata if getattr(constraint, "pattern", None)), None):
        return st.from_regex(pattern.strip("^$"), fullmatch=True, alphabet=st.characters(codec="ascii")).filter(_short)
    low, high = bounds(field)
    if field.annotation is int:
        return st.integers(int(low or 0), 10_000_000)
    return st.floats(low, high) if field.annotation is float else st.text(max_size=200)


def _short(text: str) -> bool:
    return len(text) <= 40


@st.composite
def states(draw: st.DrawFn) -> PageState:
    """A state of any page."""
    kind = draw(st.sampled_from(KINDS))
    return kind(**{name: draw(values(field)) for name, field in kind.model_fields.items()})


@given(states())
def test_a_state_round_trips_through_the_address(state: PageState) -> None:
    assert from_address(type(state), to_address(state)) == state


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_state_has_no_parameters(kind: type[PageState]) -> None:
    assert to_address(kind()) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_documented(kind: type[PageState]) -> None:
    assert all(field.description for field in kind.model_fields.values())


def test_invalid_parameters_keep_their_defaults() -> None:
    page_state = from_address(ExploreState, {"dims": "7", "points": "-5", "path": "crooked", "colour": "split", "run": "x" * 300})
    assert page_state == ExploreState(colour="split")


PAGE = """
import streamlit as st
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState

page_state = state.current(ExploreState)
st.text_input("Colour", **state.bound(ExploreState, "colour"))
if st.button("Three"):
    page_state = state.update(page_state, dims=3)
st.text(f"{page_state.colour} {page_state.dims}")
"""


def page() -> AppTest:
    return AppTest.from_string(PAGE, default_timeout=20)


def test_a_widget_changes_the_address() -> None:
    at = page().run()
    at.text_input[0].set_value("split").run()
    assert at.text[0].value == "split 2"
    assert at.query_params["colour"] == "split"


def test_an_address_sets_the_state_and_the_widget() -> None:
    at = page()
    at.query_params["colour"] = "error"
    at.query_params["dims"] = "3"
    at.run()
    assert at.text[0].value == "error 3"
    assert at.text_input[0].value == "error"


def test_an_event_with_an_outdated_address_does_not_change_the_state() -> None:
    """A click that was sent while the address changed still has the old address."""
    at = page().run()
    at.text_input[0].set_value("split").run()
    at.button[0].click().run()
    at.query_params["colour"] = "split"
    del at.query_params["dims"]
    at.run()
    assert at.text[0].value == "split 3"
    assert at.query_params["dims"] == "3"


def test_a_new_address_changes_the_state() -> None:
    at = page().run()
    at.text_input[0].set_value("split").run()
    at.query_params["colour"] = "size"
    at.run()
    assert at.text[0].value == "size 2"


def test_parameters_of_the_browser_stay_in_the_address() -> None:
    at = page()
    at.query_params["zoom"] = "1x,0,1,0,1"
    at.run()
    at.text_input[0].set_value("split").run()
    at.button[0].click().run()
    assert at.text[0].value == "split 3"
    assert dict(at.query_params) == {"zoom": "1x,0,1,0,1", "colour": "split", "dims": "3"}
