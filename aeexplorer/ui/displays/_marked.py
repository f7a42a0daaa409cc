"""Texts side by side, with the differences marked."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher

import numpy as np
import streamlit as st

MAX_SAMPLES = 6
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def marked(pieces: Sequence[str], other: Sequence[str], colour: str) -> str:
    """Join pieces of text as Markdown, escaped, with a coloured background behind the pieces that `other` does not have there."""
    parts = []
    for kind, start, end, _, _ in SequenceMatcher(None, pieces, other, autojunk=False).get_opcodes():
        text = "".join(pieces[start:end])
        if kind == "equal" or not text.strip():
            parts.append(_escape(text))
        else:
            before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
            parts.append(f"{before}:{colour}-background[{_escape(text.strip())}]{after}")
    return "".join(parts).strip()


def show_marked(ids: np.ndarray, samples: Mapping[str, np.ndarray], read: Callable[[np.ndarray], Sequence[str]]) -> None:
    """Draw the first inputs and reconstructions side by side, if there are both. `read` splits a stored sample into pieces."""
    if not {"Input", "Reconstruction"} <= samples.keys():
        return
    has_ids = len(ids) > 0
    lines = (
        ["| sample | input | reconstruction |", "| ---: | --- | --- |"]
        if has_ids
        else ["| input | reconstruction |", "| --- | --- |"]
    )
    for i, pair in enumerate(zip(samples["Input"][:MAX_SAMPLES], samples["Reconstruction"], strict=False)):
        source, output = map(read, pair)
        first = f"| {ids[i]} " if has_ids else ""
        lines.append(f"{first}| {marked(source, output, 'blue')} | {marked(output, source, 'orange')} |")
    st.markdown("\n".join(lines))
    st.caption("Differences are marked: blue text is lost, orange text is new.")


def _escape(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", text)
