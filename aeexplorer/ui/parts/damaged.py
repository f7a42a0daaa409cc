"""Runs or datasets whose files are damaged: the reason of each, and a button that removes it."""

from collections.abc import Callable, Mapping

import streamlit as st

from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.widgets import escape


def show_damaged(noun: str, reasons: Mapping[str, str], remove: Callable[[str], None]) -> None:
    """Draw the damaged items of a page, if there are any. Everything else on the page works without them.

    Parameters
    ----------
    noun
        ``run`` or ``dataset``.
    reasons
        Reason why each item cannot be used, by id.
    remove
        Deletes the item with an id.
    """
    if not reasons:
        return
    title = f"1 damaged {noun}" if len(reasons) == 1 else f"{len(reasons)} damaged {noun}s"
    with st.expander(title, icon=":material/warning:", expanded=True, key=f"{noun}.damaged"):
        for item, reason in reasons.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{item}** is damaged: {escape(reason)}.", width="stretch")
                with st.popover("Remove", icon=":material/delete:", type="tertiary"), show_errors():
                    st.markdown(f"Remove **{item}** for good?")
                    if st.button("Remove it", type="primary", key=f"{noun}.damaged.{item}"):
                        remove(item)
                        st.rerun()
