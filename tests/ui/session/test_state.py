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
    """Values a field may have."""
    if get_origin(field.annotation):
        return st.sampled_from(get_args(field.annotation))
    if pattern := next((about.pattern for about in field.metadata if getattr(about, "pattern", None)), None):
        return st.from_regex(pattern.strip("^$"), fullmatch=True, alphabet=st.characters(codec="ascii")).filter(_short)
    low, high = bounds(field)
    if field.annotation is int:
        return st.integers(int(low or 0), 10_000_000)
    return st.floats(low, high) if field.annotation is float else st.text(max_size=200)


def _short(text: str) -> bool:
    return len(text) <= 40


@st.composite
def states(draw: st.DrawFn) -> PageState:
    """A state of some page."""
    kind = draw(st.sampled_from(KINDS))
    return kind(**{name: draw(values(field)) for name, field in kind.model_fields.items()})


@given(states())
def test_a_state_comes_back_from_the_address(state: PageState) -> None:
    assert from_address(type(state), to_address(state)) == state


@pytest.mark.parametrize("kind", KINDS)
def test_the_plain_state_needs_no_address(kind: type[PageState]) -> None:
    assert to_address(kind()) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_documented(kind: type[PageState]) -> None:
    assert all(field.description for field in kind.model_fields.values())


def test_what_does_not_fit_is_left_at_its_default() -> None:
    found = from_address(ExploreState, {"dims": "7", "points": "-5", "path": "crooked", "colour": "split", "run": "x" * 300})
    assert found == ExploreState(colour="split")


PAGE = """
import streamlit as st
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState

shown = state.current(ExploreState)
st.text_input("Colour", **state.bound(ExploreState, "colour"))
if st.button("Three"):
    shown = state.update(shown, dims=3)
st.text(f"{shown.colour} {shown.dims}")
"""


def page() -> AppTest:
    return AppTest.from_string(PAGE, default_timeout=20)


def test_the_address_says_what_a_widget_was_set_to() -> None:
    at = page().run()
    at.text_input[0].set_value("split").run()
    assert at.text[0].value == "split 2"
    assert at.query_params["colour"] == "split"


def test_an_address_gives_the_state_and_the_widget_its_value() -> None:
    at = page()
    at.query_params["colour"] = "error"
    at.query_params["dims"] = "3"
    at.run()
    assert at.text[0].value == "error 3"
    assert at.text_input[0].value == "error"


def test_an_answer_with_the_address_of_a_moment_ago_changes_nothing() -> None:
    """A click that was on its way while the address changed still carries the old one."""
    at = page().run()
    at.text_input[0].set_value("split").run()
    at.button[0].click().run()
    at.query_params["colour"] = "split"
    del at.query_params["dims"]
    at.run()
    assert at.text[0].value == "split 3"
    assert at.query_params["dims"] == "3"


def test_another_address_is_followed() -> None:
    at = page().run()
    at.text_input[0].set_value("split").run()
    at.query_params["colour"] = "size"
    at.run()
    assert at.text[0].value == "size 2"


def test_what_the_browser_keeps_in_the_address_stays_there() -> None:
    at = page()
    at.query_params["zoom"] = "1x,0,1,0,1"
    at.run()
    at.text_input[0].set_value("split").run()
    at.button[0].click().run()
    assert at.text[0].value == "split 3"
    assert dict(at.query_params) == {"zoom": "1x,0,1,0,1", "colour": "split", "dims": "3"}
