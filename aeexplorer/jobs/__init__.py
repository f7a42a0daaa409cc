"""Runs are queued, trained by worker processes of their own, watched and steered through files alone.

Nothing here imports torch but `session`, so that a worker holds its run's lock, and a command answers, at once.
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
