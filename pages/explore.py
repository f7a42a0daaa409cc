"""Explore: walk around in what a run has learned."""

import streamlit as st

PAGE = {"title": "Explore", "icon": ":material/bubble_chart:", "order": 0}
st.write("soon")
