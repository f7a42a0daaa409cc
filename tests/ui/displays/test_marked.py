"""Differences between two texts are marked, and texts are never read as markup."""

import re

from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from aeexplorer.ui.displays._marked import marked

NASTY = "<img src=x onerror=alert(1)> [a](javascript:x) **b** $x$ :red[c] |"


def test_only_pieces_that_the_other_text_lacks_are_marked() -> None:
    given_, back = ["a", " red", " fox", ","], ["a", " blue", " fox"]
    assert marked(given_, back, "blue") == r"a :blue-background[red] fox:blue-background[\,]"
    assert marked(back, given_, "orange") == "a :orange-background[blue] fox"
    assert marked(back, back, "orange") == "a blue fox"


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_all_punctuation_is_escaped(text: str) -> None:
    shown = marked([text], [text], "blue")
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", shown) == text.strip()
    assert not re.search(r"(?<!\\)(?:\\\\)*[<>\[\]|$*_`:]", shown)


def _page(nasty: str) -> None:
    import numpy as np

    from aeexplorer.data.dataset import Field
    from aeexplorer.data.texts import Vocabulary, pad_ids
    from aeexplorer.ui.displays import show_besides

    vocabulary = Vocabulary.from_texts([nasty, "plain"], "characters", 128)
    field = Field("text", "text", (80,), "uint16", vocabulary.meta, None)  # type: ignore[arg-type]
    ids = pad_ids(vocabulary.encode([nasty, "plain"]), 80)[0]
    show_besides(field, {"Input": ids, "Reconstruction": ids[::-1]}, np.array([7, 9]))
    show_besides(field, {"Sample": ids}, np.array([7, 9]))


def test_inputs_and_reconstructions_are_drawn_side_by_side_once() -> None:
    at = AppTest.from_function(_page, kwargs={"nasty": NASTY}).run()
    assert not at.exception
    (table,) = at.markdown
    assert not table.allow_html
    assert [line.split(" | ")[0] for line in table.value.splitlines()[2:]] == ["| 7", "| 9"]
    assert "onerror" in table.value.replace(r":blue-background[", "").replace("]", "")
