"""The name of the value that a search minimises."""

from aeexplorer.analysis.runs.judgement import dataset_error_title
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import open_dataset
from aeexplorer.training.search.search import Search
from aeexplorer.views.labels import display_name


def objective_title(search: Search) -> str:
    """Name the objective of a search: for the error, the error that its dataset has (of texts, the share of wrong tokens)."""
    if search.config.objective != "validation_mse":
        return display_name(search.config.objective)
    try:
        title = dataset_error_title(open_dataset(search.workspace.dataset_folder(search.config.base.dataset)))
    except UserError:  # the dataset was removed
        return display_name(search.config.objective)
    return f"Validation {title[:1].lower()}{title[1:]}"
