"""Concepts that are saved in the run folder, by name."""

import hashlib
import time
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import orjson
from pydantic import Field as Bounds
from pydantic import ValidationError

from aeexplorer.analysis.cache import results_digest
from aeexplorer.analysis.latents.concepts import Direction
from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings, parse
from aeexplorer.core.workspace import write_bytes
from aeexplorer.training.run import Run

MAX_CONCEPTS = 100
"""Largest number of concepts in a run folder."""
_MAX_FILE_BYTES = 1 << 22
"""Larger files are ignored."""


class Concept(Settings):
    """A named direction, as stored in its file."""

    name: Annotated[str, Bounds(min_length=1, max_length=60)]
    """Name of the concept."""
    kind: Literal["means", "logistic", "svm"]
    """Method that found the direction, see `aeexplorer.analysis.latents.concepts.DIRECTION_KINDS`."""
    vector: tuple[Annotated[float, Bounds(allow_inf_nan=False)], ...]
    """The direction, with one number per latent dimension. Strength 1 moves a latent by the whole vector."""
    auc: Annotated[float, Bounds(ge=0, le=1)] | None
    """Area under the ROC curve on held-out samples."""
    with_it: Annotated[int, Bounds(ge=1)]
    """Number of samples with the concept."""
    without_it: Annotated[int, Bounds(ge=1)]
    """Number of samples without the concept."""
    created: float
    """Time of creation, in seconds since 1970."""
    results: str
    """Digest of the results that the concept belongs to."""

    @property
    def direction(self) -> Direction:
        """The direction."""
        return Direction(np.array(self.vector, np.float32), self.auc, (self.with_it, self.without_it))


def save_concept(run: Run, name: str, kind: str, direction: Direction) -> Concept:
    """Save a direction in the run folder. A concept with the same name is replaced.

    Parameters
    ----------
    run
        Run of the direction.
    name
        1 to 60 characters.
    kind
        Method that found the direction, one of `aeexplorer.analysis.latents.concepts.DIRECTION_KINDS`.
    direction
        The direction.

    Raises
    ------
    UserError
        If the name is empty or too long, or the run has a hundred concepts already.
    """
    name = " ".join(name.split())
    others = [concept for concept in saved_concepts(run) if concept.name != name]
    if len(others) >= MAX_CONCEPTS:
        raise UserError(f"this run has {MAX_CONCEPTS} concepts already", "Delete one of them first")
    record = {
        "name": name,
        "kind": kind,
        "vector": direction.vector.astype(float).tolist(),
        "auc": direction.auc,
        "with_it": direction.sizes[0],
        "without_it": direction.sizes[1],
        "created": time.time(),
        "results": results_digest(run),
    }
    concept: Concept = parse(Concept, record)
    write_bytes(run.artefact(f"concepts/{_file_name(name)}"), concept_json(concept))
    return concept


def saved_concepts(run: Run) -> list[Concept]:
    """Return the concepts that belong to the run's current results, sorted by name. Unreadable files are ignored."""
    results, size = results_digest(run), run.latents(np.zeros(1, np.int32)).shape[1]
    concepts = [_read_concept(path) for path in (run.folder / "concepts").glob("*.json")]
    valid = [c for c in concepts if c is not None and c.results == results and len(c.vector) == size]
    return sorted(valid, key=lambda concept: concept.name.casefold())


def delete_concept(run: Run, name: str) -> None:
    """Delete a concept; do nothing if there is none with that name."""
    (run.folder / "concepts" / _file_name(name)).unlink(missing_ok=True)


def concept_json(concept: Concept) -> bytes:
    """Serialise a concept as JSON."""
    return orjson.dumps(concept.model_dump(mode="json"), option=orjson.OPT_INDENT_2)


def _read_concept(path: Path) -> Concept | None:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            return None
        concept = Concept.model_validate(orjson.loads(path.read_bytes()))
    except (OSError, orjson.JSONDecodeError, ValidationError):
        return None
    return concept if path.name == _file_name(concept.name) else None


def _file_name(name: str) -> str:
    return f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
