"""The panels Training and Codebook on the page. Events of the browser are set in the session."""

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from aeexplorer.analysis.codes.code_map import code_positions
from aeexplorer.analysis.codes.relations import code_cooccurrence, label_usage
from aeexplorer.ui.session.selection import from_text
from tests.pages.studio import Studio

SendEvent = Callable[..., None]


def selected(at: AppTest, studio: Studio, run: str) -> list[int]:
    """Return the ids of the selection in the address."""
    ids = from_text(str(at.query_params["selection"]), studio.runs[run].folder / "selections")
    assert ids is not None
    return ids.tolist()


def test_the_step_of_the_film_is_in_the_address_and_the_film_can_be_downloaded(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = studio.open("explore", run=run.id, method="pca", panel="training")
    assert "moment" not in at.query_params
    assert "explore.gif" in {button.key for button in at.get("download_button")}
    step = int(run.snapshots()[2].stem)
    at.session_state["explore-film"] = {"step": step}
    at.run()
    assert not at.exception
    assert at.query_params["moment"] == str(step)


def test_edits_are_in_the_address_until_another_sample_is_clicked(studio: Studio, send_chart_event: SendEvent) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, method="pca", panel="codebook", book="surgery", patient=5)
    at.session_state["explore-surgery"] = {"edited": {"sample": 5, "edits": "0:3,2:7"}}
    at.run()
    assert at.query_params["edits"] == "0:3,2:7"
    send_chart_event(at, "map", 3, [], id=8)
    assert at.query_params["patient"] == "8"
    assert "edits" not in at.query_params


def test_invalid_edits_in_the_address_are_reported(studio: Studio) -> None:
    at = studio.open("explore", run=studio.runs["vq"].id, method="pca", panel="codebook", book="surgery", edits="0:48")
    assert any("code 48 is not allowed" in text.value.replace("\\", "") for text in at.markdown)
    assert "edits" not in at.query_params


def test_a_click_on_the_code_map_selects_the_samples_that_use_the_code(studio: Studio, send_chart_event: SendEvent) -> None:
    run = studio.runs["vq"]
    at = studio.open("explore", run=run.id, method="pca", panel="codebook", book="map")
    code = int(np.asarray(run.codes)[0, 0])
    xy = code_positions(run, "pca")
    assert xy is not None
    send_chart_event(at, "codemap", 4, [], x=float(xy[code, 0]), y=float(xy[code, 1]))
    assert at.query_params["code"] == str(code)
    assert selected(at, studio, "vq") == np.flatnonzero((run.codes == code).any(1)).tolist()


def test_a_click_on_a_cell_selects_its_samples(studio: Studio, send_chart_event: SendEvent) -> None:
    run = studio.runs["vq"]
    pairs, labels = code_cooccurrence(run), label_usage(run)
    at = studio.open("explore", run=run.id, method="pca", panel="codebook", book="together")
    often = np.unravel_index(np.triu(pairs.counts, 1).argmax(), pairs.counts.shape)  # two codes of the same samples
    row, column = (int(i) for i in often)
    send_chart_event(at, "together", 4, [], x=column, y=row)
    uses_code = [(run.codes == pairs.codes[i]).any(1) for i in (row, column)]
    assert selected(at, studio, "vq") == np.flatnonzero(uses_code[0] & uses_code[1]).tolist()

    at = studio.open("explore", run=run.id, method="pca", panel="codebook", book="labels")
    place = int(labels.shares[:, 0].argmax())  # a label whose samples use the first code
    send_chart_event(at, "labels", 4, [], x=0, y=place)
    label = run.dataset.label_names.index(labels.labels[place])
    expected = (run.codes == labels.codes[0]).any(1) & (run.dataset.labels == label)
    assert selected(at, studio, "vq") == np.flatnonzero(expected).tolist()
