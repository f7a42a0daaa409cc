"""Texts as rows of token ids: cleaned, cut into tokens by a vocabulary that is made from the texts themselves, and back."""

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
"""Ids of what is not cut from the texts: nothing, the end of a text, and what is not in the vocabulary."""
SPECIAL = ("", "", "\ufffd")
"""How they read."""
Representation = Literal["bpe", "characters"]

_STAND_INS = ["\x00", "\x01", SPECIAL[UNKNOWN]]  # of the special tokens in the tokenizer; no cleaned text holds the first two
_WORDS = r" ?[^\s\p{P}]+| ?\p{P}"
_BYTES_LIKE_A_WORD = 24
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


@dataclass
class Cleaning:
    """Cleans texts and counts what it changes."""

    surrogates: int = 0
    """Texts with half of a pair of surrogates, which is no character."""
    unseen: int = 0
    """Texts with characters that steer what is around them and are not seen: controls, changes of direction, joiners of zero
    width but for those that scripts and emoji need."""

    def __call__(self, text: str) -> str:
        """The text in one line, composed (NFC), without characters that are not seen."""
        if _SURROGATES.search(text):
            self.surrogates += 1
            text = _SURROGATES.sub("\ufffd", text)
        if _UNSEEN.search(text):
            self.unseen += 1
            text = _UNSEEN.sub("", text)
        return " ".join(unicodedata.normalize("NFC", text).split())

    def notes(self) -> list[str]:
        """What was changed, in words."""
        said = []
        if self.surrogates:
            said.append(f"halves of surrogate pairs became \ufffd in {self.surrogates:,} of the texts")
        if self.unseen:
            said.append(f"control characters and changes of direction (bidi) were removed from {self.unseen:,} of the texts")
        return said


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that texts are made of.

    Parameters
    ----------
    representation
        Pieces of words by byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909), or characters.
    tokens
        By id, each with the space before it where it begins a word, so that a text is its tokens joined.
    tokenizer
        What cuts texts, in the JSON of the `tokenizers` library; None for characters.
    """

    representation: Representation
    tokens: tuple[str, ...]
    tokenizer: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, texts: Sequence[str], representation: Representation, size: int) -> Self:
        """Make one from cleaned texts; `size` is the most tokens it may have, the three special ones included."""
        if representation == "characters":
            common = Counter("".join(texts)).most_common(size - len(SPECIAL))
            return cls(representation, (*SPECIAL, *sorted(character for character, _ in common)))
        tokenizer = _trained(texts, size)
        pieces = [tokenizer.id_to_token(i) for i in range(len(SPECIAL), tokenizer.get_vocab_size())]
        return cls(representation, (*SPECIAL, *pieces), orjson.loads(tokenizer.to_str()))

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Self:
        """The one that a field was cut with."""
        return cls(meta["representation"], tuple(meta["tokens"]), meta.get("tokenizer"))

    @property
    def meta(self) -> dict[str, Any]:
        """What a field keeps of it."""
        about = {"representation": self.representation, "tokens": list(self.tokens)}
        return about if self.tokenizer is None else {**about, "tokenizer": self.tokenizer}

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of cleaned texts, without an end."""
        if self.tokenizer is None:
            place = {token: i for i, token in enumerate(self.tokens) if i >= len(SPECIAL)}
            return [[place.get(character, UNKNOWN) for character in text] for text in texts]
        tokenizer = _quietly().Tokenizer.from_str(orjson.dumps(self.tokenizer).decode())
        return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def padded(ids: Iterable[Sequence[int]], length: int) -> tuple[np.ndarray, int]:
    """uint16 ``(n, length)``: each text's ids, its end, padding; and how many were too long and end without an end."""
    rows = list(ids)
    array = np.full((len(rows), length), PADDING, np.uint16)
    for row, own in zip(array, rows, strict=True):
        whole = [*own, END][:length]
        row[: len(whole)] = whole
    return array, sum(len(own) >= length for own in rows)


def joined(ids: np.ndarray, tokens: Sequence[str]) -> str:
    """The text of ids ``(length,)``, up to its end."""
    return "".join(pieces(ids, tokens)).strip()


def pieces(ids: np.ndarray, tokens: Sequence[str]) -> list[str]:
    """The tokens of ids ``(length,)`` as they read, up to the end."""
    ends = np.flatnonzero(ids == END)
    return [tokens[i] for i in ids[: ends[0] if len(ends) else None].tolist() if i != PADDING]


def _quietly() -> Any:
    """The `tokenizers` library, with one thread: it warns of forks after it has used more."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import tokenizers

    return tokenizers


def _trained(texts: Sequence[str], size: int) -> Any:
    library = _quietly()
    tokenizer = library.Tokenizer(library.models.BPE(unk_token=SPECIAL[UNKNOWN], fuse_unk=True))
    tokenizer.pre_tokenizer = library.pre_tokenizers.Split(library.Regex(_WORDS), "isolated")
    trainer = library.trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=_STAND_INS,
        limit_alphabet=max(1, size // 2),
        max_token_length=_BYTES_LIKE_A_WORD,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
