"""Texts as rows of token ids: cleaning, tokenisation with a vocabulary learned from the texts, and decoding."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import orjson

PADDING, END, UNKNOWN = 0, 1, 2
"""Ids of the special tokens: padding, end of text, and a token outside the vocabulary."""
SPECIAL = ("", "", "\ufffd")
"""Texts of the special tokens."""
Representation = Literal["bpe", "characters"]

_STAND_INS = ["\x00", "\x01", SPECIAL[UNKNOWN]]  # special tokens in the tokenizer; no cleaned text holds the first two
_WORDS = r" ?[^\s\p{P}]+| ?\p{P}"
_MAX_TOKEN_BYTES = 24
_SURROGATES = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


@dataclass
class TextCleaner:
    """Cleans texts and counts the changes."""

    surrogates: int = 0
    """Number of texts with an unpaired surrogate, which is not a character."""
    invisible: int = 0
    """Number of texts with invisible characters that affect the text around them: control characters, changes of direction, and
    zero-width characters other than the joiners that scripts and emoji need."""

    def __call__(self, text: str) -> str:
        """Return the text in one line, composed (NFC), without invisible characters."""
        if _SURROGATES.search(text):
            self.surrogates += 1
            text = _SURROGATES.sub("\ufffd", text)
        if _INVISIBLE.search(text):
            self.invisible += 1
            text = _INVISIBLE.sub("", text)
        return " ".join(unicodedata.normalize("NFC", text).split())

    def notes(self) -> list[str]:
        """Describe the changes in sentences, for the notes of a dataset."""
        sentences = []
        if self.surrogates:
            sentences.append(f"unpaired surrogates were replaced by \ufffd in {self.surrogates:,} texts")
        if self.invisible:
            sentences.append(f"control characters and changes of direction (bidi) were removed from {self.invisible:,} texts")
        return sentences


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a text field.

    Parameters
    ----------
    representation
        ``bpe``: pieces of words by byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909); ``characters``: characters.
    tokens
        Tokens by id. A token that begins a word includes the space before it, so that a text is the concatenation of its tokens.
    tokenizer
        Tokenizer in the JSON of the `tokenizers` library; None for characters.
    """

    representation: Representation
    tokens: tuple[str, ...]
    tokenizer: Mapping[str, Any] | None = None

    @classmethod
    def from_texts(cls, texts: Sequence[str], representation: Representation, size: int) -> Self:
        """Learn a vocabulary of at most `size` tokens, including the three special tokens, from cleaned texts."""
        if representation == "characters":
            most_common = Counter("".join(texts)).most_common(size - len(SPECIAL))
            return cls(representation, (*SPECIAL, *sorted(character for character, _ in most_common)))
        tokenizer = _train_tokenizer(texts, size)
        pieces = [tokenizer.id_to_token(i) for i in range(len(SPECIAL), tokenizer.get_vocab_size())]
        return cls(representation, (*SPECIAL, *pieces), orjson.loads(tokenizer.to_str()))

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Self:
        """Recreate the vocabulary of a field from its meta."""
        return cls(meta["representation"], tuple(meta["tokens"]), meta.get("tokenizer"))

    @property
    def meta(self) -> dict[str, Any]:
        """The meta of a field with this vocabulary."""
        meta = {"representation": self.representation, "tokens": list(self.tokens)}
        return meta if self.tokenizer is None else {**meta, "tokenizer": self.tokenizer}

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of cleaned texts, without end tokens."""
        if self.tokenizer is None:
            index = {token: i for i, token in enumerate(self.tokens) if i >= len(SPECIAL)}
            return [[index.get(character, UNKNOWN) for character in text] for text in texts]
        tokenizer = _tokenizers().Tokenizer.from_str(orjson.dumps(self.tokenizer).decode())
        return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def pad_ids(ids: Iterable[Sequence[int]], length: int) -> tuple[np.ndarray, int]:
    """Add an end token to each text, and pad or truncate it to the same length.

    Parameters
    ----------
    ids
        Token ids of each text.
    length
        Number of tokens in a row.

    Returns
    -------
    tuple
        uint16 ``(n, length)``, and the number of truncated texts. A truncated text has no end token.
    """
    texts = list(ids)
    array = np.full((len(texts), length), PADDING, np.uint16)
    for row, text in zip(array, texts, strict=True):
        tokens = [*text, END][:length]
        row[: len(tokens)] = tokens
    return array, sum(len(text) >= length for text in texts)


def decode_text(ids: np.ndarray, tokens: Sequence[str]) -> str:
    """Return the text of token ids ``(length,)``, up to the end token."""
    return "".join(decode_tokens(ids, tokens)).strip()


def decode_tokens(ids: np.ndarray, tokens: Sequence[str]) -> list[str]:
    """Return the tokens of token ids ``(length,)`` as texts, up to the end token, without padding."""
    ends = np.flatnonzero(ids == END)
    return [tokens[i] for i in ids[: ends[0] if len(ends) else None].tolist() if i != PADDING]


def _tokenizers() -> Any:
    """Import the `tokenizers` library with one thread. With several threads it warns about later forks."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import tokenizers

    return tokenizers


def _train_tokenizer(texts: Sequence[str], size: int) -> Any:
    library = _tokenizers()
    tokenizer = library.Tokenizer(library.models.BPE(unk_token=SPECIAL[UNKNOWN], fuse_unk=True))
    tokenizer.pre_tokenizer = library.pre_tokenizers.Split(library.Regex(_WORDS), "isolated")
    trainer = library.trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=_STAND_INS,
        limit_alphabet=max(1, size // 2),
        max_token_length=_MAX_TOKEN_BYTES,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
