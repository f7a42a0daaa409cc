from streamlit.testing.v1 import AppTest


def page_in_presentation_mode() -> None:
    import streamlit as st

    from aeexplorer.ui.session.presentation import present, presenting

    on = presenting()
    st.text(f"presenting {on} {st.query_params.get('present')}")
    st.button("switch", on_click=present, args=(not on,))


def test_presentation_mode_is_in_the_address_and_stays_on_across_pages() -> None:
    app = AppTest.from_function(page_in_presentation_mode).run()
    assert app.text[0].value == "presenting False None"
    app.button[0].click().run()
    assert app.text[0].value == "presenting True 1"
    app.query_params.clear()  # the navigation opens another page
    app.run()
    assert app.text[0].value == "presenting True 1"
    app.button[0].click().run()
    assert app.text[0].value == "presenting False None"
    app.query_params["projector"] = "1"
    app.run()
    assert app.text[0].value == "presenting True 1"
