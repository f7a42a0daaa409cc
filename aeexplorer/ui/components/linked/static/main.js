/* Entry of the linked-chart component: bytes are a chart, or a part of it; JSON is the selection Python holds. */
import { Chart } from "./chart.js";
import { mount } from "./mounted.js";
import { dropOverlays, storeOverlays } from "./overlays.js";
import { contentOf } from "./payload.js";
import { dropPlaces, storePlaces } from "./places.js";
import { sharedSelection } from "./selection.js";

class Piece {
  constructor(parent) {
    this.parent = parent;
  }

  update(data, report) {
    const content = contentOf(data);
    if (content === "places") return storePlaces(data, this.parent);
    if (content === "overlays") return storeOverlays(data, this.parent);
    this.chart ??= new Chart(this.parent);
    return this.chart.update(data, report);
  }

  destroy() {
    this.chart?.destroy();
    dropPlaces(this.parent);
    dropOverlays(this.parent);
  }
}

export default function show(component) {
  const { data } = component;
  if (data instanceof Uint8Array) return mount(Piece, component);
  sharedSelection(data.page).receive(data.ids, data.version);
  return undefined;
}
