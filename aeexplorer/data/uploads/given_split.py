"""Splits that an upload gives itself: folders or files named train and test, or a column that says which sample belongs where."""

import posixpath
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from aeexplorer.data.split import SPLITS
from aeexplorer.data.uploads.members import Member

FOLDER_COLUMN, FILE_COLUMN = "split (folders)", "split (files)"
"""Columns of the table of samples for splits that the names of folders or files give."""
_TRAIN, _VALIDATION, _TEST = range(len(SPLITS))
_WORDS = {
    **dict.fromkeys(("train", "training", "trn", "trainset", "trainingset"), _TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "development", "valset", "publictest"), _VALIDATION),
    **dict.fromkeys(("test", "testing", "tst", "testset", "privatetest", "heldout", "holdout"), _TEST),
}
_COLUMNS = ("split", "subset", "partition", "set", "usage", "phase", "datasplit", "datasetsplit", "traintest", "trainvaltest")
_NUMBERED_COLUMNS = ("split", "subset", "partition", "datasplit", "datasetsplit")
_MAX_DISTINCT = 8
_MAX_DEPTH = 8


def split_of(word: str) -> int | None:
    """Return the index in `SPLITS` that a word names, in any case, or None."""
    return _WORDS.get(re.sub(r"[\W_]", "", word).lower())


def split_of_name(name: str) -> tuple[int | None, str]:
    """Return the split that one word of a name gives, and the rest of the name: ``x_train`` → train, ``x``."""
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word]
    places = [i for i, word in enumerate(words) if word in _WORDS]
    if len(places) != 1:
        return None, name
    return _WORDS[words[places[0]]], "_".join(words[: places[0]] + words[places[0] + 1 :])


def splits_of_names(names: Sequence[str]) -> np.ndarray | None:
    """Return the splits that names give, int8 ``(n,)``; None unless all give one, train is among them, and the rest agrees.

    The rests of the names agree if each is the same for all splits, as in ``train_images`` and ``test_images``, but not in
    ``train_station`` and ``test_tube``.
    """
    parsed = {name: split_of_name(name) for name in dict.fromkeys(names)}
    rests: dict[int | None, set[str]] = {}
    for code, rest in parsed.values():
        rests.setdefault(code, set()).add(rest)
    if None in rests or _TRAIN not in rests or len(rests) < 2 or any(rest != rests[_TRAIN] for rest in rests.values()):
        return None
    return np.array([parsed[name][0] for name in names], np.int8)


def split_by_folders(members: Sequence[Member]) -> tuple[np.ndarray | None, list[list[str]]]:
    """Return the split that the folders of files give, and the other folders of each file.

    Parameters
    ----------
    members
        Files that are samples.

    Returns
    -------
    split
        Index into `SPLITS` of each file, int8 ``(n,)``; None if the folders give no split.
    folders
        Names of the folders of each file, without the one that gives the split.
    """
    folders = [m.name.replace("\\", "/").split("/")[:-1] for m in members]
    archives = [posixpath.splitext(m.file)[0] if m.path else "" for m in members]
    if (split := splits_of_names(archives)) is not None:
        return split, folders
    for depth in range(min(_MAX_DEPTH, min(map(len, folders), default=0))):
        split = splits_of_names([parts[depth] for parts in folders])
        if split is not None:
            return split, [parts[:depth] + parts[depth + 1 :] for parts in folders]
    return None, folders


def split_column(split: np.ndarray) -> pa.Array:
    """Return a split as a column of the table of samples."""
    return pa.array([SPLITS[code] for code in split], pa.string())


def find_split(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> tuple[str, np.ndarray] | None:
    """Return the column that gives a split, and the split: int8 ``(n,)``, −1 where the column says nothing.

    Parameters
    ----------
    columns
        Columns of the table of samples.
    """
    for name, values in columns.items():
        encoded = (values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values).dictionary_encode()
        counts = np.bincount(encoded.indices.drop_null().to_numpy(zero_copy_only=False), minlength=len(encoded.dictionary))
        codes = _codes(name, encoded.dictionary.to_pylist(), counts)
        if codes is not None:
            indices = encoded.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
            return name, np.append(codes, np.int8(-1))[indices]
    return None


def split_note(name: str, given: np.ndarray) -> str:
    """Say what gives a split and how many samples each part has, for users."""
    counts = ", ".join(f"{(given == code).sum():,} {part}" for code, part in enumerate(SPLITS) if (given == code).any())
    origin = {FOLDER_COLUMN: "the folders", FILE_COLUMN: "the names of the files"}.get(name, f"the column {name!r}")
    return f"the split is given by {origin} and is kept ({counts}); keep_split=false draws another one"


def gives_split(name: str, counts: Mapping[str, int] | None) -> bool:
    """Return whether a column gives a split, by its name and how often each of its values occurs."""
    return counts is not None and _codes(name, list(counts), np.array(list(counts.values()))) is not None


def _codes(name: str, values: Sequence[object], counts: np.ndarray) -> np.ndarray | None:
    """Return the split that each distinct value of a column stands for, int8; None if the column gives no split."""
    plain = re.sub(r"[\W_]", "", name.removesuffix(" (folders)").removesuffix(" (files)")).lower()
    if not 2 <= len(values) <= _MAX_DISTINCT:
        return None
    texts = [re.sub(r"\.0$", "", str(value)).lower() for value in values]
    codes: list[int | None] = []
    if plain in ("istrain", "istest") and set(texts) <= {"0", "1", "true", "false", "yes", "no"}:
        other = _TEST if plain == "istrain" else _TRAIN
        yes = _TRAIN if plain == "istrain" else _TEST
        codes = [yes if text in ("1", "true", "yes") else other for text in texts]
    elif plain in _NUMBERED_COLUMNS and set(texts) in ({"0", "1"}, {"0", "1", "2"}):
        if texts[int(counts.argmax())] == "0":  # 0, 1, 2 as CelebA numbers them, or 0 and 1
            codes = [_TRAIN if text == "0" else _VALIDATION if text == "1" and len(texts) == 3 else _TEST for text in texts]
    elif plain in _COLUMNS:
        codes = [split_of(text) for text in texts]
    if not codes or None in codes or _TRAIN not in codes or len(set(codes)) < 2:
        return None
    return np.array(codes, np.int8)
