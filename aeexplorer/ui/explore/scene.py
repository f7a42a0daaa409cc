"""Data that all parts of Explore use: the run, the page's state, the samples on the map and the selection."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import linked_chart
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.selection import Selection, read_selection, store_selection
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.overlay import Overlay

PANEL_HEIGHT = 300
"""Default height of a chart in CSS pixels."""


@dataclass
class Scene:
    """The open run on the page. `handle_events` and callbacks of widgets change the scene; drawing does not."""

    run: Run
    state: ExploreState
    ids: np.ndarray
    """Ids of the samples on the map, int32 ``(n,)``, ascending."""
    selection: Selection

    @property
    def selected(self) -> np.ndarray:
        """Ids of the selected samples, int32 ``(n,)``, ascending; empty if nothing is selected."""
        return self.selection.ids

    def chart(
        self,
        linked: LinkedFigure,
        name: str,
        height: int = PANEL_HEIGHT,
        more: bool = False,
        zoom: bool = False,
        overlays: Sequence[Overlay] | None = None,
    ) -> None:
        """Draw a linked chart; see `linked_chart`. Events of the chart have the key `name` in `handle_events`."""
        linked_chart(
            linked,
            key=chart_key(name),
            run=self.run.id,
            height=height,
            selection=self.selection,
            more=more,
            zoom=zoom,
            overlays=overlays,
        )

    def change(self, **changes: object) -> None:
        """Change fields of the page's state."""
        self.state = state.update(self.state, **changes)

    def select(self, ids: Iterable[int]) -> None:
        """Replace the selection, also in the page's state and in the address."""
        array = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.int32)
        self.use_selection(self.selection.replaced(array))

    def use_selection(self, selection: Selection) -> None:
        """Set the selection and write it to the page's state."""
        self.selection = selection
        text = store_selection(self.state.page, selection, self.run.folder / "selections")
        if text is not None:
            self.change(selection=text)


def scene_of(run: Run, page_state: ExploreState, ids: np.ndarray) -> Scene:
    """Return the scene of a run with the selection in the page's state."""
    selection = read_selection(page_state.page, page_state.selection, run.folder / "selections", run.dataset.n)
    return Scene(run, page_state, ids, selection)


def chart_key(name: str) -> str:
    """Return the session key of a chart of Explore."""
    return f"{ExploreState.page}-{name}"
