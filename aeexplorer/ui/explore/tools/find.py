"""Find samples by words, by a group or by conditions, and select them."""

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

MAX_CATEGORIES = 50
"""Largest number of categories of a column that are offered as groups, or as values of a condition."""
_GROUP, _FILTER = "explore.lit", "explore.filter"
_HELP = 'Words in labels, tags and texts; "two words" for a phrase; label:7 for one column; #12 for the sample with this id'


def draw_find(scene: Scene) -> None:
    """Draw the search box, and the popover with groups and conditions."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", width="content", key="explore-search"):
        binding = state.bound(ExploreState, "find") | {"on_change": _search, "args": (scene,)}
        st.text_input("Find", placeholder="words, label:7, #12", width=150, help=_HELP, **binding)
        popover = st.popover(
            "",
            icon=":material/filter_alt:",
            help="Select samples by a group or by conditions",
            key="explore.filter list",
            on_change="rerun",
        )
    if popover.open:
        with popover:
            _choose_group(scene)
            _choose_conditions(scene)


def _search(scene: Scene) -> None:
    """Select the samples that match the search text; keep the selection if no sample matches."""
    query = str(state.get(f"{ExploreState.page}.find", ""))[:200]
    scene.change(find=query)
    ids = search_samples(scene.run, query)
    if query.strip() and not len(ids):
        st.toast(f"No sample matches {escape(query)}.", icon=":material/search_off:")
        return
    scene.select(ids)


def _choose_group(scene: Scene) -> None:
    groups = _groups(scene.run.id, version_of(scene.run.id) + tags_version(scene.run), scene.run)
    st.selectbox(
        "A group", list(groups), index=None, placeholder="choose", key=_GROUP, on_change=_select_group, args=(scene, groups)
    )


def _select_group(scene: Scene, groups: dict[str, tuple[str, int]]) -> None:
    """Select the samples of the chosen group."""
    chosen = state.get(_GROUP, None)
    scene.select(() if chosen is None else _group_samples(scene.run, *groups[chosen]))


@st.cache_data(max_entries=32, show_spinner=False)
def _groups(run_id: str, version: str, _run: Run) -> dict[str, tuple[str, int]]:
    """Return the groups by title: the name of a colouring, and the index of a category in it."""
    groups: dict[str, tuple[str, int]] = {"high errors": ("error", -1)}
    for name in offered_colourings(_run):
        categories = colouring(_run, name, _run.dataset.ids()).categories or ()
        groups |= {f"{name} {category}": (name, i) for i, category in enumerate(categories[:MAX_CATEGORIES])}
    return groups


def _group_samples(run: Run, name: str, category: int) -> np.ndarray:
    """Return the ids of the samples in a category of a colouring; −1 stands for the samples with high errors."""
    ids = run.dataset.ids()
    return outliers(np.asarray(run.errors), ids) if category < 0 else ids[colouring(run, name, ids).values == category]


def _choose_conditions(scene: Scene) -> None:
    """Draw the conditions, and a button that selects the samples that meet them."""
    columns, sample_filter = filterable_columns(scene.run), _current_filter(scene)
    st.markdown("**Conditions**")
    for i, condition in enumerate(sample_filter.conditions):
        if condition.column in columns:
            _draw_condition(scene, sample_filter, i, columns)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(sample_filter.conditions) < MAX_CONDITIONS:
            new = _new_condition(columns, next(name for name in columns if name != "id"))
            st.button(
                "Add a condition",
                icon=":material/add:",
                type="tertiary",
                key=f"{_FILTER}.add",
                on_click=_set_filter,
                args=(scene, Filter((*sample_filter.conditions, new), sample_filter.any)),
            )
        if len(sample_filter.conditions) > 1:
            state.put({f"{_FILTER}.any": "any" if sample_filter.any else "all"})
            st.segmented_control(
                "Joined",
                ["all", "any"],
                required=True,
                label_visibility="collapsed",
                key=f"{_FILTER}.any",
                on_change=_read_widgets,
                args=(scene, sample_filter),
            )
    complete = [c for c in sample_filter.conditions if c.value or not OPERATORS[c.operator].needs_value]
    if complete:
        try:
            ids = matching_samples(scene.run, Filter(tuple(complete), sample_filter.any))
        except UserError as error:
            st.caption(escape(str(error)))
            return
        title = f"Select {len(ids):,} samples" if len(ids) else "No sample matches"
        st.button(title, type="primary", key=f"{_FILTER}.go", disabled=not len(ids), on_click=scene.select, args=(ids,))


def _draw_condition(scene: Scene, sample_filter: Filter, i: int, columns: dict[str, ColumnKind]) -> None:
    """Draw the widgets of one condition: column, operator and value, and a button that removes the condition."""
    condition = sample_filter.conditions[i]
    kind = columns[condition.column]
    operators = [name for name, operator in OPERATORS.items() if kind in operator.kinds]
    keys = _keys(i)
    state.put(dict(zip(keys, (condition.column, condition.operator, condition.value), strict=True)))
    options = {"label_visibility": "collapsed", "on_change": _read_widgets, "args": (scene, sample_filter)}
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.selectbox("Column", list(columns), width=150, key=keys[0], **options)
        st.selectbox("Comparison", operators, format_func=lambda name: OPERATORS[name].title, width=140, key=keys[1], **options)
        if OPERATORS[condition.operator].needs_value:
            categories = _categories(
                scene.run.id, version_of(scene.run.id) + tags_version(scene.run), condition.column, scene.run
            )
            if categories and condition.operator in ("is", "not"):
                state.put({keys[2]: condition.value or None})
                st.selectbox("Value", categories, placeholder="value", accept_new_options=True, width=150, key=keys[2], **options)
            else:
                st.text_input("Value", placeholder="value", width=150, key=keys[2], **options)
        other_conditions = Filter((*sample_filter.conditions[:i], *sample_filter.conditions[i + 1 :]), sample_filter.any)
        st.button(
            "",
            icon=":material/close:",
            type="tertiary",
            help="Remove the condition",
            key=f"{_FILTER}.{i}.off",
            on_click=_set_filter,
            args=(scene, other_conditions),
        )


@st.cache_data(max_entries=128, show_spinner=False)
def _categories(run_id: str, version: str, column: str, _run: Run) -> list[str]:
    """Return the sorted values of a column with few different texts; an empty list for other columns."""
    if filterable_columns(_run)[column] != "text":
        return []
    names = column_values(_run, column).unique().drop_null().to_pylist()
    return sorted(names) if len(names) <= MAX_CATEGORIES else []


def _current_filter(scene: Scene) -> Filter:
    """Return the filter in the page's state, without conditions that do not fit the run."""
    try:
        sample_filter = parse_filter(scene.state.filter)
    except UserError as error:
        st.caption(escape(str(error)))
        return Filter()
    columns = filterable_columns(scene.run)
    conditions = [c for c in sample_filter.conditions if c.column in columns and c.operator in OPERATORS]
    return Filter(tuple(c for c in conditions if columns[c.column] in OPERATORS[c.operator].kinds), sample_filter.any)


def _new_condition(columns: dict[str, ColumnKind], column: str) -> Condition:
    """Return a condition on a column, without a value."""
    return Condition(column, "gt" if columns[column] == "number" else "is")


def _read_widgets(scene: Scene, sample_filter: Filter) -> None:
    """Set the filter to the values of the widgets. A condition on another column starts without a value."""
    columns, conditions = filterable_columns(scene.run), []
    for i, before in enumerate(sample_filter.conditions):
        column, operator, value = (state.get(key, "") for key in _keys(i))
        if columns[column] not in OPERATORS[operator].kinds or column != before.column:
            conditions.append(_new_condition(columns, column))
        else:
            conditions.append(Condition(column, operator, str(value or "") if OPERATORS[operator].needs_value else ""))
    _set_filter(scene, Filter(tuple(conditions), state.get(f"{_FILTER}.any", "all") == "any"))


def _set_filter(scene: Scene, sample_filter: Filter) -> None:
    scene.change(filter=sample_filter.text)


def _keys(i: int) -> tuple[str, str, str]:
    """Return the session keys of the widgets of a condition."""
    return f"{_FILTER}.{i}.column", f"{_FILTER}.{i}.operator", f"{_FILTER}.{i}.value"
