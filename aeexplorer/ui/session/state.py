"""What each page shows, kept in the session and in the address bar: the only user of both.

A page's state is a `PageState`: frozen, validated, every field one parameter of the address. A page starts with
``state = current(ExploreState)``; widgets are tied to fields with ``**bound(ExploreState, "colour")``; anything else
changes it with ``state = update(state, run=...)``. A reload or a shared link gives the same state.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import streamlit as st
from pydantic import Field as Bounds
from streamlit.runtime.scriptrunner import get_script_run_ctx

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings, parse
from aeexplorer.ui.session.navigation import page

_REMEMBERED = 32
_DRAWING = ContextVar("drawing", default=False)
_PRESENT, _PRESENT_BEFORE_0_5 = "present", "projector"


class PageState(Settings):
    """What a page shows."""

    page: ClassVar[str]
    """The page's file name without its ending."""


Short = Annotated[str, Bounds(max_length=200)]


class ExploreState(PageState):
    """What Explore shows."""

    page = "explore"
    run: Short = ""
    """Id of the run; empty is the newest that can be explored."""
    method: Short = ""
    """Name of the projection; empty is the best one for the run."""
    dims: Literal[2, 3] = 2
    """Dimensions of the map."""
    colour: Short = "label"
    """What colours the map."""
    most: Literal[10_000, 30_000, 100_000] = 10_000
    """Samples on the map at most, unless a person zooms in or selects others."""
    layers: Short = ""
    """Names of the layers that are on, joined by commas."""
    panel: Short = ""
    """Name of the open panel; empty is the first."""
    which: Literal["best", "worst", "random"] = "random"
    """Which samples are shown with their reconstructions."""
    seen: Short = ""
    """Field that the encoder sees; empty is all."""
    points: Annotated[str, Bounds(max_length=200, pattern=r"^([0-9]{1,9}(,[0-9]{1,9})*)?$")] = ""
    """Samples that the path goes through, joined by commas."""
    path: Literal["linear", "spherical", "geodesic"] = "linear"
    """How the path goes from one sample to the next."""
    origin: Annotated[int, Bounds(ge=-1)] = -1
    """Sample that the traversal starts from; −1 is the mean of all."""
    moved: Annotated[str, Bounds(max_length=400, pattern=r"^([0-9]{1,6}:-?[0-9.]{1,6}(,[0-9]{1,6}:-?[0-9.]{1,6})*)?$")] = ""
    """Latents moved from there, as ``dimension:standard deviations``, joined by commas."""
    axis: Annotated[int, Bounds(ge=-1)] = -1
    """Latent whose animation plays; −1 is the one that carries most."""
    prior: Short = ""
    """Name of the prior that new samples are drawn from; empty is the run's default."""
    temperature: Annotated[float, Bounds(ge=0.1, le=1.5)] = 1.0
    """How far draws stray: 1 is the prior as fitted, less keeps to what is most probable."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed of the draws."""
    find: Short = ""
    """Words that were looked for."""
    filter: Annotated[str, Bounds(max_length=2000)] = ""
    """Conditions, see `aeexplorer.analysis.samples.filtering.Filter`."""
    columns: Annotated[str, Bounds(max_length=1000)] = ""
    """Columns drawn as charts, a JSON list; empty is the first ones."""
    code: Annotated[int, Bounds(ge=-1)] = -1
    """Codebook entry looked at; −1 is none."""
    book: Literal["usage", "surgery", "map", "together", "labels"] = "usage"
    """Which side of the codebook is looked at."""
    patient: Annotated[int, Bounds(ge=-1)] = -1
    """Sample whose codes are changed; −1 is one of the selected ones, or the first."""
    edits: Annotated[str, Bounds(max_length=4000)] = ""
    """Codes changed in it, as ``place:code``, joined by commas."""
    moment: Annotated[int, Bounds(ge=-1)] = -1
    """Step of the training at which its film stands; −1 is the end."""
    like: Annotated[int, Bounds(ge=-1)] = -1
    """Sample whose nearest samples are looked for; −1 is none."""
    near: Literal["latents", "inputs", "map"] = "latents"
    """Where they are looked for."""
    measure: Literal["euclidean", "cosine"] = "euclidean"
    """How far apart samples are."""
    concept: Short = ""
    """Name of the saved concept that is looked at; empty is the one from side A to side B."""
    side_a: Annotated[str, Bounds(max_length=4000)] = ""
    """The samples that have the concept, as a selection."""
    side_b: Annotated[str, Bounds(max_length=4000)] = ""
    """The samples that do not; empty is all others."""
    direction: Literal["means", "logistic", "svm"] = "means"
    """How the direction from side B to side A is found."""
    subject: Annotated[int, Bounds(ge=-1)] = -1
    """Sample that is moved along a concept; −1 is none."""
    strength: Annotated[float, Bounds(ge=-3, le=3)] = 1.0
    """How far it is moved: 1 is as far as from the mean of side B to that of side A."""
    terms: Annotated[str, Bounds(max_length=40, pattern=r"^([0-9]{1,9}(,[0-9]{1,9}){0,2})?$")] = ""
    """Samples a, b, c of the latent arithmetic a − b + c, joined by commas."""
    concepts: Literal["direction", "arithmetic"] = "direction"
    """Which of the two is looked at."""
    selection: Annotated[str, Bounds(max_length=4000)] = ""
    """The selected samples, see `aeexplorer.ui.session.selection`."""


def samples_of(points: str) -> list[int]:
    """The samples of `ExploreState.points`."""
    return [int(text) for text in points.split(",") if text]


class DataState(PageState):
    """What Data shows."""

    page = "data"
    dataset: Short = ""
    """Id of the dataset; empty is the form that brings data in."""


class TrainState(PageState):
    """What Train shows."""

    page = "train"
    run: Short = ""
    """Id of the run watched; empty is the form."""
    dataset: Short = ""
    """Id of the dataset to train on."""
    preset: Short = ""
    """Name of the preset."""


class RunsState(PageState):
    """What Runs shows."""

    page = "runs"
    run: Short = ""
    """Id of the run opened in the list."""
    several: Short = ""
    """Ids of the runs chosen in the list, where they are more than one, joined by commas."""


class CompareState(PageState):
    """What Compare shows."""

    page = "compare"
    dataset: Short = ""
    """Id of the dataset; empty is that of the newest runs."""
    runs: Short = ""
    """Ids of the runs, joined by commas; the maps of the others are laid over that of the first."""
    methods: Short = ""
    """Names of two projections, joined by a comma, where one run is chosen; empty is the best two."""
    colour: Short = "label"
    """What colours the maps."""
    selection: Annotated[str, Bounds(max_length=4000)] = ""
    """The selected samples, see `aeexplorer.ui.session.selection`."""


class SearchState(PageState):
    """What Search shows."""

    page = "search"
    search: Short = ""
    """Id of the search watched; empty is the form."""
    dataset: Short = ""
    """Id of the dataset to search on."""
    preset: Short = ""
    """Name of the preset that is varied."""


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
