"""Finding samples: words in the bar, a group or conditions in a list; what is found is selected."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.samples.colouring import colouring, offered_colourings
from aeexplorer.analysis.samples.errors import outliers
from aeexplorer.analysis.samples.filtering import (
    MAX_CONDITIONS,
    OPERATORS,
    ColumnKind,
    Condition,
    Filter,
    column_values,
    filterable_columns,
    matching_samples,
    parse_filter,
    search_samples,
)
from aeexplorer.analysis.samples.tags import tags_version
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of

GROUPS = 50
"""Categories of a column that are offered as groups, and as values of a condition."""
_GROUP, _FILTER = "explore.lit", "explore.filter"
_HELP = 'Words in labels, tags and texts; "two words"; label:7 in that column only; #12 the sample of that id'


def find(scene: Scene) -> None:
    """A box for words, and a list with groups and conditions."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", width="content", key="explore-search"):
        tied = state.bound(ExploreState, "find") | {"on_change": _search, "args": (scene,)}
        st.text_input("Find", placeholder="words, label:7, #12", width=150, help=_HELP, **tied)
        opened = st.popover(
            "",
            icon=":material/filter_alt:",
            help="Select by group or by conditions",
            key="explore.filter list",
            on_change="rerun",
        )
    if opened.open:
        with opened:
            _choose_group(scene)
            _choose_conditions(scene)


def _search(scene: Scene) -> None:
    query = str(state.get(f"{ExploreState.page}.find", ""))[:200]
    scene.change(find=query)
    found = search_samples(scene.run, query)
    if query.strip() and not len(found):
        st.toast(f"No sample has {escape(query)}.", icon=":material/search_off:")
        return
    scene.select(found)


def _choose_group(scene: Scene) -> None:
    groups = _groups(scene.run.id, version_of(scene.run.id) + tags_version(scene.run), scene.run)
    st.selectbox("A group", list(groups), index=None, placeholder="choose", key=_GROUP, on_change=_light, args=(scene, groups))


def _light(scene: Scene, groups: dict[str, tuple[str, int]]) -> None:
    chosen = state.get(_GROUP, None)
    scene.select(() if chosen is None else _samples(scene.run, *groups[chosen]))


@st.cache_data(max_entries=32, show_spinner=False)
def _groups(run_id: str, mark: str, _run: Run) -> dict[str, tuple[str, int]]:
    """Words → the colouring and the place of the category in it."""
    found: dict[str, tuple[str, int]] = {"high errors": ("error", -1)}
    for name in offered_colourings(_run):
        categories = colouring(_run, name, _run.dataset.ids()).categories or ()
        found |= {f"{name} {category}": (name, i) for i, category in enumerate(categories[:GROUPS])}
    return found


def _samples(run: Run, name: str, place: int) -> np.ndarray:
    ids = run.dataset.ids()
    return outliers(np.asarray(run.errors), ids) if place < 0 else ids[colouring(run, name, ids).values == place]


def _choose_conditions(scene: Scene) -> None:
    known, wanted = filterable_columns(scene.run), _wanted(scene)
    st.markdown("**Conditions**")
    for i, condition in enumerate(wanted.conditions):
        if condition.column in known:
            _line(scene, wanted, i, known)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(wanted.conditions) < MAX_CONDITIONS:
            add = (scene, Filter((*wanted.conditions, _first(known, next(name for name in known if name != "id"))), wanted.any))
            st.button("Add a condition", icon=":material/add:", type="tertiary", key=f"{_FILTER}.add", on_click=_keep, args=add)
        if len(wanted.conditions) > 1:
            state.put({f"{_FILTER}.any": "any" if wanted.any else "all"})
            st.segmented_control(
                "Joined",
                ["all", "any"],
                required=True,
                label_visibility="collapsed",
                key=f"{_FILTER}.any",
                on_change=_read,
                args=(scene, wanted),
            )
    if whole := [one for one in wanted.conditions if one.value or not OPERATORS[one.operator].needs_value]:
        try:
            found = matching_samples(scene.run, Filter(tuple(whole), wanted.any))
        except UserError as error:
            st.caption(escape(str(error)))
            return
        title = f"Select {len(found):,} samples" if len(found) else "No sample fits"
        st.button(title, type="primary", key=f"{_FILTER}.go", disabled=not len(found), on_click=scene.select, args=(found,))


