/* The board that one draws on: mouse, finger or pen; strokes are kept as lines, so that they can be undone. */
import { paint, pixelsOf } from "./strokes.js";

const PAUSE = 150; // milliseconds after a stroke before it is reported
const sheets = new Map(); // key -> { number, strokes }: what was drawn stays when another tab was looked at

const make = (tag, attributes = {}, parent = null) => {
  const element = Object.assign(document.createElement(tag), attributes);
  parent?.append(element);
  return element;
};

export class Board {
  constructor(parent) {
    this.root = make("div", { className: "aex-board" }, parent);
    this.canvas = make("canvas", { tabIndex: 0 }, this.root);
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Drawing canvas: draw with mouse, finger or pen");
    const tools = make("div", { className: "aex-tools" }, this.root);
    this.pen = this.#button(tools, "Pen", "Draw with the pen", () => this.#choose(false));
    this.eraser = this.#button(tools, "Eraser", "Draw with the eraser", () => this.#choose(true));
    this.back = this.#button(tools, "Undo", "Undo the last stroke", () => this.#undo());
    this.clear = this.#button(tools, "Clear", "Clear the drawing", () => this.#change([]));
    this.size = make("input", { type: "range", min: 2, max: 30, title: "Width of the pen" }, tools);
    this.size.setAttribute("aria-label", "Width of the pen, in hundredths of the picture");
    this.colour = make("input", { type: "color", title: "Colour of the pen" }, tools);
    this.colour.setAttribute("aria-label", "Colour of the pen");
    this.stroke = null;
    this.erases = false;
    this.#choose(false);
    const on = (name, handle) => this.canvas.addEventListener(name, handle);
    on("pointerdown", (event) => this.#begin(event));
    on("pointermove", (event) => this.#go(event));
    on("pointerup", () => this.#end());
    on("pointercancel", () => this.#end());
    on("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z") this.#undo();
    });
  }

  update(data, report) {
    this.report = report;
    const before = sheets.get(data.key);
    if (!before || before.number !== data.number) sheets.set(data.key, { number: data.number, strokes: [] });
    if (!this.data) this.size.value = data.pen;
    if (!this.data || this.data.ink !== data.ink) this.colour.value = data.ink;
    this.data = data;
    this.sheet = sheets.get(data.key);
    this.colour.hidden = !data.colours;
    this.canvas.style.width = `${data.width}px`;
    this.canvas.style.height = `${data.height}px`;
    this.canvas.width = data.width * devicePixelRatio;
    this.canvas.height = data.height * devicePixelRatio;
    this.#show();
  }

  destroy() {
    clearTimeout(this.timer);
    this.root.remove();
  }

  #button(parent, text, says, act) {
    const button = make("button", { type: "button", textContent: text, title: says }, parent);
    button.setAttribute("aria-label", says);
    button.addEventListener("click", act);
    return button;
  }

  #choose(erases) {
    this.erases = erases;
    this.pen.setAttribute("aria-pressed", String(!erases));
    this.eraser.setAttribute("aria-pressed", String(erases));
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const pressed = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, pressed];
  }

  #begin(event) {
    if (event.button !== 0 && event.button !== 5) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    clearTimeout(this.timer);
    const erases = this.erases || event.button === 5; // the other end of a pen
    this.stroke = { width: this.size.value / 100, colour: erases ? null : this.colour.value, points: [this.#place(event)] };
    this.sheet.strokes.push(this.stroke);
    this.#show();
  }

  #go(event) {
    if (!this.stroke) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    this.stroke.points.push(...(passed.length ? passed : [event]).map((one) => this.#place(one)));
    this.#show();
  }

  #end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.#tell();
  }

  #undo() {
    this.#change(this.sheet.strokes.slice(0, -1));
  }

  #change(strokes) {
    if (strokes.length === this.sheet.strokes.length) return;
    this.sheet.strokes = strokes;
    this.#show();
    this.#tell();
  }

  #show() {
    paint(this.canvas, this.sheet.strokes, this.data.ground);
    this.back.disabled = this.clear.disabled = !this.sheet.strokes.length;
  }

  #tell() {
    clearTimeout(this.timer);
    const { sheet, data } = this;
    this.timer = setTimeout(() => {
      const drawn = sheet.strokes.some((stroke) => stroke.colour);
      this.report({ number: sheet.number, pixels: drawn ? pixelsOf(sheet.strokes, data) : "" });
    }, PAUSE);
  }
}
