"""A button that copies a text or the page's address to the clipboard, on pages served over plain HTTP too."""

from functools import cache
from typing import Any

import streamlit as st

_HTML = '<button type="button"></button>'
_CSS = """
button { font: inherit; font-size: 0.9rem; color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.3rem 0.75rem;
  min-height: 2.4rem; white-space: nowrap; cursor: pointer; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); outline: none; }
"""
_JS = """
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // browsers offer the clipboard API to secure pages only
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

export default ({ data, parentElement }) => {
  const button = parentElement.querySelector("button");
  button.textContent = data.label;
  button.onclick = async () => {
    await copy(data.text ?? location.href);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = data.label), 1500);
  };
};
"""


def copy_button(label: str, key: str, text: str | None = None) -> None:
    """Draw a button that copies a text, or without a text the address that the page has when the button is clicked."""
    _component()(key=key, data={"label": label, "text": text}, width="content")


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.copying", html=_HTML, css=_CSS, js=_JS)
