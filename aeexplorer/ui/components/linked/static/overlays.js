/* What is laid over charts: traces, images and notes that are sent apart from the figures they belong to. */
import { decode, digestOf } from "./payload.js";

export const arrivals = new EventTarget(); // an event named by a chart's key: there are other overlays for it
export const NONE = { data: [], images: [], annotations: [], digest: "" };
const held = new Map(); // key of a chart -> its overlays, with their digest and that of their figure
const sentTo = new WeakMap(); // element -> what it was sent

/* Overlays were sent to a component's element, in place of what was sent there before. */
export function lay(bytes, element) {
  const digest = digestOf(bytes);
  if (sentTo.get(element)?.digest === digest) return;
  const overlays = { ...decode(bytes), digest };
  sentTo.set(element, overlays);
  held.set(overlays.chart, overlays);
  arrivals.dispatchEvent(new Event(overlays.chart));
}

export function lift(element) {
  const overlays = sentTo.get(element);
  if (overlays && held.get(overlays.chart) === overlays) held.delete(overlays.chart);
}

/* Those of a chart's figure of that digest; undefined while they are on their way. */
export function overlaysOf(chart, figure) {
  const overlays = held.get(chart);
  return overlays?.figure === figure ? overlays : undefined;
}

/* Puts overlays into a figure that is about to be drawn. */
export function layInto(data, layout, overlays) {
  const { data: traces, images, annotations } = structuredClone(overlays);
  data.push(...traces);
  layout.images = [...(layout.images ?? []), ...images];
  layout.annotations = [...(layout.annotations ?? []), ...annotations];
}
