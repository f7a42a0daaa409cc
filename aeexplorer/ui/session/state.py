"""State of the pages, stored in the session and in the address bar.

The state of a page is a `PageState`: frozen, validated, with one parameter of the address for each field. A page starts
with ``state = current(ExploreState)``. Widgets are bound to fields with ``**bound(ExploreState, "colour")``. Other code
changes the state with ``state = update(state, run=...)``. A reload or a shared link restores the state. Other values of
the session are read and written with `get`, `put`, `setdefault` and `drop`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import parse
from aeexplorer.ui.session.navigation import page
from aeexplorer.ui.session.page_states import PageState
from aeexplorer.ui.session.streamlit_internals import is_history_navigation

_MAX_WRITTEN = 32
"""Number of remembered addresses that a page itself wrote."""
_DRAWING = ContextVar("drawing", default=False)

S = TypeVar("S", bound=PageState)


def current(kind: type[S]) -> S:
    """Return the state of a page and write it to the address.

    The state comes from the address if a person changed it (by a link, a reload or the back button), else from the session.
    """
    address = st.query_params.to_dict()
    parameters = {name: text for name, text in address.items() if name in kind.model_fields}
    changed = bool(parameters) and parameters not in _written(kind.page)
    if is_history_navigation() or changed or _key(kind.page) not in st.session_state:
        st.session_state[_key(kind.page)] = from_address(kind, parameters)
    state: S = st.session_state[_key(kind.page)]
    return _publish(state)


def update(state: S, **changes: Any) -> S:
    """Change fields of a state, write the new state to the session and the address, and return it.

    Raises
    ------
    RuntimeError
        If it is called inside `drawing`.
    """
    if _DRAWING.get():
        raise RuntimeError(f"the state of {state.page} was changed while the page was drawn: {', '.join(changes)}")
    return _publish(parse(type(state), state.model_dump() | changes))


@contextmanager
def drawing() -> Iterator[None]:
    """Make `update` raise an error while the page is drawn. Events and callbacks of widgets change the state instead."""
    token = _DRAWING.set(True)
    try:
        yield
    finally:
        _DRAWING.reset(token)


def bound(kind: type[PageState], field: str) -> dict[str, Any]:
    """Return keyword arguments that bind a widget to a field of a page's state, in both directions."""
    key = f"{kind.page}.{field}"
    st.session_state[key] = getattr(st.session_state[_key(kind.page)], field)
    return {"key": key, "on_change": _update_from_widget, "args": (kind, field, key)}


def visit(kind: type[PageState], **fields: Any) -> None:
    """Open a page with these fields of its state; the other fields have their defaults."""
    state = parse(kind, fields)
    st.session_state[_key(kind.page)] = state
    st.switch_page(page(kind.page), query_params=to_address(state))


def to_address(state: PageState) -> dict[str, str]:
    """Return the parameters of the address: all fields that differ from their defaults."""
    defaults = type(state)()
    return {name: str(value) for name, value in state if value != getattr(defaults, name)}


def from_address(kind: type[S], parameters: Mapping[str, str]) -> S:
    """Parse the parameters of an address to a state. A field with an invalid value keeps its default."""
    state = kind()
    for name, text in parameters.items():
        value: Any = int(text) if text.lstrip("-").isdecimal() and kind.model_fields[name].annotation is not str else text
        try:
            state = parse(kind, state.model_dump() | {name: value})
        except UserError:
            continue
    return state


def setdefault(key: str, value: Any) -> Any:
    """Return the session's value of a key. A missing key is set to `value` first.

    Keys of widgets work too: this sets the initial value of a widget.
    """
    return st.session_state.setdefault(key, value)


def get(key: str, otherwise: Any) -> Any:
    """Return the session's value of a key, or `otherwise` if the key is missing. Nothing is stored."""
    return st.session_state.get(key, otherwise)


def put(values: Mapping[str, Any]) -> None:
    """Set values of the session by key. The value of a widget must be set before the widget is drawn."""
    for key, value in values.items():
        st.session_state[key] = value


def drop(key: str) -> None:
    """Remove a key from the session, if it is there."""
    st.session_state.pop(key, None)


def take_change(key: str, value: Any) -> Any:
    """Return a value if it differs from the value of the last call with this key, else None."""
    if st.session_state.get(key) == value:
        return None
    st.session_state[key] = value
    return value


def _key(page_name: str) -> str:
    return f"{page_name} state"


def _written(page_name: str) -> list[dict[str, str]]:
    """Return the parameters that the page itself wrote to the address, from the oldest to the newest."""
    written: list[dict[str, str]] = st.session_state.setdefault(f"{page_name} written", [])
    return written


def _update_from_widget(kind: type[PageState], field: str, key: str) -> None:
    update(st.session_state[_key(kind.page)], **{field: st.session_state[key]})


def _publish(state: S) -> S:
    """Write a state to the session and the address. Parameters that are not fields of the state stay in the address."""
    st.session_state[_key(state.page)] = state
    parameters, written = to_address(state), _written(state.page)
    if not written or written[-1] != parameters:
        written.append(parameters)
        del written[:-_MAX_WRITTEN]
    address = st.query_params.to_dict()
    others = {name: text for name, text in address.items() if name not in type(state).model_fields}
    if others | parameters != address:
        st.query_params.from_dict(others | parameters)
    return state
