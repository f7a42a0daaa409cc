"""Storage of a stream of texts as a field: a first pass collects the vocabulary, and a second pass stores the tokens."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.texts import TextCleaner, Vocabulary, pad_ids
from aeexplorer.data.uploads.division import DividingColumns
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import IngestOptions, TextOptions
from aeexplorer.data.uploads.staged import Staging

BATCH_TEXTS, BATCH_CHARACTERS = 4096, 4 << 20
"""Texts of a batch, and their characters together, at most."""
_VOCABULARY_TEXTS, _VOCABULARY_CHARACTERS = 50_000, 32 << 20  # that the vocabulary is learned from, at most
_MAX_ONE_HOT = 1 << 17  # numbers of a sample as one-hot vectors: length × vocabulary
_MAX_TEXT_CHARACTERS = 50_000  # the rest of a longer text is ignored


@dataclass(frozen=True)
class TextBatch:
    """Some texts, None where a text is missing, and one row of the sample table for each."""

    texts: Sequence[str | None]
    rows: pa.Table


TextSource = Callable[[], Iterator[TextBatch]]
"""Yields all texts; restarts with each call."""


@dataclass
class _Summary:
    """Summary of the texts, from the first pass."""

    n_texts: int = 0
    n_missing: int = 0
    examples: list[str] = field(default_factory=list)
    """Random texts, each as likely as any other."""
    places: list[int] = field(default_factory=list)
    """Number of each of these texts, counted from 0."""
    columns: DividingColumns = field(default_factory=DividingColumns)
    """Columns that the split depends on."""
    training: np.ndarray = field(default_factory=lambda: np.ones(0, np.bool_))
    """Which texts will be in the training split."""
    example_characters: int = 0
    first: str = ""
    """The first text."""
    is_varied: bool = False
    """Whether any text differs from the first."""

    @property
    def training_examples(self) -> list[str]:
        """The random texts of the training split, which the vocabulary is learned from."""
        return [text for text, place in zip(self.examples, self.places, strict=True) if self.training[place]] or self.examples


def store_texts(
    source: TextSource, member: Member, options: IngestOptions, staging: Staging, training: np.ndarray | None = None
) -> None:
    """Store texts in the field ``text``. The vocabulary and the weights of words are learned from the training split alone.

    Parameters
    ----------
    source
        The texts.
    member
        File that an error names.
    options
        How texts are cut into tokens, and how samples are divided.
    staging
        Receives field, rows and notes.
    training
        Which texts will be in the training split, bool ``(n,)``; by default as the rows of the texts will be divided.

    Raises
    ------
    UploadRejected
        If there are no texts, all texts are the same, or the texts have no words for a bag of words.
    """
    cleaning = TextCleaner()
    summary = _summarise(source, cleaning, staging)
    summary.training = summary.columns.training_mask(options) if training is None else training
    if not summary.n_texts:
        raise member.rejected("the file contains no text", "Write one text per line, or choose the column of the texts")
    if not summary.is_varied and summary.n_texts > 1:
        raise member.rejected("all texts are identical, so there is nothing to learn", "Upload texts that differ")
    for sentence in cleaning.notes():
        staging.note(sentence)
    if summary.n_missing:
        staging.note(f"{summary.n_missing:,} rows without a text were left out")
    if options.text.tokens in ("bpe", "characters"):
        _store_tokens(source, summary, options.text, staging)
    else:
        _store_words(source, member, summary, options.text, staging)


def _summarise(source: TextSource, cleaning: TextCleaner, staging: Staging) -> _Summary:
    summary, rng = _Summary(), np.random.default_rng(0)
    for batch in source():
        is_present = []
        for raw in batch.texts:
            text = cleaning((raw or "")[:_MAX_TEXT_CHARACTERS])
            is_present.append(bool(text))
            if not text:
                summary.n_missing += raw is None
                continue
            summary.first = summary.first or text
            summary.is_varied |= text != summary.first
            summary.n_texts += 1
            # reservoir sampling (Vitter 1985)
            if summary.example_characters < _VOCABULARY_CHARACTERS and len(summary.examples) < _VOCABULARY_TEXTS:
                summary.examples.append(text)
                summary.places.append(summary.n_texts - 1)
                summary.example_characters += len(text)
            elif (place := int(rng.integers(summary.n_texts))) < len(summary.examples):
                summary.examples[place], summary.places[place] = text, summary.n_texts - 1
        summary.columns.append(batch.rows.filter(pa.array(is_present)))
        staging.progress(0.4 * summary.n_texts / (summary.n_texts + BATCH_TEXTS), f"text {summary.n_texts:,} inspected")
    return summary


def _clean_batches(source: TextSource, summary: _Summary, staging: Staging) -> Iterator[tuple[list[str], pa.Table]]:
    """Yield cleaned texts and their rows, batch by batch, without missing texts."""
    cleaning, done = TextCleaner(), 0
    for batch in source():
        texts = [cleaning((raw or "")[:_MAX_TEXT_CHARACTERS]) for raw in batch.texts]
        present = [text for text in texts if text]
        if present:
            yield present, batch.rows.filter(pa.array([bool(text) for text in texts]))
        done += len(present)
        staging.progress(0.5 + 0.5 * done / summary.n_texts, f"text {done:,} of {summary.n_texts:,}")


def _store_tokens(source: TextSource, summary: _Summary, options: TextOptions, staging: Staging) -> None:
    assert options.tokens in ("bpe", "characters")
    staging.progress(0.4, "learning the vocabulary")
    vocabulary = Vocabulary.from_texts(summary.training_examples, options.tokens, options.vocabulary)
    max_length = min(options.text_length, _MAX_ONE_HOT // len(vocabulary.tokens))
    length = min(max_length, 1 + max(map(len, vocabulary.encode(summary.examples))))
    n_cut = 0
    with staging.array("text", "text", (summary.n_texts, length), "uint16", vocabulary.meta) as out:
        for texts, rows in _clean_batches(source, summary, staging):
            ids, n_too_long = pad_ids(vocabulary.encode(texts), length)
            n_cut += n_too_long
            out.append(ids)
            staging.rows(rows)
    unit = "characters" if options.tokens == "characters" else "tokens"
    size = f"{len(vocabulary.tokens):,}"
    staging.note(f"the texts are cut into {unit} of a vocabulary of {size}, with at most {length} {unit} per text")
    if n_cut:
        staging.note(f"{n_cut:,} of {summary.n_texts:,} texts are longer than {length - 1} {unit}; the rest of each was cut off")


def _store_words(source: TextSource, member: Member, summary: _Summary, options: TextOptions, staging: Staging) -> None:
    staging.progress(0.4, "counting the words")
    vectorizer = _vectorizer(options)
    try:
        vectorizer.fit(summary.training_examples)
    except ValueError:  # scikit-learn found no word
        raise member.rejected("the texts have no words of two or more letters", "Choose characters as tokens") from None
    words = vectorizer.get_feature_names_out().tolist()
    meta = {"representation": "bag", "weights": options.tokens, "tokens": words}
    if options.tokens == "tf_idf":
        meta["inverse_document_frequencies"] = vectorizer.idf_.tolist()
    with staging.array("text", "bag_of_words", (summary.n_texts, len(words)), "float32", meta) as out:
        for texts, rows in _clean_batches(source, summary, staging):
            out.append(vectorizer.transform(texts).toarray().astype(np.float32))
            staging.rows(rows.append_column("text", pa.array([text[:1000] for text in texts], pa.string())))
    staging.note(f"each text is a bag of the {len(words):,} most frequent words; the order of the words is not stored")


def _vectorizer(options: TextOptions) -> Any:
    """Return a vectoriser that weights words within [0, 1]: by presence, or by TF-IDF (Salton & Buckley 1988)."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    if options.tokens == "tf_idf":
        return TfidfVectorizer(max_features=options.vocabulary, sublinear_tf=True)
    return CountVectorizer(max_features=options.vocabulary, binary=True)
