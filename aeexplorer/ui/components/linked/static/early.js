/* Has Plotly evaluated while the page waits for its script to run on the server: half a second that nobody then waits for. */
import { loadPlotly } from "./plotly.js";

const name = new URL(import.meta.url).searchParams.get("plotly");
const connected = "[data-testid=stApp][data-test-connection-state=CONNECTED]";

const watch = new MutationObserver(() => {
  if (!document.querySelector(connected)) return;
  watch.disconnect();
  loadPlotly(name);
});
watch.observe(document.body, { subtree: true, childList: true, attributeFilter: ["data-test-connection-state"] });
