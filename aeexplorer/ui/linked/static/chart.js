/* One linked chart: draws what Python sent, tells the shared selection what a person did, shows what is selected. */
import { Card } from "./card.js";
import { highlight, prepare } from "./highlight.js";
import { Ids } from "./ids.js";
import { Marks } from "./marks.js";
import { decode, digestOf } from "./payload.js";
import { loadPlotly } from "./plotly.js";
import { sharedSelection } from "./selection.js";
import { configOf, templateOf, themeOf } from "./theme.js";

const STILL = 4; // px the mouse may move in a click
const ROUTES = new URL("../", import.meta.url); // <base path>/aex/

const DRAG = {
  map: { dragmode: "lasso" },
  cloud: { dragmode: "orbit" },
  bars: { dragmode: "select", selectdirection: "h" }, // a bar is in the box as soon as its tip is: full height
  rows: { dragmode: "select", selectdirection: "v" },
};

let drawing = Promise.resolve();

/* Draws one chart of the page after the other, so that the first is seen before the next one begins. */
function inTurn(draw) {
  const done = drawing.then(draw);
  drawing = done.catch(() => undefined).then(() => new Promise((next) => setTimeout(next)));
  return done;
}

export class Chart {
  constructor(parent) {
    this.root = document.createElement("figure");
    this.root.className = "aex-linked";
    this.plot = document.createElement("div");
    this.plot.className = "aex-plot";
    this.caption = document.createElement("figcaption");
    this.root.append(this.plot, this.caption);
    parent.append(this.root);
    this.card = new Card(this.root);
    this.digest = null;
    this.shared = null;
    this.draws = 0;
    this.work = Promise.resolve(); // drawing and highlighting, one after the other
    this.onSelection = () => this.enqueue(() => this.highlight());
    this.sizes = new ResizeObserver(() => this.fit());
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.header && this.enqueue(() => this.draw()));
    this.plot.addEventListener("mousedown", (event) => this.press(event), true);
    this.plot.addEventListener("mouseup", (event) => this.release(event), true);
    this.plot.addEventListener("mousemove", ({ clientX, clientY }) => (this.pointer = { clientX, clientY }), true);
    this.plot.addEventListener("mouseleave", () => this.card.hide());
  }

  update(bytes, report) {
    this.report = report;
    const digest = digestOf(bytes);
    if (digest === this.digest) return;
    this.digest = digest;
    this.header = decode(bytes);
    this.marks = this.header.marks.map((item) => new Marks(item));
    this.join(sharedSelection(this.header.page));
    this.caption.textContent = this.header.caption;
    this.root.dataset.chart = this.header.key;
    this.root.setAttribute("aria-label", this.header.title);
    this.plot.style.height = `${this.header.height}px`;
    this.enqueue(() => this.draw());
  }

  join(shared) {
    if (shared === this.shared) return;
    this.leave();
    this.shared = shared;
    shared.join(this);
    shared.addEventListener("change", this.onSelection);
  }

  leave() {
    this.shared?.removeEventListener("change", this.onSelection);
    this.shared?.leave(this);
  }

  enqueue(step) {
    this.work = this.work.then(() => (this.gone ? undefined : step())).catch((problem) => console.error("aeexplorer chart:", problem));
  }

  async draw() {
    await loadPlotly(this.header.plotly);
    if (this.plot.offsetWidth) await inTurn(() => this.gone || this.drawNow());
    else this.sizes.observe(this.plot); // in a closed tab: drawn when it opens
  }

  async drawNow() {
    const { data, layout } = structuredClone(this.header.figure);
    // what we add must bring no legend, and a legend would lie on a colour bar
    layout.showlegend ??= data.length > 1 && !data.some((trace) => trace.marker?.showscale);
    for (const trace of data) if (trace.name) trace.name = plain(trace.name);
    const { ids } = this.shared;
    this.theme = themeOf(this.root);
    this.companions = prepare(data, this.marks, ids);
    if (this.header.hover) for (const item of this.marks) if (!item.groups) Object.assign(data[item.trace], { hoverinfo: "none", hovertemplate: undefined });
    const kind = kindOf(data, this.marks);
    this.draws += 1;
    await window.Plotly.react(this.plot, data, {
      uirevision: "kept",
      ...DRAG[kind],
      clickanywhere: this.header.decode_plane !== "",
      hoveranywhere: this.header.decode_plane !== "",
      ...layout,
      template: templateOf(this.theme),
      selectionrevision: this.draws, // the selection is ours to carry over: by id, never by position
      autosize: true,
    }, this.config(kind));
    if (!this.drawn) this.listen();
    this.drawn = true;
    if (ids) await this.highlight();
    else this.root.dataset.selected = "";
    this.root.dataset.drawn = this.digest;
  }

  /* The same object for as long as it will do: another one would make Plotly start over, and forget the zoom. */
  config(kind) {
    if (kind !== this.kind) {
      this.kind = kind;
      this.options = configOf(kind, (format) => this.download(format));
    }
    return this.options;
  }

  async highlight() {
    if (!this.drawn) return;
    const { ids } = this.shared;
    await highlight(this.plot, this.marks, this.companions, ids);
    this.root.dataset.selected = ids ? String(ids.size) : "";
  }

  listen() {
    this.plot.on("plotly_selected", (event) => event?.points && this.selected(event.points));
    this.plot.on("plotly_deselect", () => this.shared.choose(null, this));
    this.plot.on("plotly_click", (event) => this.kind !== "cloud" && event.event.detail < 2 && this.clicked(event));
    this.plot.on("plotly_hover", (event) => this.hovered(event));
    this.plot.on("plotly_unhover", () => this.unhovered());
    this.plot.on("plotly_relayouting", () => this.card.hide());
    this.sizes.observe(this.plot);
  }

  press({ shiftKey, clientX, clientY }) {
    this.adding = shiftKey;
    this.pressed = { clientX, clientY };
  }

  /* A click in a cloud: Plotly's own event also comes while a person turns the cloud. */
  release({ clientX, clientY }) {
    const still = Math.hypot(clientX - this.pressed?.clientX, clientY - this.pressed?.clientY) < STILL;
    if (this.kind === "cloud" && still && this.over) this.clicked({ points: [this.over] });
  }

  selected(points) {
    const byTrace = new Map();
    for (const { curveNumber, pointNumber } of points) {
      if (!byTrace.has(curveNumber)) byTrace.set(curveNumber, []);
      byTrace.get(curveNumber).push(pointNumber);
    }
    const hit = this.marks.filter((item) => byTrace.has(item.trace)).map((item) => item.samples(byTrace.get(item.trace)));
    this.dropOutline();
    this.choose(hit.reduce((all, ids) => all.union(ids), Ids.of([])));
  }

  /* Adds to the selection while shift is held, else replaces it. */
  choose(ids) {
    const before = this.shared.ids;
    const chosen = this.adding && before ? before.union(ids) : ids;
    this.shared.choose(chosen, this);
    this.onSelection(); // Plotly has faded this chart by position: put it right even where nothing changed
  }

  dropOutline() {
    for (const outline of this.plot.querySelectorAll(".select-outline")) outline.remove();
    this.plot._fullLayout._outlining = false;
    for (const subplot of Object.values(this.plot._fullLayout._plots)) delete subplot.selection;
  }

  clicked({ points, xvals, yvals }) {
    const hit = this.sampleAt(points?.[0]);
    const where = {
      id: hit?.id ?? null, group: hit?.group ?? null, x: number(xvals?.[0] ?? points?.[0]?.x), y: number(yvals?.[0] ?? points?.[0]?.y),
    };
    if (hit?.group !== undefined) this.choose(hit.item.samples([hit.group]));
    else if (hit && (this.adding || this.kind === "cloud")) this.choose(Ids.of([hit.id]));
    this.shared.click(where, this);
  }

  /* The sample, or the group, behind a point of a Plotly event. */
  sampleAt(point) {
    if (!point) return undefined;
    for (const item of this.marks) {
      if (item.trace === point.curveNumber) {
        return item.groups ? { item, group: point.pointNumber } : { item, id: item.ids[point.pointNumber] };
      }
      if (this.companions.get(item.trace)?.index === point.curveNumber && !item.groups) {
        return { item, id: item.ids[item.indices(this.shared.ids)[point.pointNumber]] };
      }
    }
    return undefined;
  }

  hovered({ points, xvals, yvals }) {
    const { run, hover, decode_plane: plane } = this.header;
    this.over = points?.[0];
    const hit = this.sampleAt(this.over);
    const base = `runs/${encodeURIComponent(run)}/`;
    if (hit?.id !== undefined && hover) {
      this.point(`${base}samples/${hit.id}/card.png`, this.labelOf(this.over, hit));
    } else if (plane && !this.over && xvals) {
      const [x, y] = [xvals[0], yvals[0]].map((value) => Number(value.toPrecision(5)));
      this.point(`${base}decode.png?x=${x}&y=${y}&plane=${encodeURIComponent(plane)}`, `decoded at (${x.toFixed(2)}, ${y.toFixed(2)})`);
    } else {
      this.card.hide();
    }
  }

  unhovered() {
    this.over = undefined;
    this.card.hide();
  }

  labelOf({ hovertext, text }, { item }) {
    return hovertext ?? text ?? this.header.figure.data[item.trace].name ?? "";
  }

  /* Asks for a card at most once a frame. */
  point(path, label) {
    const waiting = this.pending;
    this.pending = { path, label };
    if (waiting) return;
    requestAnimationFrame(() => {
      const next = this.pending;
      this.pending = null;
      if (this.plot.matches(":hover")) this.card.show(new URL(next.path, ROUTES).href, next.label, this.pointer);
    });
  }

  fit() {
    if (!this.plot.offsetWidth || this.gone) return;
    if (this.drawn) this.enqueue(() => window.Plotly.Plots.resize(this.plot));
    else if (this.header) this.enqueue(() => this.draw());
  }

  download(format) {
    const { data, layout } = this.plot;
    const { offsetWidth: width, offsetHeight: height } = this.plot;
    const opaque = { ...layout, paper_bgcolor: this.theme.background };
    return window.Plotly.downloadImage({ data, layout: opaque }, { format, width, height, scale: format === "png" ? 2 : 1, filename: this.header.key });
  }

  destroy() {
    this.gone = true;
    this.leave();
    this.sizes.disconnect();
    this.card.destroy();
    this.root.remove();
    this.work.then(() => this.drawn && window.Plotly.purge(this.plot)); // once what is being drawn is
  }
}

function kindOf(data, marks) {
  if (data.some((trace) => trace.type === "scatter3d")) return "cloud";
  if (!marks.length || marks.some((item) => !item.groups)) return "map";
  return data[marks[0].trace].orientation === "h" ? "rows" : "bars";
}

/* Plotly reads names as a kind of HTML; these are people's data. */
function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function number(value) {
  return Number.isFinite(value) ? value : null;
}
