"""Texts beside each other, with what differs marked."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
import streamlit as st

SHOWN = 6
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def marked(pieces: Sequence[str], other: Sequence[str], colour: str) -> str:
    """The pieces joined, as Markdown that shows any text as it is written; those that `other` has not got there on a ground."""
    parts = []
    for kind, start, end, _, _ in SequenceMatcher(None, pieces, other, autojunk=False).get_opcodes():
        text = "".join(pieces[start:end])
        if kind == "equal" or not text.strip():
            parts.append(_plain(text))
        else:
            before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
            parts.append(f"{before}:{colour}-background[{_plain(text.strip())}]{after}")
    return "".join(parts).strip()


def show_marked(ids: np.ndarray, samples: Mapping[str, np.ndarray], read: Callable[[np.ndarray], Sequence[str]]) -> None:
    """Inputs beside reconstructions, the first few, where there are both; `read` cuts a stored sample into pieces."""
    if not {"Input", "Reconstruction"} <= samples.keys():
        return
    named = len(ids) > 0
    lines = (
        ["| sample | input | reconstruction |", "| ---: | --- | --- |"]
        if named
        else ["| input | reconstruction |", "| --- | --- |"]
    )
    for i, pair in enumerate(zip(samples["Input"][:SHOWN], samples["Reconstruction"], strict=False)):
        given, back = map(read, pair)
        first = f"| {ids[i]} " if named else ""
        lines.append(f"{first}| {marked(given, back, 'blue')} | {marked(back, given, 'orange')} |")
    st.markdown("\n".join(lines))
    st.caption("What differs is marked: blue is lost, orange is new")


def _plain(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", text)
