/* The codes of a sample as cells; one of them is active, and takes another code from the palette. */
import { build, element } from "./elements.js";

const ROUTES = new URL("../", import.meta.url); // <base path>/aex/
const PAUSE = 300; // ms after the last change until Python hears of it
const KEPT = 200; // answers

export class Board {
  constructor(parent) {
    this.parts = build();
    parent.append(this.parts.root);
    this.answers = new Map(); // edits as text -> what the sample decodes to with them
    this.cells = [];
    this.listen();
  }

  listen() {
    const { order, stage, number, undo, reset } = this.parts;
    order.addEventListener("change", () => this.offer());
    stage.addEventListener("change", () => this.choose(this.token));
    number.addEventListener("change", () => number.value !== "" && this.put(Number(number.value)));
    undo.addEventListener("click", () => this.change(this.edits.slice(0, -1)));
    reset.addEventListener("click", () => this.change([]));
  }

  update(data) {
    const other = !this.data || this.data.sample !== data.sample || this.data.run !== data.run;
    this.data = data;
    if (!other) return;
    this.answers.clear();
    this.edits = data.edits; // [place, code], in the order of the changes
    this.draw();
    this.choose(data.places[0][0], false);
    this.show();
  }

  draw() {
    const { data, parts } = this;
    const { places, stages } = data;
    parts.board.replaceChildren();
    parts.input.src = data.picture ?? "";
    parts.input.hidden = parts.frames.hidden = !data.picture;
    parts.cells.classList.toggle("aex-surgery-flat", data.flat);
    (data.picture ? parts.first : parts.board).prepend(parts.named);
    if (data.flat) parts.board.append(parts.cells);
    else parts.picture.append(parts.cells);
    parts.cells.style.gridTemplateColumns = data.flat ? "" : `repeat(${places[0].length}, 1fr)`;
    parts.cells.style.gridTemplateRows = data.flat ? "" : `repeat(${places.length}, 1fr)`;
    this.cells = places.flatMap((row, y) => row.map((token, x) => {
      const cell = element("button", "", { type: "button" });
      cell.addEventListener("click", () => this.choose(token));
      cell.addEventListener("keydown", (event) => this.walk(event, y, x));
      return { cell, token };
    }));
    parts.cells.replaceChildren(...this.cells.map(({ cell }) => cell));
    parts.stage.replaceChildren(...stages.map((_, i) => element("option", "", { value: String(i), textContent: `stage ${i + 1}` })));
    parts.stage.hidden = stages.length < 2;
    parts.named.textContent = `Sample ${data.sample}: click a cell`;
  }

  walk(event, y, x) {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    event.stopPropagation();
    const { places } = this.data;
    const row = places[y + down] ? y + down : y;
    const column = places[row][x + right] === undefined ? x : x + right;
    this.cells[row * places[0].length + column].cell.focus();
    this.choose(places[row][column]);
  }

  get stage() {
    return Number(this.parts.stage.value || 0);
  }

  get place() {
    return this.token * this.data.stages.length + this.stage;
  }

  /* The code at a place as it is now. */
  codeAt(place) {
    return this.edits.findLast(([changed]) => changed === place)?.[1] ?? this.data.codes[place];
  }

  choose(token, seen = true) {
    this.token = token;
    this.chosen = seen;
    this.mark();
    this.offer();
  }

  mark() {
    const { stages } = this.data;
    const changed = new Set(this.edits.map(([place]) => Math.floor(place / stages.length)));
    for (const { cell, token } of this.cells) {
      const codes = stages.map((_, stage) => this.codeAt(token * stages.length + stage));
      cell.textContent = this.data.flat ? codes.join(" ") : "";
      cell.title = `code ${codes.join(", ")}`;
      cell.setAttribute("aria-label", `place ${token}, code ${codes.join(", ")}`);
      cell.classList.toggle("active", this.chosen && token === this.token);
      cell.classList.toggle("changed", changed.has(token));
    }
    const { undo, reset, told, root } = this.parts;
    undo.disabled = reset.disabled = !this.edits.length;
    told.textContent = this.edits.length ? `${changed.size} ${changed.size === 1 ? "cell" : "cells"} changed` : "";
    root.dataset.sample = String(this.data.sample);
    root.dataset.edits = written(this.edits);
  }

  /* The codes that may stand in the active cell. */
  offer() {
    const { data, parts } = this;
    const own = this.codeAt(this.place), first = data.codes[this.place];
    const [low, high] = data.stages[this.stage];
    Object.assign(parts.number, { min: low, max: high, value: "" });
    const alike = parts.order.value === "alike";
    parts.about.textContent = `Place ${this.token} holds code ${own}${own === first ? "" : ` (was ${first})`}`;
    const codes = alike ? [first, ...data.similar[first]] : data.used[this.stage];
    parts.palette.replaceChildren(...codes.map((code) => this.choice(code, own)));
    parts.palette.scrollTop = 0;
  }

  choice(code, own) {
    const count = this.data.counts[code];
    const title = `code ${code}, used ${count.toLocaleString()} times`;
    const button = element("button", `${code === own ? "own" : ""} ${count ? "" : "dead"}`.trim(), { type: "button", title });
    button.dataset.code = String(code);
    if (this.data.picture) {
      const src = new URL(`runs/${encodeURIComponent(this.data.run)}/codes/${code}.png`, ROUTES).href;
      button.append(element("img", "", { src, alt: "", loading: "lazy" }));
    }
    button.append(String(code));
    button.addEventListener("click", () => this.put(code));
    button.addEventListener("pointerenter", () => this.show([...this.edits, [this.place, code]]));
    button.addEventListener("pointerleave", () => this.show());
    return button;
  }

  put(code) {
    const [low, high] = this.data.stages[this.stage];
    if (!Number.isInteger(code) || code < low || code > high || code === this.codeAt(this.place)) return;
    this.change([...this.edits, [this.place, code]]);
  }

  change(edits) {
    this.edits = edits;
    this.chosen = true;
    this.mark();
    this.offer();
    this.show();
    clearTimeout(this.timer);
    const { sample } = this.data;
    this.timer = setTimeout(() => this.report({ sample, edits: written(edits) }), PAUSE);
  }

  /* What the sample decodes to, as it is and with edits. */
  async show(edits = this.edits) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const [before, after] = await Promise.all([this.ask([]), this.ask(edits)]);
      if (turn !== this.turn || this.gone) return;
      this.parts.tell(this.data, before, after);
      this.parts.root.dataset.shown = written(edits);
    } catch (problem) {
      this.parts.told.textContent = problem.message;
    }
  }

  async ask(edits) {
    const text = written(edits);
    if (!this.answers.has(text)) {
      if (this.answers.size > KEPT) this.answers.clear();
      this.answers.set(text, fetchEdited(this.data, text));
    }
    return this.answers.get(text);
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
    this.parts.root.remove();
  }
}

/* The last change of each place, in the order of the places' first changes. */
function written(edits) {
  return [...new Map(edits)].map(([place, code]) => `${place}:${code}`).join(",");
}

async function fetchEdited({ run, sample, picture }, text) {
  const kind = picture ? "png" : "json";
  const url = new URL(`runs/${encodeURIComponent(run)}/samples/${sample}/edited.${kind}?edits=${encodeURIComponent(text)}`, ROUTES);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(await answer.text());
  if (!picture) return (await answer.json()).rows.map(([name, , value]) => (name === "text" ? value : `${name}: ${value}`)).join("\n");
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return `data:image/png;base64,${btoa(String.fromCharCode(...bytes))}`;
}
