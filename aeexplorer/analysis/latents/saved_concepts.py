"""Concepts that are kept with a run, by name."""

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

MOST = 100
"""Concepts that a run keeps, at most."""
_LARGEST = 1 << 22


class Concept(Settings):
    """A direction with a name, as its file holds it."""

    name: Annotated[str, Bounds(min_length=1, max_length=60)]
    """What people call it."""
    kind: Literal["means", "logistic", "svm"]
    """How it was found, see `aeexplorer.analysis.latents.concepts.KINDS`."""
    vector: tuple[Annotated[float, Bounds(allow_inf_nan=False)], ...]
    """The direction, one number a latent dimension; strength 1 is all of it."""
    auc: Annotated[float, Bounds(ge=0, le=1)] | None
    """Held-out area under the ROC curve."""
    with_it: Annotated[int, Bounds(ge=1)]
    """Samples that had the concept."""
    without_it: Annotated[int, Bounds(ge=1)]
    """Samples that lacked it."""
    created: float
    """Seconds since 1970."""
    results: str
    """Which results of the run it belongs to."""

    @property
    def found(self) -> Direction:
        """As it was found."""
        return Direction(np.array(self.vector, np.float32), self.auc, (self.with_it, self.without_it))


def save_concept(run: Run, name: str, kind: str, found: Direction) -> Concept:
    """Keep a direction under a name, which replaces what had that name.

    Raises
    ------
    UserError
        For an empty or too long name, and where a hundred are kept already.
    """
    name = " ".join(name.split())
    others = [concept for concept in saved_concepts(run) if concept.name != name]
    if len(others) >= MOST:
        raise UserError(f"this run keeps {MOST} concepts already", "Delete one of them first")
    record = {
        "name": name,
        "kind": kind,
        "vector": found.vector.astype(float).tolist(),
        "auc": found.auc,
        "with_it": found.sizes[0],
        "without_it": found.sizes[1],
        "created": time.time(),
        "results": results_digest(run),
    }
    concept: Concept = parse(Concept, record)
    write_bytes(run.artefact(f"concepts/{_file(name)}"), concept_json(concept))
    return concept


def saved_concepts(run: Run) -> list[Concept]:
    """The concepts kept for the run's present results, by name; what cannot be read is left out."""
    results, size = results_digest(run), run.latents(np.zeros(1, np.int32)).shape[1]
    found = [_read(path) for path in (run.folder / "concepts").glob("*.json")]
    fitting = [one for one in found if one is not None and one.results == results and len(one.vector) == size]
    return sorted(fitting, key=lambda concept: concept.name.casefold())


def delete_concept(run: Run, name: str) -> None:
    """Keep a concept no longer; nothing happens where there is none of that name."""
    (run.folder / "concepts" / _file(name)).unlink(missing_ok=True)


def concept_json(concept: Concept) -> bytes:
    """A concept as JSON."""
    return orjson.dumps(concept.model_dump(mode="json"), option=orjson.OPT_INDENT_2)


def _read(path: Path) -> Concept | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        concept = Concept.model_validate(orjson.loads(path.read_bytes()))
    except (OSError, orjson.JSONDecodeError, ValidationError):
        return None
    return concept if path.name == _file(concept.name) else None


def _file(name: str) -> str:
    return f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
