/*
 * The zoom of a map, or the camera of a 3-D space, in the address.
 *
 * The browser alone reads and writes it, so that zooming runs no script. Python leaves the parameter as it is; when Streamlit
 * writes an address, this module writes the current zoom over the old one.
 */
import { axesOf, cameraOf } from "./plotly_internals.js";

const NAME = "zoom";
const PAUSE = 400; // ms between the last zoom and the address
const FORM = /^([0-9a-z]{1,7})((?:,-?\d{1,9}(?:\.\d{1,12})?)+)$/;
const AREA = 4; // numbers: x from, to, y from, to; of a camera nine: eye, centre, up
const PLAIN = [1.25, 1.25, 1.25, 0, 0, 0, 0, 0, 1]; // Plotly's own camera
const FAR = 100; // largest coordinate of a camera

export class Zoom {
  constructor(chart) {
    this.chart = chart;
    this.revision = null; // revision of the figure drawn last, which the zoom belongs to
    this.seen = undefined; // numbers; null: the whole map is visible; undefined: nobody zoomed here, the zoom in the address belongs to another chart
    this.path = location.pathname;
    this.onBack = () => this.follow();
    this.onEntry = ({ navigationType }) => navigationType !== "traverse" && this.write();
  }

  /* Before each drawing: puts what is in sight into the layout. In the first one Plotly learns what all of the map is. */
  into(layout, kind) {
    if (!this.chart.header.zoom) return;
    if (this.timer) this.take();
    const revision = layout.uirevision ?? "";
    if (revision !== this.revision) {
      this.revision = revision;
      this.fits = kind === "space" ? isCamera : isArea;
      this.seen = this.read() ?? (this.seen && null);
      this.write();
    }
    for (const [name, value] of this.seen && this.chart.drawn ? partsOf(this.seen) : []) {
      const [part, key] = name.split(".");
      layout[part] = { ...layout[part], [key]: value };
    }
  }

  /* After the first drawing. */
  listen() {
    if (!this.chart.header.zoom) return;
    if (this.seen) this.show(partsOf(this.seen));
    this.chart.plot.on("plotly_relayout", (change) => {
      if (!isZoom(change, this.chart.kind)) return;
      this.rest();
      this.timer = setTimeout(() => { this.take(); this.write(); }, PAUSE);
    });
    window.addEventListener("popstate", this.onBack);
    window.navigation?.addEventListener("currententrychange", this.onEntry);
  }

  /* Takes over what is visible now. */
  take() {
    this.rest();
    this.seen = inSight(this.chart.plot, this.chart.kind);
  }

  /* The numbers that the address has for what is drawn. */
  read() {
    const [, tag, listed] = new URLSearchParams(location.search).get(NAME)?.match(FORM) ?? [];
    if (tag !== tagOf(this.revision)) return undefined;
    const numbers = listed.slice(1).split(",").map(Number);
    return this.fits(numbers) ? numbers : undefined;
  }

  write() {
    if (this.seen === undefined || location.pathname !== this.path) return;
    const url = new URL(location.href);
    if (this.seen) url.searchParams.set(NAME, [tagOf(this.revision), ...short(this.seen)].join());
    else url.searchParams.delete(NAME);
    if (url.search !== location.search) history.replaceState(history.state, "", url);
  }

  /* A person went back or forward to another address of this page. */
  follow() {
    if (location.pathname !== this.path) return;
    const before = this.seen;
    this.seen = this.read();
    const other = this.seen === undefined && new URLSearchParams(location.search).has(NAME); // the zoom of a map that is not drawn yet
    if (other || !(before || this.seen)) return;
    this.show(this.seen ? partsOf(this.seen) : wholeOf(before));
  }

  show(parts) {
    this.chart.enqueue(async () => {
      await window.Plotly.relayout(this.chart.plot, Object.fromEntries(parts));
      this.rest(); // nobody zoomed
    });
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  destroy() {
    this.rest();
    window.removeEventListener("popstate", this.onBack);
    window.navigation?.removeEventListener("currententrychange", this.onEntry);
  }
}

/* Whether a change of Plotly's layout is a zoom. For the mouse wheel in a 3-D space Plotly reports an empty change. */
function isZoom(change, kind) {
  const names = Object.keys(change);
  return names.some((name) => /^([xy]axis|scene)\./.test(name)) || (kind === "space" && !names.length);
}

function isArea({ length, 0: left, 1: right, 2: bottom, 3: top }) {
  return length === AREA && left < right && bottom < top;
}

function isCamera(numbers) {
  return numbers.length === PLAIN.length && numbers.every((number) => Math.abs(number) < FAR);
}

function inSight(plot, kind) {
  const [xaxis, yaxis] = kind === "space" ? [] : axesOf(plot);
  if (xaxis) return xaxis.autorange && yaxis.autorange ? null : [...xaxis.range, ...yaxis.range];
  const camera = cameraOf(plot);
  return camera.slice(0, 6).every((number, at) => Math.abs(number - PLAIN[at]) < 1e-3) ? null : camera;
}

/* As parts of a layout. */
function partsOf(numbers) {
  if (numbers.length === AREA) return [["xaxis.range", numbers.slice(0, 2)], ["yaxis.range", numbers.slice(2)]];
  const [eye, center, up] = [0, 3, 6].map((at) => ({ x: numbers[at], y: numbers[at + 1], z: numbers[at + 2] }));
  return [["scene.camera", { eye, center, up }]];
}

function wholeOf({ length }) {
  return length === AREA ? [["xaxis.autorange", true], ["yaxis.autorange", true]] : partsOf(PLAIN);
}

/* Numbers as text, to a thousandth of the visible width. */
function short(numbers) {
  const wide = numbers.length === AREA ? Math.min(numbers[1] - numbers[0], numbers[3] - numbers[2]) : 1;
  const decimals = Math.min(12, Math.max(0, 3 - Math.floor(Math.log10(wide))));
  return numbers.map((number) => number.toFixed(decimals));
}

/* A few letters that stand for a text. */
function tagOf(text) {
  let hash = 0x811c9dc5; // FNV-1a
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193);
  return (hash >>> 0).toString(36);
}
