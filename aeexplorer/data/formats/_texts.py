"""Texts as they stream by → a field: read once to find the tokens, once more to store them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.texts import Cleaning, Vocabulary, padded
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import TextOptions
from aeexplorer.data.uploads.staged import Staging

BATCH, BATCH_CHARACTERS = 4096, 4 << 20
"""Texts, and characters of them, that are handled at once."""
_LEARNED_FROM, _LEARNED_CHARACTERS = 50_000, 32 << 20
_NUMBERS = 1 << 17  # tokens of a text times tokens of the vocabulary: what a sample is as one-hot vectors
_LONGEST = 50_000  # characters of a text that are looked at


@dataclass(frozen=True)
class Texts:
    """Some texts, None where there is none, and a row of the table for each."""

    texts: Sequence[str | None]
    rows: pa.Table


Source = Callable[[], Iterator[Texts]]
"""Begins anew at each call."""


@dataclass
class _Seen:
    """What the first reading found."""

    count: int = 0
    missing: int = 0
    some: list[str] = field(default_factory=list)
    """Texts from all over, each as likely as any other."""
    characters: int = 0
    first: str = ""
    varied: bool = False


def store_texts(source: Source, member: Member, options: TextOptions, staging: Staging) -> None:
    """Read texts into the field ``text``.

    Parameters
    ----------
    source
        The texts.
    member
        The file that is named where there is nothing to learn.
    options
        How they are cut.
    staging
        Where they go.

    Raises
    ------
    UploadRejected
        If there is no text in it, or all are the same.
    """
    cleaning = Cleaning()
    seen = _look(source, cleaning, staging)
    if not seen.count:
        raise member.rejected("there is no text in it", "Give a text a line, or name the column of the texts")
    if not seen.varied and seen.count > 1:
        raise member.rejected("all its texts are identical", "Give texts that differ; there is nothing to learn")
    for sentence in cleaning.notes():
        staging.note(sentence)
    if seen.missing:
        staging.note(f"{seen.missing:,} rows without a text were left out")
    if options.tokens in ("bpe", "characters"):
        _store_tokens(source, seen, options, staging)
    else:
        _store_words(source, member, seen, options, staging)


def _look(source: Source, cleaning: Cleaning, staging: Staging) -> _Seen:
    seen, rng = _Seen(), np.random.default_rng(0)
    for batch in source():
        for raw in batch.texts:
            text = cleaning((raw or "")[:_LONGEST])
            if not text:
                seen.missing += raw is None
                continue
            seen.first = seen.first or text
            seen.varied |= text != seen.first
            seen.count += 1
            if seen.characters < _LEARNED_CHARACTERS and len(seen.some) < _LEARNED_FROM:
                seen.some.append(text)
                seen.characters += len(text)
            elif (place := int(rng.integers(seen.count))) < len(seen.some):  # Vitter 1985
                seen.some[place] = text
        staging.progress(0.4 * seen.count / (seen.count + BATCH), f"text {seen.count:,} looked at")
    return seen


def _cleaned(source: Source, seen: _Seen, staging: Staging) -> Iterator[tuple[list[str], pa.Table]]:
    """The texts that are there, clean, and their rows, batch by batch."""
    cleaning, done = Cleaning(), 0
    for batch in source():
        texts = [cleaning((raw or "")[:_LONGEST]) for raw in batch.texts]
        there = [text for text in texts if text]
        if there:
            yield there, batch.rows.filter(pa.array([bool(text) for text in texts]))
        done += len(there)
        staging.progress(0.5 + 0.5 * done / seen.count, f"text {done:,} of {seen.count:,}")


def _store_tokens(source: Source, seen: _Seen, options: TextOptions, staging: Staging) -> None:
    assert options.tokens in ("bpe", "characters")
    staging.progress(0.4, "finding the tokens")
    vocabulary = Vocabulary.of(seen.some, options.tokens, options.vocabulary)
    most = min(options.text_length, _NUMBERS // len(vocabulary.tokens))
    length = min(most, 1 + max(map(len, vocabulary.cut(seen.some))))
    short = 0
    with staging.array("text", "text", (seen.count, length), "uint16", vocabulary.meta) as out:
        for texts, rows in _cleaned(source, seen, staging):
            ids, cut_off = padded(vocabulary.cut(texts), length)
            short += cut_off
            out.append(ids)
            staging.rows(rows)
    what = "characters" if options.tokens == "characters" else "tokens"
    staging.note(f"the texts are cut into {what} of a vocabulary of {len(vocabulary.tokens):,}, {length} of a text at most")
    if short:
        staging.note(f"{short:,} of {seen.count:,} texts are longer than {length - 1} {what}; the rest of each was left out")


def _store_words(source: Source, member: Member, seen: _Seen, options: TextOptions, staging: Staging) -> None:
    staging.progress(0.4, "counting the words")
    counted = _vectorizer(options)
    try:
        counted.fit(seen.some)
    except ValueError:  # scikit-learn's word for a vocabulary that would be empty
        raise member.rejected("its texts have no words of two letters or more", "Choose characters as tokens") from None
    words = counted.get_feature_names_out().tolist()
    meta = {"representation": "bag", "weights": options.tokens, "tokens": words}
    with staging.array("text", "bag_of_words", (seen.count, len(words)), "float32", meta) as out:
        for texts, rows in _cleaned(source, seen, staging):
            out.append(counted.transform(texts).toarray().astype(np.float32))
            staging.rows(rows.append_column("text", pa.array([text[:1000] for text in texts], pa.string())))
    staging.note(f"each text is a bag of its words, of the {len(words):,} most frequent ones; their order is not kept")


def _vectorizer(options: TextOptions) -> Any:
    """Weights of words: 1 for those that are there, or TF-IDF (Salton & Buckley 1988), which is within [0, 1] too."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    if options.tokens == "tf_idf":
        return TfidfVectorizer(max_features=options.vocabulary, sublinear_tf=True)
    return CountVectorizer(max_features=options.vocabulary, binary=True)
