"""Routes of the cards that appear when hovering: samples, positions on a map, codes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aeexplorer.routes._serving import parse_coordinate, parse_index, run_routes

if TYPE_CHECKING:
    from aeexplorer.training.run import Run
    from aeexplorer.views.pictures.cards import Rows

Part = Mapping[str, str]


def _sample(run: "Run", path: Part, query: Part) -> "bytes | Rows":
    from aeexplorer.views.pictures.cards import sample_card

    return sample_card(run, parse_index(path["sample"], "sample", run.dataset.n))


def _decoded(run: "Run", path: Part, query: Part) -> "bytes | Rows":
    from aeexplorer.views.pictures.cards import decoded_card

    return decoded_card(run, parse_coordinate(query, "x"), parse_coordinate(query, "y"), query.get("plane", "latents"))


def _code(run: "Run", path: Part, query: Part) -> "bytes | Rows":
    from aeexplorer.analysis.codes.codebook import codebook_size, codes_of
    from aeexplorer.views.pictures.cards import code_card

    codes_of(run)
    return code_card(run, parse_index(path["code"], "code", codebook_size(run)))


ROUTES = [
    *run_routes("samples/{sample}/card", _sample),
    *run_routes("decode", _decoded),
    *run_routes("codes/{code}", _code),
]
"""The routes, without base path."""
