"""Upload of files: inspection of the files, options, and the import with its progress or one clear error message."""

import hashlib
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from aeexplorer.data.ingest.ingest import Guess, IngestOptions, Upload, ingest, inspect
from aeexplorer.ui.data.choosing import check_upload_limit, choose_files, count_upload, suggest_name
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.forms import SettingsForm
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import DataState
from aeexplorer.ui.session.workspace import workspace
from aeexplorer.views.labels import option_name

_SPLIT_SETTINGS = ["split.validation", "split.test", "split.seed", "split.stratify"]
_UPLOADER_VERSION = "data.upload round"


def upload_form(page_state: DataState) -> None:
    """Draw the uploader, the options of the import, and the button that stores the dataset."""
    files = choose_files(state.setdefault(_UPLOADER_VERSION, 0))
    if not files:
        return
    uploads = [Upload(file.name, file) for file in files]
    with show_errors():
        check_upload_limit(files)
        key = hashlib.sha256("".join(file.file_id for file in files).encode()).hexdigest()[:12]
        reading = IngestOptions()
        guess = _inspect(key, uploads, reading)
        if len(guess.sheets) > 1:
            sheet = st.selectbox("Sheet", guess.sheets, key=f"data.sheet.{key}")
            key = f"{key}.{guess.sheets.index(sheet)}"
            reading = reading.replace({"table.sheet": sheet})
            guess = _inspect(key, uploads, reading)
        changes = _choose_reading(guess, key)
        if changes:
            reading = reading.replace(changes)
            key = f"{key}.{reading.digest()[:8]}"
            guess = _inspect(key, uploads, reading)
        _describe(guess)
        options = _choose_options(guess, key, suggest_name(files)).replace(changes)
        if st.button("Add this dataset", type="primary", icon=":material/add:", key="data.add"):
            _store(page_state, files, options)


def _inspect(key: str, uploads: list[Upload], options: IngestOptions) -> Guess:
    guess: Guess | None = state.setdefault(f"data.guess.{key}", None)
    if guess is None:
        with st.spinner("Inspecting the files"):
            guess = inspect(uploads, options=options)
        state.put({f"data.guess.{key}": guess})
    return guess


def _choose_reading(guess: Guess, key: str) -> dict[str, Any]:
    """Draw the options that say how the texts of cells are read, and return those that differ from the defaults."""
    if not guess.reading_choices:
        return {}
    defaults = {path: value for path, _, value in IngestOptions().leaves()}
    form = SettingsForm(IngestOptions(), key=f"data.reading.{key}")
    with st.expander("How cells are read", icon=":material/table_view:"):
        form.draw(guess.reading_choices, columns=2)
        form.reset_button()
    return {path: value for path, value in form.values.items() if value != defaults[path]}


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
        st.caption(f"Read as {option_name(layout.layout)}, a sample is {' × '.join(map(str, layout.shape))}")
    for note in guess.notes:
        st.caption(escape(note))


def _choose_options(guess: Guess, key: str, name: str) -> IngestOptions:
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
    with st.expander("Split into training, validation and test data", icon=":material/call_split:"):
        form.draw(_SPLIT_SETTINGS)
    _explain_unused_columns(guess)
    return form.settings()


def _explain_unused_columns(guess: Guess) -> None:
    unused = [c for c in guess.columns if c.why]
    if unused:
        st.caption("Not used for training: " + " · ".join(f"{escape(c.name)} ({escape(c.why)})" for c in unused))


def _store(page_state: DataState, files: list[UploadedFile], options: IngestOptions) -> None:
    placeholder = st.empty()
    with placeholder.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Reading")
        st.button("Cancel", key="data.cancel", icon=":material/close:")  # a click reruns the page, which ends the import
    uploads = [Upload(file.name, file) for file in files]
    try:
        dataset = ingest(workspace(), uploads, options, lambda done, text: bar.progress(min(done, 1.0), text) and None)
    finally:
        placeholder.empty()
    count_upload(files)
    state.put({_UPLOADER_VERSION: state.setdefault(_UPLOADER_VERSION, 0) + 1})
    state.update(page_state, dataset=dataset.id)
    st.rerun()
