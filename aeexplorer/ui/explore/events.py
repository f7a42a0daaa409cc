"""Events of the charts on Explore since the last run of the page. They are handled once, before the page is drawn."""

from aeexplorer.ui.components.linked import take_events
from aeexplorer.ui.explore.layers import samples_at
from aeexplorer.ui.explore.map_detail import limit_points
from aeexplorer.ui.explore.page_map import PageMap
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene, chart_key
from aeexplorer.ui.session.page_states import ExploreState


def handle_events(scene: Scene, page_map: PageMap, panel: Panel) -> None:
    """Apply the events of the charts to the scene: lassos, clicks on the map, and events of the open panel's charts.

    The open panel handles a click on a point. The layers that are on handle a click beside the points.
    """
    prefix = chart_key("")
    events = {key.removeprefix(prefix): event for key, event in take_events(ExploreState.page).items()}
    scene.use_selection(scene.selection.after(events.values()))
    limit_points(scene)
    map_event = events.get("map")
    if map_event is not None and map_event.clicked is not None:
        if panel.click:
            panel.click(scene, map_event.clicked)
    elif map_event is not None and map_event.x is not None and map_event.y is not None:
        ids = samples_at(scene, page_map.projection, map_event.x, map_event.y)
        if ids is not None:
            scene.select(ids)
    if panel.prepare:
        panel.prepare(scene, events)
