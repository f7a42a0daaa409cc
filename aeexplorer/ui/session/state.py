"""What each page shows, kept in the session and in the address bar: the only user of both.

A page's state is a `PageState`: frozen, validated, every field one parameter of the address. A page starts with
``state = current(ExploreState)``; widgets are tied to fields with ``**bound(ExploreState, "colour")``; anything else
changes it with ``state = update(state, run=...)``. A reload or a shared link gives the same state.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import parse
from aeexplorer.ui.session.navigation import page
from aeexplorer.ui.session.page_states import PageState

_REMEMBERED = 32
_DRAWING = ContextVar("drawing", default=False)
_PRESENT, _PRESENT_BEFORE_0_5 = "present", "projector"


S = TypeVar("S", bound=PageState)


def current(kind: type[S]) -> S:
    """The state of a page, from the address where that is news, else from the session; afterwards the address says it."""
    address = st.query_params.to_dict()
    known = {name: text for name, text in address.items() if name in kind.model_fields}
    written: list[dict[str, str]] = st.session_state.setdefault(f"{kind.page} written", [])
    context = get_script_run_ctx()
    back = context is not None and context.is_history_navigation
    if back or (known and known not in written) or f"{kind.page} state" not in st.session_state:
        st.session_state[f"{kind.page} state"] = from_address(kind, known)
    state: S = st.session_state[f"{kind.page} state"]
    return _publish(state)


def update(state: S, **changes: Any) -> S:
    """The state with some fields changed, in the session and the address."""
    if _DRAWING.get():
        raise RuntimeError(f"the state of {state.page} was changed while the page was drawn: {', '.join(changes)}")
    return _publish(parse(type(state), state.model_dump() | changes))


def bound(kind: type[PageState], field: str) -> dict[str, Any]:
    """Keyword arguments that tie a widget to a field of a page's state: its value comes from there and goes there."""
    key = f"{kind.page}.{field}"
    st.session_state[key] = getattr(st.session_state[f"{kind.page} state"], field)
    return {"key": key, "on_change": _take, "args": (kind, field, key)}


def visit(kind: type[PageState], **fields: Any) -> None:
    """Go to a page, in the state of these fields."""
    state = parse(kind, fields)
    st.session_state[f"{kind.page} state"] = state
    st.switch_page(page(kind.page), query_params=to_address(state))


def presenting() -> bool:
    """Return whether presentation mode is on: ``present=1`` of the address, kept from page to page.

    ``projector=1``, as addresses of version 0.4 say it, switches it on as well.
    """
    address = st.query_params
    asked = address.get(_PRESENT, address.get(_PRESENT_BEFORE_0_5))
    if asked is not None:
        st.session_state[_PRESENT] = asked == "1"
    on: bool = st.session_state.setdefault(_PRESENT, False)
    if on and _PRESENT not in address:
        address[_PRESENT] = "1"
    address.pop(_PRESENT_BEFORE_0_5, None)
    return on


def present(on: bool) -> None:
    """Switch presentation mode on or off; for callbacks."""
    st.session_state[_PRESENT] = on
    if on:
        st.query_params[_PRESENT] = "1"
    else:
        st.query_params.pop(_PRESENT, None)


def to_address(state: PageState) -> dict[str, str]:
    """The parameters of the address: the fields that differ from their defaults."""
    plain = type(state)()
    return {name: str(value) for name, value in state if value != getattr(plain, name)}


def from_address(kind: type[S], parameters: Mapping[str, str]) -> S:
    """The state that parameters of an address name; a value that does not fit is left at its default."""
    state = kind()
    for name, text in parameters.items():
        value: Any = int(text) if text.lstrip("-").isdecimal() and kind.model_fields[name].annotation is not str else text
        try:
            state = parse(kind, state.model_dump() | {name: value})
        except UserError:
            continue
    return state


def setdefault(key: str, value: Any) -> Any:
    """What the session keeps under a key; `value`, which is then kept, where there is nothing yet.

    Keys of widgets are such keys, so that this sets what a widget starts with.
    """
    return st.session_state.setdefault(key, value)


def get(key: str, otherwise: Any) -> Any:
    """What the session keeps under a key; `otherwise`, which is not kept, where there is nothing."""
    return st.session_state.get(key, otherwise)


def put(values: Mapping[str, Any]) -> None:
    """Set widgets' values by key; for callbacks, before those widgets are drawn."""
    for key, value in values.items():
        st.session_state[key] = value


def drop(key: str) -> None:
    """Drop what this session keeps under a key."""
    st.session_state.pop(key, None)


def take_change(key: str, value: Any) -> Any:
    """Return a value if it differs from the one of the last call with this key, else None."""
    if st.session_state.get(key) == value:
        return None
    st.session_state[key] = value
    return value


@contextmanager
def drawing() -> Iterator[None]:
    """Refuse changes of the page's state while the page is drawn: they belong into its events or into callbacks."""
    token = _DRAWING.set(True)
    try:
        yield
    finally:
        _DRAWING.reset(token)


def _take(kind: type[PageState], field: str, key: str) -> None:
    update(st.session_state[f"{kind.page} state"], **{field: st.session_state[key]})


def _publish(state: S) -> S:
    st.session_state[f"{state.page} state"] = state
    address = to_address(state)
    written: list[dict[str, str]] = st.session_state.setdefault(f"{state.page} written", [])
    if not written or written[-1] != address:
        written.append(address)
        del written[:-_REMEMBERED]
    kept = {name: text for name, text in st.query_params.to_dict().items() if name not in type(state).model_fields}
    if kept | address != st.query_params.to_dict():
        st.query_params.from_dict(kept | address)
    return state
