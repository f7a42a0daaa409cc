/* One linked chart: draws what Python sent, tells the shared selection what a person did, shows what is selected. */
import { Cloud } from "./cloud.js";
import { download } from "./download.js";
import { highlight, prepare } from "./highlight.js";
import { Hover } from "./hover.js";
import { Ids } from "./ids.js";
import { listenToKeys } from "./keys.js";
import { DRAG, kindOf } from "./kinds.js";
import { attachPointsLayer, paintPoints } from "./points_layer.js";
import { Marks } from "./marks.js";
import { arrivals, addOverlays, NONE, overlaysOf } from "./overlays.js";
import { decode, digestOf } from "./payload.js";
import { placesOf } from "./places.js";
import { loadPlotly } from "./plotly.js";
import { axesOf, dropOutline } from "./plotly_internals.js";
import { VisibleArea } from "./visible_area.js";
import { ScreenReader } from "./screen_reader.js";
import { sharedSelection } from "./selection.js";
import { configOf, templateOf, themeOf } from "./theme.js";
import { listenToFingers } from "./touch.js";
import { drawInTurn } from "./draw_queue.js";
import { Zoom } from "./zoom.js";

const STILL = 4; // px the mouse may move in a click
const NEAR = 20; // px between a click and the point it means

export class Chart {
  constructor(parent) {
    this.root = document.createElement("figure");
    this.root.className = "aex-linked";
    this.plot = document.createElement("div");
    this.plot.className = "aex-plot";
    this.caption = document.createElement("figcaption");
    this.root.append(this.plot, this.caption);
    parent.append(this.root);
    this.digest = null;
    this.shared = null;
    this.draws = 0;
    this.work = Promise.resolve(); // drawing and highlighting, one after the other
    this.onSelection = () => this.enqueue(() => this.highlight());
    this.onOverlays = () => this.redraw();
    this.sizes = new ResizeObserver(() => this.fit());
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.followTheme());
    this.plot.addEventListener("mousedown", (event) => this.press(event), true);
    this.plot.addEventListener("mouseup", (event) => this.release(event), true);
    this.hover = new Hover(this);
    this.screenReader = new ScreenReader(this.root);
    this.zoom = new Zoom(this);
    listenToKeys(this);
    listenToFingers(this);
  }

  update(bytes, tell) {
    this.tell = tell;
    const digest = digestOf(bytes);
    if (digest === this.digest) return;
    this.digest = digest;
    arrivals.removeEventListener(this.header?.key, this.onOverlays);
    this.header = decode(bytes);
    if (this.header.overlaid) arrivals.addEventListener(this.header.key, this.onOverlays);
    this.join(sharedSelection(this.header.page));
    this.caption.textContent = this.header.caption;
    this.root.dataset.chart = this.header.key;
    this.plot.style.height = `${this.header.height}px`;
    this.redraw();
  }

  redraw() {
    this.since = performance.now();
    this.enqueue(() => (this.root.dataset.drawn === this.digest + this.overlays?.digest ? undefined : this.draw()));
  }

  /* The overlays of the figure; undefined until they arrive. */
  get overlays() {
    return this.header.overlaid ? overlaysOf(this.header.key, this.digest) : NONE;
  }

  report(event) {
    this.tell("event", event);
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
    const { header } = this;
    const [places] = await Promise.all([header.points && placesOf(header.points.places), loadPlotly(header.plotly)]);
    if (header !== this.header || this.gone) return; // overtaken
    if (!this.plot.offsetWidth) this.sizes.observe(this.plot); // in a closed tab: drawn when it opens
    else await drawInTurn(() => this.gone || header !== this.header || this.drawNow(places));
  }

  async drawNow(places) {
    const { overlays, digest, header: { figure, points, hover, decode_plane: plane } } = this;
    if (!overlays) return; // drawn when they arrive
    // figure with its overlays
    const { data, layout } = structuredClone(figure);
    addOverlays(data, layout, overlays);
    this.traces = data.length; // what we add comes after them
    this.cloud = places && new Cloud(places, points);
    this.marks = this.header.marks.map((item) => new Marks(item));
    // what we add must bring no legend, and a legend would lie on a colour bar
    layout.showlegend ??= data.length > 1 && !data.some((trace) => trace.marker?.showscale);
    for (const trace of data) if (trace.name) trace.name = plain(trace.name);
    const { ids } = this.shared;
    // points and what the highlighting of a selection needs
    this.theme = themeOf(this.root);
    if (this.cloud?.svg) this.fillIn(data);
    this.companions = prepare(data, this.marks, ids);
    if (hover) for (const item of this.marks) if (!item.groups) Object.assign(data[item.trace], { hoverinfo: "none", hovertemplate: undefined });
    if (this.cloud && !this.cloud.svg) data.push(this.cloud.frame());
    const kind = this.cloud ? "map" : kindOf(data, this.marks);
    // draw
    this.draws += 1;
    this.zoom.into(layout, kind);
    await window.Plotly.react(this.plot, data, {
      uirevision: "kept",
      ...DRAG[kind],
      clickanywhere: kind === "map" || plane !== "",
      ...layout,
      template: templateOf(this.theme),
      selectionrevision: this.draws, // the selection is ours to carry over: by id, never by position
      autosize: true,
    }, this.config(kind));
    if (!this.drawn) this.listen();
    this.drawn = true;
    // layer of points, texts, selection
    attachPointsLayer(this);
    this.screenReader.describe(this);
    if (ids) await this.highlight();
    else this.announceSelection();
    this.root.dataset.drawn = digest + overlays.digest;
    performance.measure(`aex ${this.header.key}`, { start: this.since }); // from data to picture, for `bench interaction`
  }

  /* Gives few points to Plotly to draw. */
  fillIn(data) {
    this.cloud.fill(data, "scatter");
    for (const [trace, points] of this.cloud.parts()) {
      data[trace].marker.size = this.cloud.size * this.theme.grown;
      this.marks.push(new Marks({ trace, ids: Int32Array.from(points, (point) => this.cloud.ids[point]), groups: null }));
    }
  }

  /* The same object while the kind stays: another one would make Plotly start over and lose the zoom. */
  config(kind) {
    if (kind !== this.kind) {
      this.kind = kind;
      this.options = configOf(kind, (format) => download(this, format));
    }
    return this.options;
  }

  async highlight() {
    if (!this.drawn) return;
    const { ids } = this.shared;
    this.layer?.choose(ids);
    paintPoints(this);
    await highlight(this.plot, this.marks, this.companions, ids);
    this.announceSelection();
  }

  announceSelection() {
    const { ids } = this.shared;
    this.root.dataset.selected = ids ? String(ids.size) : "";
    this.screenReader.select(ids);
  }

  listen() {
    this.plot.on("plotly_selected", (event) => event?.points && this.lassoed(event));
    this.plot.on("plotly_deselect", () => this.shared.choose(null, this));
    this.plot.on("plotly_click", (event) => this.kind !== "space" && !(event.event.detail >= 2) && !this.pinching && this.clicked(event));
    this.plot.on("plotly_clickannotation", ({ annotation: { x, y } }) => this.shared.click({ id: null, group: null, x, y }, this));
    for (const name of ["plotly_afterplot", "plotly_relayouting"]) this.plot.on(name, () => paintPoints(this));
    this.sight = new VisibleArea(this);
    this.zoom.listen();
    this.hover.listen();
    this.sizes.observe(this.plot);
  }

  press({ shiftKey, clientX, clientY }) {
    this.adding = shiftKey;
    this.pressed = { clientX, clientY };
  }

  /* A click in a 3-D space: Plotly's own event also comes while a person turns it. */
  release({ clientX, clientY }) {
    const still = Math.hypot(clientX - this.pressed?.clientX, clientY - this.pressed?.clientY) < STILL;
    if (this.kind === "space" && still && this.hover.over) this.clicked({ points: [this.hover.over] });
  }

  /* A lasso or box was drawn around points. */
  lassoed(event) {
    const byTrace = new Map();
    for (const { curveNumber, pointNumber } of event.points) {
      if (!byTrace.has(curveNumber)) byTrace.set(curveNumber, []);
      byTrace.get(curveNumber).push(pointNumber);
    }
    const hit = this.marks.filter((item) => byTrace.has(item.trace) && !this.cloud).map((item) => item.samples(byTrace.get(item.trace)));
    if (this.cloud) hit.push(this.cloud.inside(event));
    dropOutline(this.plot);
    if (!this.pinching) this.choose(hit.reduce((all, ids) => all.union(ids)));
  }

  /* Adds to the selection while shift is held, else replaces it. */
  choose(ids) {
    const before = this.shared.ids;
    const chosen = this.adding && before ? before.union(ids) : ids;
    this.shared.choose(chosen, this);
    this.onSelection(); // Plotly has faded this chart by position: correct it even where the selection is the same
  }

  clicked({ points, xvals, yvals, event }) {
    const hit = points?.[0] ? this.sampleOf(points[0]) : this.cloud && this.sampleAt(event, NEAR);
    const where = {
      id: hit?.id ?? null, group: hit?.group ?? null, x: number(xvals?.[0] ?? points?.[0]?.x), y: number(yvals?.[0] ?? points?.[0]?.y),
    };
    if (hit?.group !== undefined) this.choose(hit.item.samples([hit.group]));
    else if (hit && (this.adding || this.kind === "space")) this.choose(Ids.of([hit.id]));
    this.shared.click(where, this);
  }

  /* The sample, or the group, behind a point of a Plotly event. */
  sampleOf(point) {
    for (const item of this.marks) {
      const label = point.hovertext ?? point.text ?? this.header.figure.data[item.trace].name ?? "";
      if (item.trace === point.curveNumber) {
        return item.groups ? { item, group: point.pointNumber } : { id: item.ids[point.pointNumber], label };
      }
      if (this.companions.get(item.trace)?.index === point.curveNumber && !item.groups) {
        return { id: item.ids[item.indices(this.shared.ids)[point.pointNumber]], label };
      }
    }
    return undefined;
  }

  /* The sample of the point of the cloud that is nearest to a place in the window. */
  sampleAt({ clientX, clientY }, reach) {
    const sizes = axesOf(this.plot).map(({ range, length }) => Math.abs(range[1] - range[0]) / length);
    const [x, y] = this.placeAt({ clientX, clientY });
    const point = this.cloud.nearest(x, y, sizes, reach);
    return point < 0 ? undefined : { id: this.cloud.ids[point], label: this.cloud.label(point, this.header.figure.data) };
  }

  /* A place in the window, in the axes' units. */
  placeAt({ clientX, clientY }) {
    const [x, y] = axesOf(this.plot);
    const { left, top } = this.plot.getBoundingClientRect();
    return [x.toData(clientX - left - x.offset), y.toData(clientY - top - y.offset)];
  }

  /* Every property that changes with the theme ends a transition: draw again only where the colours differ. */
  followTheme() {
    this.enqueue(() => (this.drawn && JSON.stringify(themeOf(this.root)) !== JSON.stringify(this.theme) ? this.draw() : undefined));
  }

  fit() {
    if (!this.plot.offsetWidth || this.gone) return;
    const same = this.drawn && themeOf(this.root).grown === this.theme.grown; // else presentation mode came or went
    if (same) this.enqueue(() => window.Plotly.Plots.resize(this.plot));
    else if (this.header) this.enqueue(() => this.draw());
  }

  destroy() {
    this.gone = true;
    arrivals.removeEventListener(this.header?.key, this.onOverlays);
    this.leave();
    this.sizes.disconnect();
    this.hover.destroy();
    this.zoom.destroy();
    this.layer?.destroy();
    this.root.remove();
    this.work.then(() => this.drawn && window.Plotly.purge(this.plot)); // after the drawing in progress
  }
}

/* Plotly reads names as a kind of HTML; these are people's data. */
function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function number(value) {
  return Number.isFinite(value) ? value : null;
}
