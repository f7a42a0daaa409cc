"""Split of the samples into training, validation and test sets."""

import numpy as np
from pydantic import Field

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings

SPLITS = ("train", "validation", "test")


class SplitSettings(Settings):
    """Settings of the split into training, validation and test sets."""

    validation: float = Field(0.1, ge=0, le=0.4)
    """Share of the samples that the model does not train on and that measure its progress during training, 0 to 0.4."""
    test: float = Field(0.1, ge=0, le=0.4)
    """Share of the samples that are used only once, for the metrics of the trained model, 0 to 0.4."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Random seed of the split. The same seed always gives the same split."""
    stratify: bool = True
    """Whether each class has the same share in the training, validation and test sets. Has no effect without labels."""


def stratified_split(labels: np.ndarray | None, n: int, settings: SplitSettings) -> np.ndarray:
    """Assign each sample to a split, at random. If stratified, each label has the same share in every split.

    Parameters
    ----------
    labels
        Integer label of each sample, ``(n,)``, or None.
    n
        Number of samples.
    settings
        Shares of the splits, seed, and whether to stratify by label.

    Returns
    -------
    numpy.ndarray
        int8 ``(n,)``: index into `SPLITS`.

    Raises
    ------
    UserError
        If no sample is left to train on.
    """
    rng = np.random.default_rng(settings.seed)
    order = rng.permutation(n)
    if labels is not None and settings.stratify:
        order = order[np.argsort(labels[order], kind="stable")]
    # Samples are now sorted by label. Spread each split evenly over them, so that every label gets its share.
    steps = np.arange(n)
    in_test = np.floor((steps + 1) * settings.test + 0.5) > np.floor(steps * settings.test + 0.5)
    rest = np.cumsum(~in_test)
    share = settings.validation / (1 - settings.test)
    in_validation = ~in_test & (np.floor(rest * share + 0.5) > np.floor((rest - 1) * share + 0.5))
    split = np.zeros(n, np.int8)
    split[order[in_validation]] = 1
    split[order[in_test]] = 2
    if not (split == 0).any():
        raise UserError("no sample is left to train on", "Lower the shares of validation and test")
    return split


def completed_split(given: np.ndarray, labels: np.ndarray | None, settings: SplitSettings) -> np.ndarray:
    """Complete a given split: samples that it leaves out train, and a part that it lacks is drawn from the training samples.

    Parameters
    ----------
    given
        int8 ``(n,)``: index into `SPLITS`, −1 where nothing is given.
    labels
        Integer label of each sample, ``(n,)``, or None.
    settings
        Shares of the parts to draw, seed, and whether to stratify by label.

    Returns
    -------
    numpy.ndarray
        int8 ``(n,)``: index into `SPLITS`.
    """
    split = np.where(given < 0, 0, given).astype(np.int8)
    for part, share in ((1, settings.validation), (2, settings.test)):
        pool = np.flatnonzero(split == 0)
        if share and not (split == part).any():
            shares = settings.model_copy(update={"validation": share, "test": 0.0})
            drawn = stratified_split(None if labels is None else labels[pool], len(pool), shares)
            split[pool[drawn == 1]] = part
    return split


def fold_split(split: np.ndarray, labels: np.ndarray | None, fold: int, folds: int) -> np.ndarray:
    """Return the split of a cross-validation fold: one of `folds` equal parts validates, the others train.

    The test split stays as it is. Over all folds, every other sample is used for validation once. Folds are stratified by label
    (Stone 1974, J. R. Stat. Soc. B 36:111; stratification by Kohavi 1995, IJCAI).

    Parameters
    ----------
    split
        int8 ``(n,)``: index into `SPLITS`.
    labels
        Integer label of each sample, ``(n,)``, or None.
    fold, folds
        Number of the fold used for validation, counted from 0, and number of folds.

    Returns
    -------
    numpy.ndarray
        int8 ``(n,)``: index into `SPLITS`.

    Raises
    ------
    UserError
        If there is no such fold, or there are fewer samples than folds.
    """
    pool = np.flatnonzero(split != SPLITS.index("test"))
    if not 0 <= fold < folds:
        raise UserError(f"there is no fold {fold} of {folds}", f"Choose 0 to {folds - 1}")
    if len(pool) < folds:
        raise UserError(f"{len(pool)} samples cannot be divided into {folds} folds", f"Choose at most {max(1, len(pool))} folds")
    order = np.random.default_rng(0).permutation(pool)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    rotated = np.array(split, np.int8)
    rotated[pool] = SPLITS.index("train")
    rotated[order[fold::folds]] = SPLITS.index("validation")
    return rotated


def stratified_draw(strata: np.ndarray | None, ids: np.ndarray, limit: int, seed: int = 0) -> np.ndarray:
    """Draw some of the samples at random, so that each stratum keeps its share to within one sample.

    The samples are shuffled within each stratum, the strata are concatenated, and every (n / limit)-th sample is taken
    (systematic sampling; Cochran 1977, Sampling Techniques, chapter 8).

    Parameters
    ----------
    strata
        Integer stratum of each of the samples, ``(m,)``, or None for a draw without strata.
    ids
        Ids to draw from, ``(m,)``.
    limit
        Largest number of samples, 1 or more.
    seed
        Seed of the draw.

    Returns
    -------
    numpy.ndarray
        ``(min(limit, m),)``: ids, ascending and unique if `ids` are.
    """
    if len(ids) <= limit:
        return np.sort(ids)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(ids))
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    positions = ((np.arange(limit) + rng.random()) * len(ids) / limit).astype(np.int64)
    return np.sort(ids[order[positions]])
