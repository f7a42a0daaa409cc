"""Background training: runs are queued, trained by worker processes, and watched and controlled through files alone.

Only `training_job`, `failures` and `searches` import torch, and they are imported only when they are needed. So a worker
holds the lock of its run at once, and commands answer at once.
"""

from aeexplorer.jobs.control import cancel, pause, resume, submit
from aeexplorer.jobs.status import Status, status, supervisor_is_live
from aeexplorer.jobs.supervisor import Supervisor, train_in_worker
from aeexplorer.jobs.worker import train

__all__ = [
    "Status",
    "Supervisor",
    "cancel",
    "pause",
    "resume",
    "status",
    "submit",
    "supervisor_is_live",
    "train",
    "train_in_worker",
]
