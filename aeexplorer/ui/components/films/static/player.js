/* Plays a film: one moment in time, which the map, the codes, the reconstructions and the losses all show. */
import { drawBars, drawCurves, drawPoints } from "./drawing.js";
import { build, label } from "./elements.js";
import { Pictures, Rows } from "./samples.js";

const ROUTES = new URL("../", import.meta.url); // <base path>/aex/
const STEPS = 65535; // positions are whole numbers up to this
const PAUSE = 400; // ms of rest after which Python hears where the film stands
const MOVE = 700; // ms in which samples of a training that goes on move to where they are now
const USED = "#009E73"; // colour of the bars, as in the chart of the codebook's use
const REACH = 9; // px from a point at which the pointer is over it

export class Player {
  constructor(parent, { Card, sharedSelection }) {
    this.sharedSelection = sharedSelection;
    this.parts = build();
    this.root = this.parts.root;
    parent.append(this.root);
    this.card = new Card(this.root);
    this.time = 0; // in moments, between two of them as well
    this.over = -1;
    this.redraw = () => this.draw();
    this.sizes = new ResizeObserver(this.redraw);
    this.sizes.observe(this.root);
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.draw()); // another theme
    this.listen();
  }

  listen() {
    const { play, slider, speed, fit, map } = this.parts;
    play.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    slider.addEventListener("input", () => this.stand(Number(slider.value)));
    speed.addEventListener("change", () => (this.before = performance.now()));
    fit.addEventListener("change", this.redraw);
    this.root.addEventListener("keydown", (event) => this.press(event));
    map.addEventListener("mousemove", (event) => this.point(event));
    map.addEventListener("mouseleave", () => this.leave());
  }

  update(film) {
    const before = this.film && this.film.live && film.live && this.shown?.length === 2 * film.ids.length ? this.shown : null;
    const same = this.film && !this.film.live && !film.live && this.film.steps.length === film.steps.length;
    this.film = film;
    this.places = film.positions.map((row) => Float32Array.from(row, (value, i) => film.low[i % 2] + (value / STEPS) * film.span));
    this.views = this.places.map(viewOf);
    this.whole = { x: film.low[0] + film.span / 2, y: film.low[1] + film.span / 2, half: film.span / 2 };
    this.samples = film.live ? [] : film.fields.map((field) => (field.sheet ? new Pictures(field) : new Rows(field)));
    this.parts.adopt(film, this.samples);
    this.root.dataset.film = film.run;
    this.join(this.sharedSelection(film.page));
    if (before) this.move(before, this.seen);
    else if (same) this.draw();
    else this.stand(film.live ? 0 : this.first(), true);
  }

  first() {
    const wanted = Number(new URLSearchParams(window.location.search).get("moment") ?? NaN);
    const found = this.film.steps.findLastIndex((step) => step <= wanted);
    return found < 0 ? this.film.steps.length - 1 : found;
  }

  join(shared) {
    if (shared === this.shared) return;
    this.shared?.removeEventListener("change", this.redraw);
    this.shared = shared;
    shared.addEventListener("change", this.redraw);
  }

  /* Go to a moment, which may lie between two. */
  stand(time, quiet = false) {
    this.time = Math.max(0, Math.min(this.film.steps.length - 1, time));
    this.draw();
    clearTimeout(this.timer);
    if (!quiet && !this.film.live) this.timer = setTimeout(() => this.report(this.film.steps[Math.round(this.time)]), PAUSE);
  }

  start() {
    if (this.time >= this.film.steps.length - 1) this.time = 0;
    this.playing = true;
    this.before = performance.now();
    label(this.parts.play, true);
    this.tick();
  }

  stop() {
    this.playing = false;
    label(this.parts.play, false);
    this.stand(Math.round(this.time));
  }

  tick() {
    requestAnimationFrame((now) => {
      if (!this.playing || this.gone) return;
      this.stand(this.time + ((now - this.before) / 1000) * Number(this.parts.speed.value));
      this.before = now;
      if (this.time >= this.film.steps.length - 1) this.stop();
      else this.tick();
    });
  }

  /* Samples of a training that goes on move from where they were. */
  move(from, seen) {
    const started = performance.now();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const step = (now) => {
      if (this.gone || turn !== this.turn) return;
      const share = still ? 1 : Math.min(1, Math.max(0, now - started) / MOVE);
      const eased = share * share * (3 - 2 * share);
      this.draw({ positions: between(from, this.places[0], eased), view: viewBetween(seen, this.views[0], eased) });
      if (share < 1) requestAnimationFrame(step);
    };
    step(started);
  }

  press(event) {
    if (this.film.live || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.film.steps.length - 1;
    const now = Math.round(this.time);
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: last }[event.key];
    if (to !== undefined && event.target !== this.parts.speed) {
      if (this.playing) this.stop();
      this.stand(to);
    } else if (event.key === " " && !["BUTTON", "SELECT"].includes(event.target.tagName)) {
      if (this.playing) this.stop();
      else this.start();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  point({ clientX, clientY, offsetX, offsetY }) {
    let nearest = -1, closest = REACH ** 2;
    for (let i = 0; this.placed && i < this.placed.length / 2; i += 1) {
      const away = (this.placed[2 * i] - offsetX) ** 2 + (this.placed[2 * i + 1] - offsetY) ** 2;
      if (away < closest) [nearest, closest] = [i, away];
    }
    if (nearest !== this.over) {
      this.over = nearest;
      this.draw();
    }
    if (nearest < 0) return this.card.hide();
    const { ids, texts, names, groups, run, live } = this.film;
    const what = `sample ${ids[nearest]} · ${texts[nearest] ?? names[groups[nearest]]}`.replace(/ · $/, "");
    this.parts.map.title = live ? what : "";
    if (!live) this.card.show(new URL(`runs/${encodeURIComponent(run)}/samples/${ids[nearest]}/card.png`, ROUTES).href, what, { clientX, clientY });
    return undefined;
  }

  leave() {
    this.over = -1;
    this.card.hide();
    this.draw();
  }

  draw(moving = null) {
    const { film, parts } = this;
    if (!film || !this.root.offsetWidth) return;
    const early = Math.floor(this.time), late = Math.min(early + 1, film.steps.length - 1), share = this.time - early;
    const moment = Math.round(this.time);
    const fitted = film.live || parts.fit.checked;
    this.shown = moving?.positions ?? between(this.places[early], this.places[late], share);
    this.seen = moving?.view ?? (fitted ? viewBetween(this.views[early], this.views[late], share) : this.whole);
    this.placed = drawPoints(parts.map, film, this.shown, this.seen, this.shared.ids, this.over);
    parts.tell(film, moment);
    if (moving) return;
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(`--st-${name}`).trim();
    if (film.codes) {
      const { counts, most } = film.codes;
      const tallest = most[early] + (most[late] - most[early]) * share;
      drawBars(parts.codes, between(counts[early], counts[late], share), tallest, USED, colour("border-color"));
    }
    if (film.live) return;
    const curves = Object.values(film.losses);
    if (curves.length) drawCurves(parts.curve, curves, this.time, [colour("text-color"), colour("primary-color")]);
    if (moment !== this.pictured || this.picturedOf !== film || this.picturedWidth !== this.root.offsetWidth) {
      for (const one of this.samples) one.show(moment);
      [this.pictured, this.picturedOf, this.picturedWidth] = [moment, film, this.root.offsetWidth];
    }
    parts.slider.value = String(moment);
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
    this.shared?.removeEventListener("change", this.redraw);
    this.sizes.disconnect();
    this.card.destroy();
    this.root.remove();
  }
}

function between(from, to, share) {
  if (share <= 0 || from === to) return from;
  return Float32Array.from(from, (value, i) => value + (to[i] - value) * share);
}

function viewBetween(from, to, share) {
  const mix = (name) => from[name] + (to[name] - from[name]) * share;
  return { x: mix("x"), y: mix("y"), half: mix("half") };
}

/* The square that holds all positions. */
function viewOf(positions) {
  const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  for (let at = 0; at < positions.length; at += 1) {
    low[at % 2] = Math.min(low[at % 2], positions[at]);
    high[at % 2] = Math.max(high[at % 2], positions[at]);
  }
  const half = Math.max(high[0] - low[0], high[1] - low[1]) / 2 || 1;
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, half };
}
