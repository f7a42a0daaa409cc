"""How to cite what is on a map: its data, model, settings, projection, seeds and version, as a sentence and as BibTeX."""

import datetime
from dataclasses import dataclass

import aeexplorer
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.runs.comparison import differences
from aeexplorer.core.errors import UserError
from aeexplorer.models.presets import presets
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run

_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {c: f"\\{c}" for c in "{}$&#%_"}


@dataclass(frozen=True)
class Citation:
    """A view in words.

    Parameters
    ----------
    text
        A caption: data, model, settings that are not the preset's own, projection, seeds, version, date.
    bibtex
        An entry of type ``misc`` with the caption as its note.
    """

    text: str
    bibtex: str


def cite(run: Run, made: Projection, colour: str, day: datetime.date, selected: int = 0, address: str = "") -> Citation:
    """The caption of a map.

    Parameters
    ----------
    run
        With results.
    made
        The map.
    colour
        Name of the colouring.
    day
        When it was looked at.
    selected
        Samples that are selected.
    address
        Where the view is found again; empty where nowhere.
    """
    dataset, chosen = run.dataset, presets().get(run.record["preset"])
    method, version = method_of(made.method), aeexplorer.__version__
    kind = f"a {chosen.title} (preset {chosen.name})" if chosen else "a loaded autoencoder"
    changed = ", ".join(f"{path} = {value}" for path, value in changes(run).items())
    title = f"{method.title} map of {dataset.name} in the latent space of {run.name}"
    sentences = [
        f"{title}.",
        f"Data: {dataset.name} ({dataset.id}), {dataset.n:,} samples.",
        f"Model: {kind}, {changed or 'no setting changed'}, seed {run.config.seed} ({run.id}).",
        f"Map: {method.title}, {made.dims}-D, seed {made.seed}, {made.caption}, coloured by {colour}"
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
    entry = {name: _tex(value) for name, value in fields.items()} | ({"url": address} if address else {})
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items())
    return Citation(text, f"@misc{{{run.id},\n{body}\n}}\n")


def changes(run: Run) -> dict[str, object]:
    """The settings in which a run differs from its preset for its dataset, by dotted path; the seed apart."""
    try:
        plain = config_for(run.record["preset"], run.dataset)
    except UserError:  # made elsewhere, or by a preset of another version
        plain = RunConfig(dataset=run.config.dataset)
        return {} if type(plain.model) is not type(run.config.model) else _changed(plain, run.config)
    return _changed(plain, run.config)


def _changed(plain: RunConfig, config: RunConfig) -> dict[str, object]:
    found = differences([plain, config])
    return {path: values[1] for path, values in found.items() if path not in ("seed", "dataset") and values[1] is not None}


def _tex(text: str) -> str:
    """Plain text as it stands in a BibTeX field."""
    return "".join(_ESCAPED.get(letter, letter) for letter in text)
