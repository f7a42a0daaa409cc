/* The keyboard: arrows go from sample to sample, Enter clicks, "/" goes to the page's search; Escape is in selection.js. */
import { Ids } from "./ids.js";
import { axesOf } from "./plotly_internals.js";

const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ASIDE = 2; // how much more a pixel beside the direction counts than one along it
const SEARCH = "[data-aex-search], .st-key-explore-search input, [data-testid=stMain] [data-testid=stTextInput] input";

/* The keys of one chart, while it has the focus. */
export function listenToKeys(chart) {
  chart.root.addEventListener("keydown", (event) => {
    if (event.target !== chart.root || !chart.cloud || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") chart.hover.hide();
    const step = STEPS[event.key];
    if (step) go(chart, step);
    else if (event.key === "Enter") click(chart);
    else return;
    event.preventDefault();
  });
}

/* Goes to where the page is searched; says whether there is such a place. */
export function focusSearch() {
  const found = [...document.querySelectorAll(SEARCH)].find((field) => field.offsetParent !== null);
  found?.focus();
  found?.select?.();
  return Boolean(found);
}

/* Selects the point that lies next in a direction: from the one that is selected, else from the middle. */
function go(chart, [across, up]) {
  const { cloud, shared } = chart;
  const [xaxis, yaxis] = axesOf(chart.plot);
  const at = shared.ids?.size === 1 ? cloud.ids.indexOf(shared.ids.list[0]) : -1;
  const from = at < 0 ? [middle(xaxis.range), middle(yaxis.range)] : [cloud.x[at], cloud.y[at]];
  const [wide, high] = [xaxis, yaxis].map((axis) => (axis.range[1] - axis.range[0]) / axis.length);
  let [best, least] = [-1, Infinity];
  for (let point = 0; point < cloud.ids.length; point += 1) {
    if (point === at || !cloud.isShown(point)) continue;
    const [x, y] = [(cloud.x[point] - from[0]) / wide, (cloud.y[point] - from[1]) / high];
    const [along, beside] = [x * across + y * up, Math.abs(x * up - y * across)];
    const far = along + ASIDE * beside;
    if ((along > beside || at < 0) && Math.abs(far) < least) [best, least] = [point, Math.abs(far)];
  }
  if (best < 0) return;
  shared.choose(Ids.of([cloud.ids[best]]), chart);
  chart.hover.showSample(best);
}

function click(chart) {
  const { cloud, shared } = chart;
  const at = shared.ids?.size === 1 ? cloud.ids.indexOf(shared.ids.list[0]) : -1;
  if (at >= 0) shared.click({ id: cloud.ids[at], group: null, x: cloud.x[at], y: cloud.y[at] }, chart);
}

function middle([low, high]) {
  return (low + high) / 2;
}
