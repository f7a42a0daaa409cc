"""Errors that end a training, explained to the person who started it."""

import torch

from aeexplorer.core.disk import means_full_disk
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.run import Run


def require_readable(dataset: Dataset) -> None:
    """Check that the files of a dataset are complete.

    Raises
    ------
    UserError
        If a file is missing, truncated or of the wrong shape.
    """
    try:
        is_complete = len(dataset.split) == dataset.n
        for field in dataset.fields.values():
            is_complete = is_complete and field.array.shape == (dataset.n, *field.shape)
    except (OSError, ValueError):
        is_complete = False
    if not is_complete:
        raise UserError(
            f"the dataset {dataset.name} ({dataset.id}) is damaged", "Remove it and add it again, then resume the run"
        )


def explain(error: Exception, run: Run) -> UserError:
    """Turn an exception that ended a training into an error with a message for the person who started it."""
    if means_full_disk(error):
        return UserError("the disk is full, or your quota on it", "Free some space, then resume the run")
    if isinstance(error, UserError):
        return error
    text = str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in text or "not enough memory" in text:
        size = run.config.training.batch_size
        return UserError(
            f"memory ran out at {size} samples a batch", f"Train with a smaller batch ({max(1, size // 4)}) or a smaller model"
        )
    if isinstance(error, OSError):
        return UserError(
            f"a file of the run could not be read or written: {error.strerror or text}", "Check the disk, then resume the run"
        )
    first = text.splitlines()[0] if text else "no message"
    return UserError(
        f"the training stopped with an unexpected error, {type(error).__name__}: {first}",
        "See worker.log in the run's folder for the details, and resume the run to try again",
    )
