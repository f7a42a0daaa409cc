"""What the parts of Explore share: the run, the page's state, the map's samples and the selection."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import LinkedEvent, Selection, linked_chart
from aeexplorer.ui.session import selected as held
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import ExploreState
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.overlay import Overlay

PANEL_HEIGHT = 300


@dataclass
class Scene:
    """One run of the page."""

    run: Run
    state: ExploreState
    ids: np.ndarray
    """Samples on the map, int32, ascending."""
    selection: Selection
    events: list[LinkedEvent] = field(default_factory=list)
    """What was done in the charts drawn so far."""

    @property
    def selected(self) -> np.ndarray:
        """Ids of the selected samples, ascending; empty where nothing is."""
        ids = self.selection.ids
        return np.empty(0, np.int32) if ids is None else ids

    def chart(
        self,
        linked: LinkedFigure,
        name: str,
        height: int = PANEL_HEIGHT,
        more: bool = False,
        zoom: bool = False,
        overlays: Sequence[Overlay] | None = None,
    ) -> LinkedEvent:
        """Draw a linked chart, as `linked_chart` does; what was selected in it is the selection from here on."""
        event = linked_chart(
            linked,
            key=f"explore-{name}",
            run=self.run.id,
            height=height,
            selection=self.selection,
            more=more,
            zoom=zoom,
            overlays=overlays,
        )
        self.events.append(event)
        self.selection = self.selection.after([event])
        return event

    def news(self, name: str) -> LinkedEvent:
        """What was done last in a chart, once, and before the chart is drawn; else nothing."""
        event, heard = LinkedEvent.of(state.get(f"explore-{name}", {})), f"explore.{name} heard"
        if event.version <= state.setdefault(heard, 0):
            return LinkedEvent()
        state.put({heard: event.version})
        self.selection = self.selection.after([event])
        return event

    def change(self, **changes: object) -> None:
        """Change the page's state."""
        self.state = state.update(self.state, **changes)

    def select(self, ids: Iterable[int]) -> None:
        """Replace the selection."""
        self.selection = self.selection.replaced(np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.int32))

    def light(self, ids: Iterable[int]) -> None:
        """Replace the selection at once; for callbacks of widgets."""
        self.select(ids)
        write_selection(self)


def read_selection(shown: ExploreState, run: Run) -> Selection:
    """The selection that the page's state names, the same object until that changes."""
    return held.read_selection(shown.page, shown.selection, run.folder / "selections", run.dataset.n)


def write_selection(scene: Scene) -> None:
    """Let the page's state, and so the address, say the selection where it is news."""
    written = held.written_selection(scene.state.page, scene.selection, scene.run.folder / "selections")
    if written is not None:
        scene.state = state.update(scene.state, selection=written)
