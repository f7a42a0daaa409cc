"""Widgets of single settings: the label, the bounds, the choices and the help text come from the field."""

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from aeexplorer.views.labels import display_name, option_name

MAX_BUTTON_CHARACTERS = 18
"""Characters of all options of a choice up to which they are buttons in a row; longer choices are a list."""
MAX_SLIDER_RANGE = 32
"""Whole numbers whose bounds are at most this far apart get a slider."""


def help_text(field: FieldInfo, default: Any) -> str:
    """Return the help of a setting as plain Markdown: the field's docstring, its bounds and its default."""
    low, high = bounds(field)
    parts = [" ".join((field.description or "").split())]
    if low is not None and high is not None:
        parts.append(f"{range_text(field).capitalize()}.")
    if not isinstance(default, str | tuple) and default is not None:
        parts.append(f"Default: {default}.")
    return escape("  \n".join(filter(None, parts)))


def escape(text: str) -> str:
    """Escape a text so that Markdown shows it as it is written."""
    return "".join(f"\\{c}" if c in "\\*_$~<>[]:#|`" else c for c in text)


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value of a field; None where a side has no bound, inclusive or exclusive."""
    limits: dict[str, float] = {}
    for constraint in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            if getattr(constraint, name, None) is not None:
                limits[name] = getattr(constraint, name)
    return limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))


def range_text(field: FieldInfo) -> str:
    """Return the range of a numeric field in words, such as ``from 1 to 10,000`` or ``above 0, at most 10``; empty without."""
    limits = {
        name: getattr(constraint, name)
        for constraint in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if getattr(constraint, name, None) is not None
    }
    if {"ge", "le"} <= limits.keys():
        return f"from {limits['ge']:,g} to {limits['le']:,g}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(f"{words[name]} {limit:,g}" for name, limit in limits.items())


def find_problem(field: FieldInfo, value: Any) -> str:
    """Return what is wrong with the value of a setting, in one sentence with its range; an empty text if it is valid."""
    if field.annotation not in (int, float):
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"Write a number {range_text(field)}.".replace(" .", ".")
    for constraint in field.metadata:
        checks = (("ge", operator.ge), ("gt", operator.gt), ("le", operator.le), ("lt", operator.lt))
        for name, holds in checks:
            limit = getattr(constraint, name, None)
            if limit is not None and not holds(value, limit):
                return f"{value:,g} is not possible: choose a number {range_text(field)}."
    return ""


def setting_widget(
    name: str, field: FieldInfo, default: Any, *, key: str, is_changed: bool, choices: Sequence[str] | None
) -> Any:
    """Draw the widget of one setting and return its value, which may be outside its range: see `find_problem`.

    Parameters
    ----------
    name, field
        Name and field of the setting.
    default
        Default value that the help text names. The session already has the widget's value under `key`.
    key
        Key of the widget.
    is_changed
        Whether the value differs from the default. The label then has a mark.
    choices
        Values that a text, or the items of a list of texts, may have, or the offered options of a choice. None accepts any
        text and offers every option.
    """
    label = f"{display_name(name)} :primary[●]" if is_changed else display_name(name)
    common: dict[str, Any] = {"key": key, "help": help_text(field, default), "persist_state": "session"}
    kind = field.annotation
    if get_origin(kind) is Literal:
        return _choice(label, choices or get_args(kind), {**common, "format_func": option_name})
    if get_origin(kind) is tuple:
        return tuple(st.multiselect(label, choices or (), **common))
    if choices is not None:
        return _choice(label, choices, {**common, "format_func": lambda text: text or "none"})
    if kind is bool:
        return st.toggle(label, **common)
    if kind in (int, float):
        return _number(label, field, default, common)
    return st.text_input(label, **common)


def _choice(label: str, options: Sequence[Any], common: Mapping[str, Any]) -> Any:
    if sum(len(str(option)) for option in options) <= MAX_BUTTON_CHARACTERS and len(options) > 1:
        return st.segmented_control(label, options, required=True, **common)
    return st.selectbox(label, options, **common)


def _number(label: str, field: FieldInfo, default: float, common: Mapping[str, Any]) -> Any:
    low, high = bounds(field)
    if field.annotation is int:
        limits = {"min_value": None if low is None else int(low), "max_value": None if high is None else int(high)}
        if low is not None and high is not None and high - low <= MAX_SLIDER_RANGE:
            return st.slider(label, **limits, **common)
        # without limits: the browser would keep a value outside them to itself, and the last valid one would be used instead
        return st.number_input(label, step=_integer_step(int(default)), **common)
    if low is not None and high is not None and low >= 0 and high <= 1 and default >= 0.01:
        excludes_low = any(getattr(constraint, "gt", None) is not None for constraint in field.metadata)
        excludes_high = any(getattr(constraint, "lt", None) is not None for constraint in field.metadata)
        return st.slider(label, low + 0.01 * excludes_low, high - 0.01 * excludes_high, step=0.01, **common)
    step = 0.5 * 10 ** math.floor(math.log10(default)) if default > 0 else 1e-3
    return st.number_input(label, step=step, format="%g", **common)


def _integer_step(default: int) -> int:
    return 1 if default < 32 else 2 ** (int(math.log2(default)) - 2)
