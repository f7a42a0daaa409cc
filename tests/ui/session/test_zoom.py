"""The zoom in the address, as Python reads it."""

from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from aeexplorer.ui.session.zoom import zoom_in_address

    st.text(f"zoom {zoom_in_address('zoom')!r}")


def test_python_reads_the_zoom_of_the_browser() -> None:
    app = AppTest.from_function(script).run()
    assert not app.exception
    assert app.text[0].value == "zoom ''"
    app.session_state["zoom"] = {"zoom": "1x,0,1,0,1"}
    app.run()
    assert app.text[0].value == "zoom '1x,0,1,0,1'"
