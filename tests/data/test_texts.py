"""Texts into ids and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from aeexplorer.data.texts import END, PADDING, UNKNOWN, Cleaning, Vocabulary, joined, padded, pieces

TEXTS = ["the red fox, and the dog", "the dog is red", "a fox is a fox", "naïve 犬 and 狐"] * 5


@pytest.mark.parametrize("representation", ["bpe", "characters"])
def test_known_texts_come_back_as_they_were(representation: str) -> None:
    vocabulary = Vocabulary.of(TEXTS, representation, 128)  # type: ignore[arg-type]
    assert len(vocabulary.tokens) <= 128
    ids, cut_off = padded(vocabulary.cut(TEXTS), 40)
    assert (ids.dtype, ids.shape, cut_off) == (np.uint16, (20, 40), 0)
    assert [joined(row, vocabulary.tokens) for row in ids] == TEXTS
    assert Vocabulary.from_meta(vocabulary.meta) == vocabulary


def test_pieces_of_words_are_fewer_than_characters() -> None:
    words, characters = (Vocabulary.of(TEXTS, kind, 128).cut(["the red dog"])[0] for kind in ("bpe", "characters"))
    assert len(words) == 3
    assert len(characters) == 11


def test_what_is_not_in_the_vocabulary_is_unknown() -> None:
    for kind in ("bpe", "characters"):
        vocabulary = Vocabulary.of(["abab"] * 9, kind, 64)  # type: ignore[arg-type]
        (ids,) = vocabulary.cut(["ab☃ab"])
        assert ids.count(UNKNOWN) == 1
        assert joined(padded([ids], 9)[0][0], vocabulary.tokens) == "ab\ufffdab"


def test_the_vocabulary_is_the_tokenizers_own_json() -> None:
    vocabulary = Vocabulary.of(TEXTS, "bpe", 100)
    import orjson

    tokenizer = Tokenizer.from_str(orjson.dumps(vocabulary.meta["tokenizer"]).decode())
    assert tokenizer.encode("the red fox").ids == vocabulary.cut(["the red fox"])[0]


def test_texts_end_once_and_are_padded() -> None:
    ids, cut_off = padded([[5, 6], [], [5, 6, 7, 8, 9]], 4)
    assert ids.tolist() == [[5, 6, END, PADDING], [END, PADDING, PADDING, PADDING], [5, 6, 7, 8]]
    assert cut_off == 1
    tokens = [*"..?", "", "", " a", " b", "c", "d"]
    assert pieces(np.array([5, 7, END, 6]), tokens) == [" a", "c"]


def test_words_of_ours_in_a_text_are_words() -> None:
    """No text can write an end or padding: what stands for them in the tokenizer never survives the cleaning."""
    vocabulary = Vocabulary.of(["<end> <pad> [UNK]"] * 9, "bpe", 64)
    (ids,) = vocabulary.cut([Cleaning()("a\x00b\x01 <end>")])
    assert PADDING not in ids
    assert END not in ids


def test_cleaning_says_what_it_changed() -> None:
    clean = Cleaning()
    assert clean(" plain\ttext \n here ") == "plain text here"
    assert clean.notes() == []
    assert clean("\u202egnp.exe\u2066 \x1b[31m") == "gnp.exe [31m"
    assert clean("half \ud800") == "half \ufffd"
    assert clean("e\u0301") == "é"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"  # Persian needs it
    halves, controls = clean.notes()
    assert "1 of the texts" in halves
    assert "bidi" in controls


@given(st.text())
def test_whatever_comes_is_one_clean_line(text: str) -> None:
    cleaned = Cleaning()(text)
    assert cleaned == " ".join(cleaned.split())
    assert not any(c in cleaned for c in "\x00\x01\n\u202e\u2066\ufeff")
    cleaned.encode()
