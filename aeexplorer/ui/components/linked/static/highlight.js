/*
 * Shows a selection in a drawn figure.
 *
 * Where Plotly draws the points, it fades the others (our own layer: see layer.js). Plotly cannot do so in 3-D spaces (scatter3d)
 * and bars: there the whole trace fades, and a companion trace on top shows the selected points, or the selected share of
 * each bar.
 */
import { areBarsStacked, drawnBars, drawnTraces } from "./plotly_internals.js";

export const FADED = 0.1; // opacity of points that are not selected
const FADED_BAR = 0.3;

/* Adds to `data` what highlighting needs, and the selection itself where the data can carry it. */
export function prepare(data, marks, selection) {
  const marked = new Map(marks.map((item) => [item.trace, item]));
  const companions = new Map(); // trace -> { index of its companion, opacity it has unfaded }
  data.forEach((trace, index) => {
    const opacity = trace.marker?.opacity ?? 1;
    const item = marked.get(index);
    trace.unselected ??= { marker: { opacity: !item ? opacity : item.groups ? 1 : FADED } };
    if (item && !item.groups && trace.type !== "scatter3d" && selection) trace.selectedpoints = item.indices(selection);
  });
  for (const item of marks) {
    const trace = data[item.trace];
    if (!item.groups && trace.type !== "scatter3d") continue;
    companions.set(item.trace, { index: data.length, opacity: trace.marker?.opacity ?? 1 });
    data.push(companionOf(trace, Boolean(item.groups)));
  }
  return companions;
}

function companionOf(trace, bars) {
  const { type, marker = {}, orientation, xaxis, yaxis, scene } = trace;
  const shared = { type, marker: { ...marker, showscale: false }, showlegend: false, legendgroup: trace.legendgroup };
  if (bars) {
    const across = orientation === "h" ? { y: trace.y, x: [] } : { x: trace.x, y: [] };
    return { ...shared, ...across, orientation, xaxis, yaxis, hoverinfo: "skip", unselected: { marker: { opacity: 1 } } };
  }
  return { ...shared, x: [], y: [], z: [], scene, mode: "markers", hoverinfo: "none" };
}

/* Brings the drawn figure in line with `selection` (Ids or null). */
export async function highlight(plot, marks, companions, selection) {
  const restyles = new Map(); // trace -> attributes
  for (const item of marks) {
    const companion = companions.get(item.trace);
    if (companion === undefined) {
      restyles.set(item.trace, { selectedpoints: selection && item.indices(selection) });
    } else {
      const [base, above] = item.groups ? bars(plot, item, selection) : space(plot, item, selection);
      const opacity = selection ? (item.groups ? FADED_BAR : FADED) : companion.opacity;
      restyles.set(item.trace, { ...base, "marker.opacity": opacity });
      restyles.set(companion.index, above);
    }
  }
  if (restyles.size) await restyle(plot, restyles);
}

function restyle(plot, restyles) {
  const names = new Set([...restyles.values()].flatMap((attributes) => Object.keys(attributes)));
  const update = {};
  for (const name of names) update[name] = [...restyles.values()].map((attributes) => attributes[name]);
  return window.Plotly.restyle(plot, update, [...restyles.keys()]);
}

function bars(plot, item, selection) {
  const trace = plot.data[item.trace];
  const { count, bases, offset, width } = drawnBars(plot, item.trace);
  const length = trace.orientation === "h" ? "x" : "y";
  const above = {
    [length]: selection ? item.counts(selection, count) : [],
    offset,
    width,
    base: areBarsStacked(plot) ? bases : undefined,
  };
  return [{ selectedpoints: null }, above];
}

function space(plot, item, selection) {
  const trace = plot.data[item.trace];
  const indices = selection ? item.indices(selection) : [];
  const pick = (values) => (isList(values) ? indices.map((index) => values[index]) : values);
  const above = { x: pick(trace.x), y: pick(trace.y), z: pick(trace.z) };
  const marker = trace.marker ?? {};
  for (const name of ["color", "size", "symbol"]) if (isList(marker[name])) above[`marker.${name}`] = pick(marker[name]);
  const scale = drawnTraces(plot)[item.trace].marker;
  if (isList(marker.color) && scale.cmin !== undefined) {
    above["marker.cmin"] = scale.cmin;
    above["marker.cmax"] = scale.cmax;
  }
  return [{}, above];
}

function isList(value) {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
