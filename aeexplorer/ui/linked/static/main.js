/* Entry of the linked-chart component: bytes are a chart, JSON is the selection Python holds. */
import { Chart } from "./chart.js";
import { sharedSelection } from "./selection.js";

const charts = new WeakMap(); // parent element -> { chart, turn }

export default function mount({ data, parentElement, setStateValue }) {
  if (!(data instanceof Uint8Array)) {
    sharedSelection(data.page).receive(data.ids, data.version);
    return undefined;
  }
  let held = charts.get(parentElement);
  if (!held) {
    held = { chart: new Chart(parentElement), turn: 0 };
    charts.set(parentElement, held);
  }
  const turn = ++held.turn;
  held.chart.update(data, (event) => setStateValue("event", event));
  return () => {
    // Streamlit also calls this when newer data overtook this call: the chart then lives on.
    if (turn !== held.turn) return;
    charts.delete(parentElement);
    held.chart.destroy();
  };
}
