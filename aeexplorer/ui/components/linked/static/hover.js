/* The card of what is under the pointer: a sample, or a decoded position of the empty plane. */
import { Card } from "./card.js";
import { axesOf } from "./plotly_internals.js";

const REACH = 20; // px around the pointer in which a point counts as hovered, as in Plotly
const ROUTES = new URL("../", import.meta.url); // <base path>/aex/

export class Hover {
  constructor(chart) {
    this.chart = chart;
    this.card = new Card(chart.root);
    this.over = undefined; // what Plotly says is hovered
    const { plot } = chart;
    plot.addEventListener("mousemove", (event) => this.move(event), true);
    plot.addEventListener("mouseleave", () => this.hide());
  }

  listen() {
    const { plot } = this.chart;
    plot.on("plotly_hover", ({ points }) => this.hovered(points?.[0]));
    plot.on("plotly_unhover", () => this.hovered(undefined));
    plot.on("plotly_relayouting", () => this.hide());
  }

  move({ clientX, clientY, buttons, target }) {
    this.pointer = { clientX, clientY, drawing: buttons > 0, inside: target.classList.contains("nsewdrag") };
    if (this.chart.drawn && (this.chart.cloud || this.chart.header.decode_plane)) this.ask();
  }

  /* A tap shows the card until the next tap. */
  tap({ clientX, clientY, target }) {
    this.move({ clientX, clientY, buttons: 0, target });
  }

  /* A point of the cloud, by the keyboard. */
  showSample(point) {
    const { cloud, header, plot } = this.chart;
    const [x, y] = axesOf(plot);
    const { left, top } = plot.getBoundingClientRect();
    this.pointer = {
      clientX: left + x.offset + x.toPixel(cloud.x[point]), clientY: top + y.offset + y.toPixel(cloud.y[point]),
    };
    if (header.hover) this.show(`${this.base()}samples/${cloud.ids[point]}/card.png`, cloud.label(point, header.figure.data));
  }

  base() {
    return `runs/${encodeURIComponent(this.chart.header.run)}/`;
  }

  hovered(point) {
    this.over = point;
    this.ask();
  }

  hide() {
    this.pointer = null;
    this.card.hide();
  }

  /* Looks at most once a frame. */
  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.look();
    });
  }

  look() {
    const { hover, decode_plane: plane, decode_said: said } = this.chart.header;
    if (!this.pointer || this.pointer.drawing || !hover) return this.card.hide();
    const base = this.base();
    const hit = this.found();
    if (hit?.id !== undefined) return this.show(`${base}samples/${hit.id}/card.png`, hit.label);
    const place = !this.over && plane && this.pointer.inside ? this.chart.placeAt(this.pointer) : null;
    if (!place) return this.card.hide();
    const [x, y] = place.map((value) => Number(value.toPrecision(5)));
    return this.show(`${base}decode.png?x=${x}&y=${y}&plane=${encodeURIComponent(plane)}`, `${said} (${x.toFixed(2)}, ${y.toFixed(2)})`);
  }

  /* The sample under the pointer: { id, label }. */
  found() {
    const { chart } = this;
    if (this.over) return chart.sampleOf(this.over);
    return this.pointer.inside ? chart.sampleAt(this.pointer, REACH) : undefined;
  }

  show(path, label) {
    return this.card.show(new URL(path, ROUTES).href, label, this.pointer);
  }

  destroy() {
    this.card.destroy();
  }
}
