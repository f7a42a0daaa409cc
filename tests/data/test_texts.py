"""Encoding texts as token ids, and decoding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from aeexplorer.data.texts import END, PADDING, UNKNOWN, TextCleaner, Vocabulary, decode_text, decode_tokens, pad_ids

TEXTS = ["the red fox, and the dog", "the dog is red", "a fox is a fox", "naïve 犬 and 狐"] * 5


@pytest.mark.parametrize("representation", ["bpe", "characters"])
def test_decoding_inverts_encoding(representation: str) -> None:
    vocabulary = Vocabulary.from_texts(TEXTS, representation, 128)  # type: ignore[arg-type]
    assert len(vocabulary.tokens) <= 128
    ids, cut_off = pad_ids(vocabulary.encode(TEXTS), 40)
    assert (ids.dtype, ids.shape, cut_off) == (np.uint16, (20, 40), 0)
    assert [decode_text(row, vocabulary.tokens) for row in ids] == TEXTS
    assert Vocabulary.from_meta(vocabulary.meta) == vocabulary


def test_pieces_of_words_are_fewer_than_characters() -> None:
    words, characters = (Vocabulary.from_texts(TEXTS, kind, 128).encode(["the red dog"])[0] for kind in ("bpe", "characters"))
    assert len(words) == 3
    assert len(characters) == 11


def test_characters_outside_the_vocabulary_become_the_unknown_token() -> None:
    for kind in ("bpe", "characters"):
        vocabulary = Vocabulary.from_texts(["abab"] * 9, kind, 64)  # type: ignore[arg-type]
        (ids,) = vocabulary.encode(["ab☃ab"])
        assert ids.count(UNKNOWN) == 1
        assert decode_text(pad_ids([ids], 9)[0][0], vocabulary.tokens) == "ab\ufffdab"


def test_the_tokenizers_library_reads_the_stored_tokenizer() -> None:
    vocabulary = Vocabulary.from_texts(TEXTS, "bpe", 100)
    import orjson

    tokenizer = Tokenizer.from_str(orjson.dumps(vocabulary.meta["tokenizer"]).decode())
    assert tokenizer.encode("the red fox").ids == vocabulary.encode(["the red fox"])[0]


def test_texts_are_padded_or_truncated() -> None:
    ids, cut_off = pad_ids([[5, 6], [], [5, 6, 7, 8, 9]], 4)
    assert ids.tolist() == [[5, 6, END, PADDING], [END, PADDING, PADDING, PADDING], [5, 6, 7, 8]]
    assert cut_off == 1
    tokens = [*"..?", "", "", " a", " b", "c", "d"]
    assert decode_tokens(np.array([5, 7, END, 6]), tokens) == [" a", "c"]


def test_special_tokens_in_a_text_are_plain_words() -> None:
    """No text can contain an end or padding token: cleaning removes the characters that stand for them."""
    vocabulary = Vocabulary.from_texts(["<end> <pad> [UNK]"] * 9, "bpe", 64)
    (ids,) = vocabulary.encode([TextCleaner()("a\x00b\x01 <end>")])
    assert PADDING not in ids
    assert END not in ids


def test_cleaning_reports_its_changes() -> None:
    clean = TextCleaner()
    assert clean(" plain\ttext \n here ") == "plain text here"
    assert clean.notes() == []
    assert clean("\u202egnp.exe\u2066 \x1b[31m") == "gnp.exe [31m"
    assert clean("half \ud800") == "half \ufffd"
    assert clean("e\u0301") == "é"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"  # Persian needs it
    surrogates, controls = clean.notes()
    assert "1 texts" in surrogates
    assert "bidi" in controls


@given(st.text())
def test_any_text_becomes_one_clean_line(text: str) -> None:
    cleaned = TextCleaner()(text)
    assert cleaned == " ".join(cleaned.split())
    assert not any(c in cleaned for c in "\x00\x01\n\u202e\u2066\ufeff")
    cleaned.encode()
