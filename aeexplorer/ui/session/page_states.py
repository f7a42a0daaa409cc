"""The state of each page: a frozen model, each field of which is one parameter of the page's address."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field as Bounds

from aeexplorer.core.settings import Settings


class PageState(Settings):
    """What a page shows."""

    page: ClassVar[str]
    """The page's file name without its ending."""


Short = Annotated[str, Bounds(max_length=200)]


class ExploreState(PageState):
    """What Explore shows."""

    page = "explore"
    run: Short = ""
    """Id of the run; empty is the newest that can be explored."""
    method: Short = ""
    """Name of the projection; empty is the best one for the run."""
    dims: Literal[2, 3] = 2
    """Dimensions of the map."""
    colour: Short = "label"
    """What colours the map."""
    most: Literal[10_000, 30_000, 100_000] = 10_000
    """Samples on the map at most, unless a person zooms in or selects others."""
    layers: Short = ""
    """Names of the layers that are on, joined by commas."""
    panel: Short = ""
    """Name of the open panel; empty is the first."""
    which: Literal["best", "worst", "random"] = "random"
    """Which samples are shown with their reconstructions."""
    seen: Short = ""
    """Field that the encoder sees; empty is all."""
    points: Annotated[str, Bounds(max_length=200, pattern=r"^([0-9]{1,9}(,[0-9]{1,9})*)?$")] = ""
    """Samples that the path goes through, joined by commas."""
    path: Literal["linear", "spherical", "geodesic"] = "linear"
    """How the path goes from one sample to the next."""
    origin: Annotated[int, Bounds(ge=-1)] = -1
    """Sample that the traversal starts from; −1 is the mean of all."""
    moved: Annotated[str, Bounds(max_length=400, pattern=r"^([0-9]{1,6}:-?[0-9.]{1,6}(,[0-9]{1,6}:-?[0-9.]{1,6})*)?$")] = ""
    """Latents moved from there, as ``dimension:standard deviations``, joined by commas."""
    axis: Annotated[int, Bounds(ge=-1)] = -1
    """Latent whose animation plays; −1 is the one that carries most."""
    prior: Short = ""
    """Name of the prior that new samples are drawn from; empty is the run's default."""
    temperature: Annotated[float, Bounds(ge=0.1, le=1.5)] = 1.0
    """How far draws stray: 1 is the prior as fitted, less keeps to what is most probable."""
    seed: Annotated[int, Bounds(ge=0, lt=2**31)] = 0
    """Seed of the draws."""
    find: Short = ""
    """Words that were looked for."""
    filter: Annotated[str, Bounds(max_length=2000)] = ""
    """Conditions, see `aeexplorer.analysis.samples.filtering.Filter`."""
    columns: Annotated[str, Bounds(max_length=1000)] = ""
    """Columns drawn as charts, a JSON list; empty is the first ones."""
    code: Annotated[int, Bounds(ge=-1)] = -1
    """Codebook entry looked at; −1 is none."""
    book: Literal["usage", "surgery", "map", "together", "labels"] = "usage"
    """Which side of the codebook is looked at."""
    patient: Annotated[int, Bounds(ge=-1)] = -1
    """Sample whose codes are changed; −1 is one of the selected ones, or the first."""
    edits: Annotated[str, Bounds(max_length=4000)] = ""
    """Codes changed in it, as ``place:code``, joined by commas."""
    moment: Annotated[int, Bounds(ge=-1)] = -1
    """Step of the training at which its film stands; −1 is the end."""
    like: Annotated[int, Bounds(ge=-1)] = -1
    """Sample whose nearest samples are looked for; −1 is none."""
    near: Literal["latents", "inputs", "map"] = "latents"
    """Where they are looked for."""
    measure: Literal["euclidean", "cosine"] = "euclidean"
    """How far apart samples are."""
    concept: Short = ""
    """Name of the saved concept that is looked at; empty is the one from side A to side B."""
    side_a: Annotated[str, Bounds(max_length=4000)] = ""
    """The samples that have the concept, as a selection."""
    side_b: Annotated[str, Bounds(max_length=4000)] = ""
    """The samples that do not; empty is all others."""
    direction: Literal["means", "logistic", "svm"] = "means"
    """How the direction from side B to side A is found."""
    subject: Annotated[int, Bounds(ge=-1)] = -1
    """Sample that is moved along a concept; −1 is none."""
    strength: Annotated[float, Bounds(ge=-3, le=3)] = 1.0
    """How far it is moved: 1 is as far as from the mean of side B to that of side A."""
    terms: Annotated[str, Bounds(max_length=40, pattern=r"^([0-9]{1,9}(,[0-9]{1,9}){0,2})?$")] = ""
    """Samples a, b, c of the latent arithmetic a − b + c, joined by commas."""
    concepts: Literal["direction", "arithmetic"] = "direction"
    """Which of the two is looked at."""
    selection: Annotated[str, Bounds(max_length=4000)] = ""
    """The selected samples, see `aeexplorer.ui.session.selection`."""


def samples_of(points: str) -> list[int]:
    """The samples of `ExploreState.points`."""
    return [int(text) for text in points.split(",") if text]


class DataState(PageState):
    """What Data shows."""

    page = "data"
    dataset: Short = ""
    """Id of the dataset; empty is the form that brings data in."""


class TrainState(PageState):
    """What Train shows."""

    page = "train"
    run: Short = ""
    """Id of the run watched; empty is the form."""
    dataset: Short = ""
    """Id of the dataset to train on."""
    preset: Short = ""
    """Name of the preset."""


class RunsState(PageState):
    """What Runs shows."""

    page = "runs"
    run: Short = ""
    """Id of the run opened in the list."""
    several: Short = ""
    """Ids of the runs chosen in the list, where they are more than one, joined by commas."""


class CompareState(PageState):
    """What Compare shows."""

    page = "compare"
    dataset: Short = ""
    """Id of the dataset; empty is that of the newest runs."""
    runs: Short = ""
    """Ids of the runs, joined by commas; the maps of the others are laid over that of the first."""
    methods: Short = ""
    """Names of two projections, joined by a comma, where one run is chosen; empty is the best two."""
    colour: Short = "label"
    """What colours the maps."""
    selection: Annotated[str, Bounds(max_length=4000)] = ""
    """The selected samples, see `aeexplorer.ui.session.selection`."""


class SearchState(PageState):
    """What Search shows."""

    page = "search"
    search: Short = ""
    """Id of the search watched; empty is the form."""
    dataset: Short = ""
    """Id of the dataset to search on."""
    preset: Short = ""
    """Name of the preset that is varied."""
