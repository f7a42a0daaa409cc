"""What hovering shows, over HTTP: cards of samples, of positions on a map, of codes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aeexplorer.routes._serving import about_run, coordinate, whole

if TYPE_CHECKING:
    from aeexplorer.training.run import Run
    from aeexplorer.views.pictures.cards import Rows

Part = Mapping[str, str]


def _sample(run: "Run", path: Part, query: Part) -> "bytes | Rows":
    from aeexplorer.views.pictures.cards import sample_card

    return sample_card(run, whole(path["sample"], "sample", run.dataset.n))


def _decoded(run: "Run", path: Part, query: Part) -> "bytes | Rows":
    from aeexplorer.views.pictures.cards import decoded_card

    return decoded_card(run, coordinate(query, "x"), coordinate(query, "y"), query.get("plane", "latents"))


def _code(run: "Run", path: Part, query: Part) -> "bytes | Rows":
    from aeexplorer.analysis.codes.codebook import codebook_size, codes_of
    from aeexplorer.views.pictures.cards import code_card

    codes_of(run)
    return code_card(run, whole(path["code"], "code", codebook_size(run)))


ROUTES = [
    *about_run("samples/{sample}/card", _sample),
    *about_run("decode", _decoded),
    *about_run("codes/{code}", _code),
]
"""The routes, without base path."""
