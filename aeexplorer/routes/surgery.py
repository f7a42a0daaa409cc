"""What a sample decodes to with some of its codes changed, over HTTP: ``…/samples/{sample}/edited.png?edits=place:code,…``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aeexplorer.routes._serving import about_run, whole

if TYPE_CHECKING:
    from aeexplorer.training.run import Run
    from aeexplorer.views.pictures.cards import Rows


def _edited(run: "Run", path: Mapping[str, str], query: Mapping[str, str]) -> "bytes | Rows":
    from aeexplorer.analysis.codes.codebook import codes_of
    from aeexplorer.analysis.codes.surgery import read_edits
    from aeexplorer.views.pictures.surgery import edited_card

    codes_of(run)
    sample = whole(path["sample"], "sample", run.dataset.n)
    return edited_card(run, sample, read_edits(run, query.get("edits", "")))


ROUTES = about_run("samples/{sample}/edited", _edited)
"""The routes, without base path."""
