/* Entry of the linked-chart component: bytes are a chart or the places of its points, JSON is the selection Python holds. */
import { Chart } from "./chart.js";
import { holdsPlaces } from "./payload.js";
import { bring, release } from "./places.js";
import { sharedSelection } from "./selection.js";

const held = new WeakMap(); // parent element -> { chart or nothing, turn }

export default function mount({ data, parentElement, setStateValue }) {
  if (!(data instanceof Uint8Array)) {
    sharedSelection(data.page).receive(data.ids, data.version);
    return undefined;
  }
  if (!held.has(parentElement)) held.set(parentElement, { turn: 0 });
  const own = held.get(parentElement);
  const turn = ++own.turn;
  if (holdsPlaces(data)) {
    bring(data, parentElement);
  } else {
    own.chart ??= new Chart(parentElement);
    own.chart.update(data, setStateValue);
  }
  return () => {
    // Streamlit also calls this when newer data overtook this call: what is there then lives on.
    if (turn !== own.turn) return;
    held.delete(parentElement);
    own.chart?.destroy();
    release(parentElement);
  };
}
