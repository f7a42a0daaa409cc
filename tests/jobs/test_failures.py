"""Explanations of the errors that end a training."""

import pytest
import torch

from aeexplorer.jobs.failures import explain
from tests.jobs.lab import Lab


def test_running_out_of_memory_is_explained(lab: Lab) -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    for error in (caught.value, MemoryError(), torch.OutOfMemoryError("CUDA out of memory.")):
        assert (
            str(explain(error, lab.run()))
            == "memory ran out at 8 samples a batch. Train with a smaller batch (2) or a smaller model."
        )
