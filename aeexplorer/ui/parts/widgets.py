"""One setting → one widget; label, bounds, choices and help come from the field."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

SHORT = {"kl": "KL", "id": "ID", "ae": "AE", "mse": "MSE"}
"""Words that keep their capitals in a label."""


def label(name: str) -> str:
    """A field's name for people: ``kl_warmup`` → ``KL warmup``."""
    words = [SHORT.get(word, word) for word in name.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def help_text(field: FieldInfo, default: Any) -> str:
    """The field's docstring, its bounds and its default, as plain Markdown."""
    low, high = bounds(field)
    parts = [" ".join((field.description or "").split())]
    if low is not None and high is not None:
        parts.append(f"From {low:,g} to {high:,g}.")
    if not isinstance(default, str | tuple) and default is not None:
        parts.append(f"Default: {default}.")
    return escape("  \n".join(filter(None, parts)))


def escape(text: str) -> str:
    """Text that Markdown shows as it is written."""
    return "".join(f"\\{c}" if c in "\\*_$~<>[]:#|`" else c for c in text)


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest value, from whichever bounds the field has."""
    found: dict[str, float] = {}
    for mark in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            if getattr(mark, name, None) is not None:
                found[name] = getattr(mark, name)
    return found.get("ge", found.get("gt")), found.get("le", found.get("lt"))


def widget(name: str, field: FieldInfo, default: Any, *, key: str, changed: bool, choices: Sequence[str] | None) -> Any:
    """Draw the widget of one setting and return what it holds.

    Parameters
    ----------
    name, field
        The setting.
    default
        What help names as the default; the widget's value lies in the session under `key` already.
    key
        Of the widget.
    changed
        Whether it is marked as differing from the default.
    choices
        What a text may be, or those of a choice that are offered; None leaves a text free and offers every choice.
    """
    shown = f"{label(name)} :primary[●]" if changed else label(name)
    common: dict[str, Any] = {"key": key, "help": help_text(field, default), "persist_state": "session"}
    kind = field.annotation
    if get_origin(kind) is Literal:
        return _choice(shown, choices or get_args(kind), common)
    if get_origin(kind) is tuple:
        return tuple(st.multiselect(shown, choices or (), **common))
    if choices is not None:
        return _choice(shown, choices, common)
    if kind is bool:
        return st.toggle(shown, **common)
    if kind in (int, float):
        return _number(shown, field, default, common)
    return st.text_input(shown, **common)


def _choice(shown: str, options: Sequence[Any], common: Mapping[str, Any]) -> Any:
    if sum(len(str(option)) for option in options) <= 18 and len(options) > 1:
        return st.segmented_control(shown, options, required=True, format_func=_named, **common)
    return st.selectbox(shown, options, format_func=_named, **common)


def _named(option: Any) -> str:
    return "none" if option in (None, "") else str(option).replace("_", " ")


def _number(shown: str, field: FieldInfo, default: float, common: Mapping[str, Any]) -> Any:
    low, high = bounds(field)
    if field.annotation is int:
        whole = {"min_value": None if low is None else int(low), "max_value": None if high is None else int(high)}
        if low is not None and high is not None and high - low <= 32:
            return st.slider(shown, **whole, **common)
        return st.number_input(shown, **whole, step=_whole_step(int(default)), **common)
    if low is not None and high is not None and low >= 0 and high <= 1 and default >= 0.01:
        opens = any(getattr(mark, "gt", None) is not None for mark in field.metadata)
        closes = any(getattr(mark, "lt", None) is not None for mark in field.metadata)
        return st.slider(shown, low + 0.01 * opens, high - 0.01 * closes, step=0.01, **common)
    step = 0.5 * 10 ** math.floor(math.log10(default)) if default > 0 else 1e-3
    return st.number_input(
        shown,
        None if low is None else float(low),
        None if high is None else float(high),
        step=step,
        format="%g",
        **common,
    )


def _whole_step(default: int) -> int:
    return 1 if default < 32 else 2 ** (int(math.log2(default)) - 2)
