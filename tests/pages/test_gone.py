"""A link to something that is gone says so and shows nothing else; a run that is removed while it is open does the same."""

import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.training.run import remove_run
from tests.pages.studio import Studio

GONE = "run-ffffffffffff"


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("explore", {"run": GONE}),
        ("explore", {"run": "../../etc"}),
        ("explore", {"run": "<b>x</b>"}),
        ("train", {"run": GONE}),
        ("runs", {"run": GONE}),
        ("compare", {"runs": GONE}),
        ("compare", {"runs": f"{GONE},run-eeeeeeeeeeee"}),
        ("search", {"search": "search-ffffffffffff"}),
        ("data", {"dataset": "ds-ffffffffffff"}),
    ],
)
def test_a_link_to_what_is_gone_says_so_and_shows_nothing_else(studio: Studio, page: str, address: dict[str, str]) -> None:
    at = studio.open(page, **address)
    assert [warning.value.endswith("is gone: it was removed, or it is in another workspace.") for warning in at.warning] == [True]
    assert not at.error
    assert not at.selectbox
    assert not at.dataframe
    assert not at.tabs
    assert not at.get("bidi_component")
    at.run()  # nor does the next rerun show something else
    assert at.warning
    for name, value in address.items():
        assert at.query_params[name] in (value, [value])
    at.button(key="gone.leave").click().run()
    assert not at.exception
    assert not at.warning


def test_a_run_removed_in_another_tab_is_gone_on_the_page_that_shows_it(studio: Studio) -> None:
    run = studio.runs["ae"]
    pages = {name: studio.open(name, **{"runs" if name == "compare" else "run": run.id}) for name in ("explore", "train", "runs")}
    remove_run(studio.workspace, run.id)
    open_catalogue(studio.workspace).remove(run.id)
    for name, at in pages.items():
        at.run()
        assert not at.exception, name
        assert "This run is gone" in at.warning[0].value, name


def _late_clicks() -> None:
    import streamlit as st

    from aeexplorer.ui.explore.panel_tabs import _open_group, _open_tab

    st.session_state["explore.tabs"] = "Reconstructions"
    _open_tab({"Traversal": "traversal"})
    st.session_state["explore.group"] = "samples"
    _open_group({"space": "traversal"})


def test_a_tab_clicked_while_another_group_opens_is_no_key_error_reconstructions() -> None:
    # the browser still shows the tabs of "samples" when the server has opened the group "space" already
    assert not AppTest.from_function(_late_clicks, default_timeout=60).run().exception