def _line(scene: Scene, wanted: Filter, i: int, known: dict[str, ColumnKind]) -> None:
    """One condition: column, operator, value, and a button that takes it away."""
    condition = wanted.conditions[i]
    kind = known[condition.column]
    operators = [name for name, one in OPERATORS.items() if kind in one.kinds]
    keys = _keys(i)
    state.put(dict(zip(keys, (condition.column, condition.operator, condition.value), strict=True)))
    tied = {"label_visibility": "collapsed", "on_change": _read, "args": (scene, wanted)}
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.selectbox("Column", list(known), width=150, key=keys[0], **tied)
        st.selectbox("Comparison", operators, format_func=lambda name: OPERATORS[name].title, width=140, key=keys[1], **tied)
        if OPERATORS[condition.operator].needs_value:
            names = _categories(scene.run.id, version_of(scene.run.id) + tags_version(scene.run), condition.column, scene.run)
            if names and condition.operator in ("is", "not"):
                state.put({keys[2]: condition.value or None})
                st.selectbox("Value", names, placeholder="value", accept_new_options=True, width=150, key=keys[2], **tied)
            else:
                st.text_input("Value", placeholder="value", width=150, key=keys[2], **tied)
        others = Filter((*wanted.conditions[:i], *wanted.conditions[i + 1 :]), wanted.any)
        st.button(
            "",
            icon=":material/close:",
            type="tertiary",
            help="Take it away",
            key=f"{_FILTER}.{i}.off",
            on_click=_keep,
            args=(scene, others),
        )


@st.cache_data(max_entries=128, show_spinner=False)
def _categories(run_id: str, mark: str, column: str, _run: Run) -> list[str]:
    """What a column of few texts holds, in order; empty for any other."""
    if filterable_columns(_run)[column] != "text":
        return []
    names = column_values(_run, column).unique().drop_null().to_pylist()
    return sorted(names) if len(names) <= GROUPS else []


def _wanted(scene: Scene) -> Filter:
    try:
        found = parse_filter(scene.state.filter)
    except UserError as error:
        st.caption(escape(str(error)))
        return Filter()
    known = filterable_columns(scene.run)
    fitting = [one for one in found.conditions if one.column in known and one.operator in OPERATORS]
    return Filter(tuple(one for one in fitting if known[one.column] in OPERATORS[one.operator].kinds), found.any)


def _first(known: dict[str, ColumnKind], column: str) -> Condition:
    """A condition on a column, yet without a value."""
    return Condition(column, "gt" if known[column] == "number" else "is")


def _read(scene: Scene, wanted: Filter) -> None:
    """Take over what the widgets say."""
    known, conditions = filterable_columns(scene.run), []
    for i, before in enumerate(wanted.conditions):
        column, operator, value = (state.get(key, "") for key in _keys(i))
        if known[column] not in OPERATORS[operator].kinds or column != before.column:
            conditions.append(_first(known, column))
        else:
            conditions.append(Condition(column, operator, str(value or "") if OPERATORS[operator].needs_value else ""))
    _keep(scene, Filter(tuple(conditions), state.get(f"{_FILTER}.any", "all") == "any"))


def _keep(scene: Scene, wanted: Filter) -> None:
    scene.change(filter=wanted.text)


def _keys(i: int) -> tuple[str, str, str]:
    return f"{_FILTER}.{i}.column", f"{_FILTER}.{i}.operator", f"{_FILTER}.{i}.value"
