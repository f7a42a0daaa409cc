"""Citation of a map: data, model, settings, projection, seeds and version, as a sentence and as BibTeX."""

import datetime
from dataclasses import dataclass

import aeexplorer
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.runs.comparison import differing_settings
from aeexplorer.core.errors import UserError
from aeexplorer.models.presets import presets
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run

_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {c: f"\\{c}" for c in "{}$&#%_"}


@dataclass(frozen=True)
class Citation:
    """Citation of a view.

    Parameters
    ----------
    text
        Caption: data, model, settings that differ from the preset, projection, seeds, version, date.
    bibtex
        Entry of type ``misc`` with the caption as its note.
    """

    text: str
    bibtex: str


def cite(run: Run, projection: Projection, colour: str, day: datetime.date, selected: int = 0, address: str = "") -> Citation:
    """Write the citation of a map.

    Parameters
    ----------
    run
        A run with results.
    projection
        The map.
    colour
        Name of the colouring.
    day
        Date of the citation.
    selected
        Number of selected samples.
    address
        Address of the view; may be empty.
    """
    dataset, preset = run.dataset, presets().get(run.record["preset"])
    method, version = method_of(projection.method), aeexplorer.__version__
    model = f"a {preset.title} (preset {preset.name})" if preset else "a loaded autoencoder"
    settings = ", ".join(f"{path} = {value}" for path, value in changed_settings(run).items())
    title = f"{method.title} map of {dataset.name} in the latent space of {run.name}"
    sentences = [
        f"{title}.",
        f"Data: {dataset.name} ({dataset.id}), {dataset.n:,} samples.",
        f"Model: {model}, {settings or 'no setting changed'}, seed {run.config.seed} ({run.id}).",
        f"Map: {method.title}, {projection.dims}-D, seed {projection.seed}, {projection.caption}, coloured by {colour}"
        + (f", {selected:,} samples selected." if selected else "."),
        f"aeexplorer {version}, {day.isoformat()}.",
        *([address] if address else []),
    ]
    text = " ".join(sentences)
    fields = {
        "title": title,
        "howpublished": f"aeexplorer {version}",
        "year": str(day.year),
        "month": str(day.month),
        "note": " ".join(sentences[1:4]),
    }
    entry = {name: _escape_tex(value) for name, value in fields.items()} | ({"url": address} if address else {})
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items())
    return Citation(text, f"@misc{{{run.id},\n{body}\n}}\n")


def changed_settings(run: Run) -> dict[str, object]:
    """Return the settings in which a run differs from its preset for its dataset, by dotted path, without the seed."""
    try:
        default = config_for(run.record["preset"], run.dataset)
    except UserError:  # the preset is unknown: the run comes from elsewhere or from another version
        default = RunConfig(dataset=run.config.dataset)
        return {} if type(default.model) is not type(run.config.model) else _changes(default, run.config)
    return _changes(default, run.config)


def _changes(default: RunConfig, config: RunConfig) -> dict[str, object]:
    settings = differing_settings([default, config])
    return {path: values[1] for path, values in settings.items() if path not in ("seed", "dataset") and values[1] is not None}


def _escape_tex(text: str) -> str:
    """Escape plain text for a BibTeX field."""
    return "".join(_ESCAPED.get(letter, letter) for letter in text)
