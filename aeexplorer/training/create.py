"""Creation of runs, shared by the app, the command line, Python, searches and cross-validation."""

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import open_dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.estimate import estimate
from aeexplorer.training.lookup import find_run
from aeexplorer.training.run import Run, write_run


def create_run(workspace: Workspace, config: RunConfig, name: str, preset: str = "") -> Run:
    """Check settings against their dataset, write the run's folder and index the run in the catalogue.

    The same settings are one run: if a run with them exists, also one of an earlier version, that run is returned.

    Parameters
    ----------
    workspace
        Holds the dataset, and will hold the run.
    config
        Settings of the run.
    name
        The run's name, for people.
    preset
        Name of the preset that the settings started from.

    Raises
    ------
    UserError
        If the dataset is not in the workspace or has no such fold, or if the settings do not fit the dataset.
        Nothing is created then.
    """
    if existing := find_run(workspace, config):
        return existing
    dataset = open_dataset(workspace.dataset_folder(config.dataset))
    estimate(config, dataset.rotated(config.fold, config.folds))
    run = write_run(workspace, config, name, preset)
    open_catalogue(workspace).add_run(run.folder)
    return run
