"""Route of a sample decoded with some of its codes changed: ``…/samples/{sample}/edited.png?edits=place:code,…``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aeexplorer.routes._serving import parse_index, run_routes

if TYPE_CHECKING:
    from aeexplorer.training.run import Run
    from aeexplorer.views.pictures.cards import Rows


def _edited(run: "Run", path: Mapping[str, str], query: Mapping[str, str]) -> "bytes | Rows":
    from aeexplorer.analysis.codes.codebook import codes_of
    from aeexplorer.analysis.codes.surgery import parse_edits
    from aeexplorer.views.pictures.surgery import edited_card

    codes_of(run)
    sample = parse_index(path["sample"], "sample", run.dataset.n)
    return edited_card(run, sample, parse_edits(run, query.get("edits", "")))


ROUTES = run_routes("samples/{sample}/edited", _edited)
"""The routes, without base path."""
