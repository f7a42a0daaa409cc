"""Bringing one's own files in: what they look like, the choices, the work with its progress, or one clear refusal."""

import hashlib
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from aeexplorer.data.ingest.ingest import Guess, IngestOptions, Upload, ingest, inspect
from aeexplorer.ui.data.choosing import choose_files, count, name_for, within_limit
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.forms import SettingsForm
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState
from aeexplorer.ui.session.workspace import workspace

SPLIT = ["split.validation", "split.test", "split.seed", "split.stratify"]
_ROUND = "data.upload round"


def upload_form(page_state: DataState) -> None:
    """The upload, then its options, then the button that stores it."""
    files = choose_files(state.setdefault(_ROUND, 0))
    if not files:
        return
    uploads = [Upload(file.name, file) for file in files]
    with show_errors():
        within_limit(files)
        key = hashlib.sha256("".join(file.file_id for file in files).encode()).hexdigest()[:12]
        guess = _guess(key, uploads)
        if len(guess.sheets) > 1:
            sheet = st.selectbox("Sheet", guess.sheets, key=f"data.sheet.{key}")
            key = f"{key}.{guess.sheets.index(sheet)}"
            guess = _guess(key, uploads, sheet)
        _describe(guess)
        options = _choose(guess, key, name_for(files))
        if st.button("Add this dataset", type="primary", icon=":material/add:", key="data.add"):
            _store(page_state, files, options)


def _guess(key: str, uploads: list[Upload], sheet: str = "") -> Guess:
    found: Guess | None = state.setdefault(f"data.guess.{key}", None)
    if found is None:
        with st.spinner("Looking at the files"):
            found = inspect(uploads, options=IngestOptions().replace({"table.sheet": sheet}))
        state.put({f"data.guess.{key}": found})
    return found


def _describe(guess: Guess) -> None:
    parts = [guess.kind[:1].upper() + guess.kind[1:]]
    if guess.n is not None:
        parts.append(f"{guess.n:,} samples")
    if guess.sizes:
        sizes = ", ".join(f"{s.width} × {s.height}" for s in guess.sizes[:3])
        parts.append(f"{sizes}{' and other sizes' if len(guess.sizes) > 3 else ''} pixels")
    if guess.labels:
        names = ", ".join(escape(name) for name in list(guess.labels)[:8])
        parts.append(f"labels {names}{' …' if len(guess.labels) > 8 else ''}")
    st.markdown(" · ".join(parts))
    for layout in guess.layouts:
        st.caption(f"Read as {layout.layout}, a sample is {' × '.join(map(str, layout.shape))}")
    for note in guess.notes:
        st.caption(escape(note))


def _choose(guess: Guess, key: str, name: str) -> IngestOptions:
    suggested: dict[str, Any] = {"name": name[:80]}
    if "label_column" in guess.choices and guess.options.label_column is None:
        suggested["label_column"] = ""
    if guess.layouts:
        suggested["layout"] = guess.layouts[0].layout
    form = SettingsForm(
        guess.options.model_copy(update=suggested),
        key=f"data.options.{key}",
        choices={
            "label_column": ["", *(c.name for c in guess.columns if c.kind in ("numeric", "categorical", "text"))],
            "feature_columns": [c.name for c in guess.columns if c.kind in ("numeric", "categorical", "date")],
            "table.numeric_columns": [c.name for c in guess.columns if c.kind in ("categorical", "text")],
            "table.categorical_columns": [c.name for c in guess.columns if c.kind in ("numeric", "date", "text")],
            "pairs.file_columns": [c.name for c in guess.columns if c.kind == "file"],
            "pairs.caption_columns": [c.name for c in guess.columns if c.kind in ("text", "categorical")],
            "pairs.number_columns": [c.name for c in guess.columns if c.kind in ("numeric", "categorical", "date")],
            "series.series_layout": ["none", "wide", "long"],
            "series.series_column": ["", *(c.name for c in guess.columns)],
            "series.time_column": ["", *(c.name for c in guess.columns)],
            "series.value_columns": [c.name for c in guess.columns if c.kind in ("numeric", "constant")],
            "text.text_column": ["", *(c.name for c in guess.columns if c.kind == "text")],
            "layout": [layout.layout for layout in guess.layouts],
        },
    )
    form.draw(["name", *guess.choices])
    with st.expander("How it is divided", icon=":material/call_split:"):
        form.draw(SPLIT)
    _explain(guess)
    return form.settings()


def _explain(guess: Guess) -> None:
    left_out = [c for c in guess.columns if c.why]
    if left_out:
        st.caption("Not learned: " + " · ".join(f"{escape(c.name)} ({escape(c.why)})" for c in left_out))


def _store(page_state: DataState, files: list[UploadedFile], options: IngestOptions) -> None:
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Reading")
        st.button("Cancel", key="data.cancel", icon=":material/close:")  # a click runs the page anew, which ends the work
    uploads = [Upload(file.name, file) for file in files]
    try:
        dataset = ingest(workspace(), uploads, options, lambda done, text: bar.progress(min(done, 1.0), text) and None)
    finally:
        place.empty()
    count(files)
    state.put({_ROUND: state.setdefault(_ROUND, 0) + 1})
    state.update(page_state, dataset=dataset.id)
    st.rerun()
