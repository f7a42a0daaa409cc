"""The state of each page: a frozen model whose fields are the parameters of the page's address."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field as Bounds

from aeexplorer.core.settings import Settings


class PageState(Settings):
    """State of a page."""

    page: ClassVar[str]
    """File name of the page without its suffix."""


Short = Annotated[str, Bounds(max_length=200)]


class ExploreState(PageState):
    """State of the page Explore."""

    page = "explore"
    run: Short = ""
    """Id of the run. Empty: the newest run that can be explored."""
    method: Short = ""
    """Name of the projection method. Empty: the best one for the run."""
    dims: Literal[2, 3] = 2
    """Number of dimensions of the map."""
    colour: Short = "label"
    """Name of the colouring of the map."""
    most: Literal[10_000, 30_000, 100_000] = 10_000
    """Largest number of samples on the map. Zooming in and selecting bring in more samples."""
    layers: Short = ""
    """Names of the layers that are switched on, joined by commas."""
    panel: Short = ""
    """Name of the open panel. Empty: the first panel."""
    which: Literal["best", "worst", "random"] = "random"
    """Which samples the panel Reconstructions shows."""
    seen: Short = ""
    """Name of the only field that the encoder sees. Empty: all fields."""
    points: Annotated[str, Bounds(max_length=200, pattern=r"^([0-9]{1,9}(,[0-9]{1,9})*)?$")] = ""
    """Ids of the samples on the path, in order, joined by commas."""
    path: Literal["linear", "spherical", "geodesic"] = "linear"
    """Kind of path from one sample to the next."""
    origin: Annotated[int, Bounds(ge=-1)] = -1
    """Id of the sample from which the traversal starts. −1: the mean of all samples."""
    moved: Annotated[str, Bounds(max_length=400, pattern=r"^([0-9]{1,6}:-?[0-9.]{1,6}(,[0-9]{1,6}:-?[0-9.]{1,6})*)?$")] = ""
    """Moved latents of the traversal, as ``dimension:standard deviations``, joined by commas."""
    axis: Annotated[int, Bounds(ge=-1)] = -1
    """Latent dimension that is animated. −1: the most important dimension."""
    prior: Short = ""
    """Name of the prior from which new samples are drawn. Empty: the default of the run."""
    temperature: Annotated[float, Bounds(ge=0.1, le=1.5)] = 1.0
    """Spread of the drawn samples. 1 is the fitted prior; lower values draw more probable samples."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed of the random generator that draws the samples."""
    find: Short = ""
    """Search text."""
    filter: Annotated[str, Bounds(max_length=2000)] = ""
    """Conditions of the filter, as the text of an `aeexplorer.analysis.samples.filtering.Filter`."""
    columns: Annotated[str, Bounds(max_length=1000)] = ""
    """Names of the columns drawn as charts, as a JSON list. Empty: the first columns."""
    code: Annotated[int, Bounds(ge=-1)] = -1
    """Index of the chosen code. −1: none."""
    book: Literal["usage", "surgery", "map", "together", "labels"] = "usage"
    """Open view of the panel Codebook."""
    patient: Annotated[int, Bounds(ge=-1)] = -1
    """Id of the sample whose codes are shown and edited. −1: a selected sample, or the first one."""
    edits: Annotated[str, Bounds(max_length=4000)] = ""
    """Edited codes of that sample, as ``position:code``, joined by commas."""
    moment: Annotated[int, Bounds(ge=-1)] = -1
    """Training step that the film of the training shows. −1: the last step."""
    like: Annotated[int, Bounds(ge=-1)] = -1
    """Id of the sample whose nearest samples are shown. −1: none."""
    near: Literal["latents", "inputs", "map"] = "latents"
    """Space in which the nearest samples are searched."""
    measure: Literal["euclidean", "cosine"] = "euclidean"
    """Distance between samples in that space."""
    concept: Short = ""
    """Name of the open saved concept. Empty: the direction between the sets A and B."""
    side_a: Annotated[str, Bounds(max_length=4000)] = ""
    """Set A: the samples that have the concept, as the text of a selection."""
    side_b: Annotated[str, Bounds(max_length=4000)] = ""
    """Set B: the samples that do not have the concept, as the text of a selection. Empty: all other samples."""
    direction: Literal["means", "logistic", "svm"] = "means"
    """Method that computes the direction from set B to set A."""
    subject: Annotated[int, Bounds(ge=-1)] = -1
    """Id of the sample that is moved along the concept. −1: none."""
    strength: Annotated[float, Bounds(ge=-3, le=3)] = 1.0
    """Distance of the move. 1 is the distance from the mean of set B to the mean of set A."""
    terms: Annotated[str, Bounds(max_length=40, pattern=r"^([0-9]{1,9}(,[0-9]{1,9}){0,2})?$")] = ""
    """Ids of the samples a, b and c of the latent arithmetic a − b + c, joined by commas."""
    concepts: Literal["direction", "arithmetic"] = "direction"
    """Open view of the panel Concepts."""
    selection: Annotated[str, Bounds(max_length=4000)] = ""
    """The selected samples, as text; see `aeexplorer.ui.session.selection.to_text`."""


def samples_of(points: str) -> list[int]:
    """Parse `ExploreState.points` to a list of sample ids."""
    return [int(text) for text in points.split(",") if text]


class DataState(PageState):
    """State of the page Data."""

    page = "data"
    dataset: Short = ""
    """Id of the dataset. Empty: the upload form."""


class TrainState(PageState):
    """State of the page Train."""

    page = "train"
    run: Short = ""
    """Id of the run that is shown. Empty: the form for a new run."""
    dataset: Short = ""
    """Id of the dataset to train on."""
    preset: Short = ""
    """Name of the preset."""


class RunsState(PageState):
    """State of the page Runs."""

    page = "runs"
    run: Short = ""
    """Id of the run that is open in the list."""
    several: Short = ""
    """Ids of the chosen runs, joined by commas, if more than one run is chosen."""


class CompareState(PageState):
    """State of the page Compare."""

    page = "compare"
    dataset: Short = ""
    """Id of the dataset. Empty: the dataset of the newest runs."""
    runs: Short = ""
    """Ids of the runs, joined by commas. The other maps are aligned with the map of the first run."""
    methods: Short = ""
    """Names of two projection methods, joined by a comma, if one run is chosen. Empty: the best two."""
    colour: Short = "label"
    """Name of the colouring of the maps."""
    selection: Annotated[str, Bounds(max_length=4000)] = ""
    """The selected samples, as text; see `aeexplorer.ui.session.selection.to_text`."""


class SearchState(PageState):
    """State of the page Search."""

    page = "search"
    search: Short = ""
    """Id of the search that is shown. Empty: the form for a new search."""
    dataset: Short = ""
    """Id of the dataset to search on."""
    preset: Short = ""
    """Name of the preset whose settings are varied."""
