"""Events of Explore: what a person did in the charts since the last run, handled once, before anything is drawn."""

from aeexplorer.ui.components.linked import take_events
from aeexplorer.ui.explore.detail import limit_points
from aeexplorer.ui.explore.layers import samples_at
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.projected import ShownProjection
from aeexplorer.ui.explore.scene import Scene, chart_key
from aeexplorer.ui.session.page_states import ExploreState


def handle_events(scene: Scene, shown: ShownProjection, panel: Panel) -> None:
    """Apply what was done in the charts to the scene: lassos, clicks on the map, events of the open panel.

    A click on a point goes to the open panel, a click beside all points to the layers that are on.
    """
    prefix = chart_key("")
    events = {key.removeprefix(prefix): event for key, event in take_events(ExploreState.page).items()}
    scene.use_selection(scene.selection.after(events.values()))
    limit_points(scene)
    click = events.get("map")
    if click is not None and click.clicked is not None:
        if panel.click:
            panel.click(scene, click.clicked)
    elif click is not None and click.x is not None and click.y is not None:
        ids = samples_at(scene, shown.projection, click.x, click.y)
        if ids is not None:
            scene.select(ids)
    if panel.prepare:
        panel.prepare(scene, events)
