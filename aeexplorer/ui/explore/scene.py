"""What the parts of Explore share: the run, the page's state, the map's samples and the selection."""

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


@dataclass
class Scene:
    """One run on the page. It changes in `handle_events` and in callbacks of widgets; drawing leaves it as it is."""

    run: Run
    state: ExploreState
    ids: np.ndarray
    """Samples on the map, int32 ``(n,)``, ascending."""
    selection: Selection

    @property
    def selected(self) -> np.ndarray:
        """Ids of the selected samples, int32 ``(n,)``, ascending; empty where nothing is selected."""
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
        """Draw a linked chart, see `linked_chart`; `name` is what `handle_events` knows the chart by."""
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
        """Replace the selection, in the page's state and address too."""
        array = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.int32)
        self.use_selection(self.selection.replaced(array))

    def use_selection(self, selection: Selection) -> None:
        """Take over a selection and write it to the page's state."""
        self.selection = selection
        text = store_selection(self.state.page, selection, self.run.folder / "selections")
        if text is not None:
            self.change(selection=text)


def scene_of(run: Run, shown: ExploreState, ids: np.ndarray) -> Scene:
    """Return the scene of a run, with the selection that the page's state names."""
    return Scene(run, shown, ids, read_selection(shown.page, shown.selection, run.folder / "selections", run.dataset.n))


def chart_key(name: str) -> str:
    """Key of a chart of Explore in session state."""
    return f"{ExploreState.page}-{name}"
