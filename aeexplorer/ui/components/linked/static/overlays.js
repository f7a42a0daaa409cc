/* Overlays of charts: traces, images and annotations that are sent apart from the figures they belong to. */
import { decode, digestOf } from "./payload.js";

export const arrivals = new EventTarget(); // an event named by a chart's key: its overlays changed
export const NONE = { data: [], images: [], annotations: [], digest: "" };
const current = new Map(); // key of a chart -> its overlays, with their digest and the digest of their figure
const sentTo = new WeakMap(); // element -> what it was sent

/* Stores overlays that were sent to a component's element; they replace what was sent there before. */
export function storeOverlays(bytes, element) {
  const digest = digestOf(bytes);
  if (sentTo.get(element)?.digest === digest) return;
  const overlays = { ...decode(bytes), digest };
  sentTo.set(element, overlays);
  current.set(overlays.chart, overlays);
  arrivals.dispatchEvent(new Event(overlays.chart));
}

export function dropOverlays(element) {
  const overlays = sentTo.get(element);
  if (overlays && current.get(overlays.chart) === overlays) current.delete(overlays.chart);
}

/* The overlays for a chart's figure, by the digest of the figure; undefined until they arrive. */
export function overlaysOf(chart, figure) {
  const overlays = current.get(chart);
  return overlays?.figure === figure ? overlays : undefined;
}

/* Adds overlays to a figure before it is drawn. */
export function addOverlays(data, layout, overlays) {
  const { data: traces, images, annotations } = structuredClone(overlays);
  data.push(...traces);
  layout.images = [...(layout.images ?? []), ...images];
  layout.annotations = [...(layout.annotations ?? []), ...annotations];
}
