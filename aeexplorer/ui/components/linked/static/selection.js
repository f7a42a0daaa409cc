/*
 * The selection that all linked charts of a page share.
 *
 * It lives in the browser: a change is announced to the charts at once ("change"), and reported to Python by the one
 * chart where it was made, after a pause. Every change has a version that only grows. Of the browser's selection
 * and Python's, the one with the higher version stands, so an echo of a report changes nothing.
 */
import { codeOf, unpack } from "./ids.js";
import { focusSearch } from "./keys.js";

const PAUSE = 250; // ms between the last change and the report
const pages = (window.aeexplorerSelections ??= new Map());

export function sharedSelection(page) {
  if (!pages.has(page)) pages.set(page, new SharedSelection(page));
  return pages.get(page);
}

class SharedSelection extends EventTarget {
  constructor(page) {
    super();
    this.page = page;
    this.ids = null; // Ids, or null where nothing is selected
    this.packed = null;
    this.version = -1;
    this.charts = new Set();
    this.author = null; // the chart where a person last did something
    this.timer = 0;
    this.onKey = (event) => {
      const typing = event.composedPath()[0]?.closest?.("input, textarea, select, [contenteditable=true]");
      if (event.defaultPrevented || typing) return;
      if (event.key === "Escape") this.choose(null, this.author);
      else if (event.key === "/" && focusSearch()) event.preventDefault();
    };
    window.addEventListener("keydown", this.onKey);
  }

  join(chart) {
    this.charts.add(chart);
  }

  leave(chart) {
    this.charts.delete(chart);
    if (this.author === chart) this.author = this.anyChart();
    if (this.charts.size) return;
    window.removeEventListener("keydown", this.onKey);
    if (pages.get(this.page) === this) pages.delete(this.page);
  }

  anyChart() {
    return this.charts.values().next().value ?? null;
  }

  /* A person selected `ids` (null: nothing) in `chart`, or with the keyboard. */
  choose(ids, chart) {
    const kept = ids?.size ? ids : null;
    if (!this.change(kept, kept && kept.pack())) return;
    this.stamp();
    this.author = chart ?? this.anyChart();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.report(null), PAUSE);
  }

  /* A person clicked in `chart`; the report holds the selection too. */
  click(where, chart) {
    clearTimeout(this.timer);
    this.stamp();
    this.author = chart;
    this.report(where);
  }

  stamp() {
    this.version = Math.max(this.version + 1, Date.now());
  }

  report(click) {
    this.author.report({ version: this.version, ids: this.packed, click });
  }

  /* Python sent its selection. */
  receive(packed, version) {
    if (version <= this.version) return;
    clearTimeout(this.timer);
    this.version = version;
    this.change(packed && unpack(packed), packed);
  }

  change(ids, packed) {
    if (codeOf(packed) === codeOf(this.packed)) return false;
    this.ids = ids;
    this.packed = packed;
    this.dispatchEvent(new Event("change"));
    return true;
  }
}
