"""A page that fails at will."""

import streamlit as st


def fail() -> None:
    raise KeyError("Reconstructions")


@st.fragment
def part() -> None:
    if st.button("Fail in a fragment"):
        fail()


st.session_state["visits"] = st.session_state.get("visits", 0) + 1
st.text(f"visit {st.session_state['visits']}")
st.button("Fail in a callback", on_click=fail)
part()
if st.query_params.get("fail"):
    fail()
