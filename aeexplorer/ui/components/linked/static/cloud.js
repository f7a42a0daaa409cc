/* The points of a map, one for each sample: positions, looks, which one is nearest, and the traces for Plotly to draw. */
import { Ids } from "./ids.js";
import { Grid } from "./grid.js";
import { insideOf } from "./outline.js";

export class Cloud {
  constructor(places, { codes, looks, size, opacity, text, svg }) {
    const { ids, x, y } = places;
    Object.assign(this, { places, ids, x, y, codes, looks, size, opacity, text, svg });
    this.hidden = new Set(); // traces that the legend has switched off
  }

  get extent() {
    return (this.places.extent ??= [rangeOf(this.x), rangeOf(this.y)]);
  }

  get grid() {
    return (this.places.grid ??= new Grid(this.x, this.y, this.extent));
  }

  isShown(point) {
    return !this.hidden.has(this.looks[this.codes[point]].trace);
  }

  /* The point nearest to (x, y) within `reach` of it, lengths divided by the size of a pixel; -1 where none is. */
  nearest(x, y, pixel, reach) {
    return this.grid.nearest(x, y, pixel, reach, (point) => this.isShown(point));
  }

  /* Ids of the samples in an outline of Plotly's: { range } or { lassoPoints }. */
  inside(outline) {
    const contains = insideOf(outline);
    const found = [];
    for (let point = 0; point < this.ids.length; point += 1) {
      if (contains(this.x[point], this.y[point]) && this.isShown(point)) found.push(this.ids[point]);
    }
    return Ids.of(found);
  }

  label(point, data) {
    return this.text ? this.text[point] : (data[this.looks[this.codes[point]].trace].name ?? "");
  }

  /* For each trace of points: its index, and the points in it. */
  parts() {
    const parts = new Map();
    for (const { trace } of this.looks) parts.set(trace, []);
    this.codes.forEach((code, point) => parts.get(this.looks[code].trace).push(point));
    return parts;
  }

  /* Puts the points into the traces that were emptied of them, for Plotly to draw as `type`. */
  fill(data, type) {
    for (const [trace, points] of this.parts()) {
      const of = (values) => points.map((point) => values[point]);
      const { marker } = data[trace];
      const look = (point) => this.looks[this.codes[point]];
      if (Array.isArray(marker.color)) marker.color = points.map((point) => look(point).value);
      Object.assign(data[trace], { type, x: of(this.x), y: of(this.y), hoverinfo: "none" });
    }
    return data;
  }

  /* An invisible trace from which Plotly chooses the axes. */
  frame() {
    const [x, y] = this.extent;
    return { type: "scatter", mode: "markers", x, y, marker: { opacity: 0, size: this.size }, hoverinfo: "skip", showlegend: false };
  }
}

function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}
