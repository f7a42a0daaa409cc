/* Entry of the linked-chart component: bytes are a chart or the places of its points, JSON is the selection Python holds. */
import { Chart } from "./chart.js";
import { mount } from "./mounted.js";
import { holdsPlaces } from "./payload.js";
import { bring, release } from "./places.js";
import { sharedSelection } from "./selection.js";

class Piece {
  constructor(parent) {
    this.parent = parent;
  }

  update(data, report) {
    if (holdsPlaces(data)) {
      bring(data, this.parent);
    } else {
      this.chart ??= new Chart(this.parent);
      this.chart.update(data, report);
    }
  }

  destroy() {
    this.chart?.destroy();
    release(this.parent);
  }
}

export default function show(component) {
  const { data } = component;
  if (data instanceof Uint8Array) return mount(Piece, component);
  sharedSelection(data.page).receive(data.ids, data.version);
  return undefined;
}
