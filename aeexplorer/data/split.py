"""Dividing samples into train, validation and test."""

import numpy as np
from pydantic import Field

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings

SPLITS = ("train", "validation", "test")


class SplitSettings(Settings):
    """How an upload is divided."""

    validation: float = Field(0.1, ge=0, le=0.4)
    """Share of the samples kept for watching the training, 0 to 0.4."""
    test: float = Field(0.1, ge=0, le=0.4)
    """Share of the samples kept for the final figures, 0 to 0.4."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Seed of the shuffle."""
    stratify: bool = True
    """Whether each label has the same share in all parts, where there are labels."""


def stratified_split(labels: np.ndarray | None, n: int, settings: SplitSettings) -> np.ndarray:
    """Assign each sample to a split, keeping each label's share the same in all of them if so set.

    Parameters
    ----------
    labels
        Integer label of each sample, shape ``(n,)``, or None.
    n
        Number of samples.
    settings
        Shares, seed, and whether labels count.

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
    # Walking through the samples label by label, every stretch of the walk gets each split's share of it.
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


def rotated_split(split: np.ndarray, labels: np.ndarray | None, fold: int, folds: int) -> np.ndarray:
    """Another division of the samples that are not for testing: one of `folds` equal parts validates, the others train.

    Over all folds each of those samples validates once, and each label's share is the same in all of them; the test
    split stays as it is (Stone 1974, J. R. Stat. Soc. B 36:111; stratified as by Kohavi 1995, IJCAI).

    Parameters
    ----------
    split
        int8 ``(n,)``: index into `SPLITS`.
    labels
        Integer label of each sample, ``(n,)``, or None.
    fold, folds
        Which part validates, counted from 0, of how many.

    Raises
    ------
    UserError
        If there is no such fold, or fewer samples than folds.
    """
    pool = np.flatnonzero(split != SPLITS.index("test"))
    if not 0 <= fold < folds:
        raise UserError(f"there is no fold {fold} of {folds}", f"Folds are counted from 0; the last one is {folds - 1}")
    if len(pool) < folds:
        raise UserError(f"{len(pool)} samples cannot be divided into {folds} folds", f"Choose {max(1, len(pool))} at most")
    order = np.random.default_rng(0).permutation(pool)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    turned = np.array(split, np.int8)
    turned[pool] = SPLITS.index("train")
    turned[order[fold::folds]] = SPLITS.index("validation")
    return turned
