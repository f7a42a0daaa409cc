/* The first watched samples: inputs, and below them what the model made of them at a moment. */
import { prepare } from "./drawing.js";

const GAP = 3;
const LARGEST = 44; // px, the height of a picture at most

export class Pictures {
  constructor({ name, ids, sheet, width, height }) {
    Object.assign(this, { ids, width, height });
    this.canvas = Object.assign(document.createElement("canvas"), { className: "aex-film-pictures" });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${name} of samples ${Array.from(ids).join(", ")} above their reconstructions`);
    this.nodes = [this.canvas];
    this.ready = createImageBitmap(new Blob([sheet], { type: "image/webp" })).then((image) => (this.image = image));
  }

  show(moment) {
    this.moment = moment;
    if (!this.image) {
      this.ready.then(() => this.show(this.moment));
      return;
    }
    const count = this.ids.length;
    const space = this.canvas.parentElement?.clientWidth ?? 0;
    if (!space) return;
    const wide = Math.min((LARGEST * this.width) / this.height, (space - GAP * (count - 1)) / count);
    const tall = (wide * this.height) / this.width;
    this.canvas.style.height = `${2 * tall + GAP}px`;
    const [context] = prepare(this.canvas);
    context.imageSmoothingEnabled = wide < this.width;
    for (let i = 0; i < count; i += 1) {
      [0, moment + 1].forEach((row, below) => {
        context.drawImage(
          this.image, i * this.width, row * this.height, this.width, this.height, i * (wide + GAP), below * (tall + GAP), wide, tall,
        );
      });
    }
  }
}

export class Rows {
  constructor({ ids, columns, inputs, rows }) {
    this.rows = rows;
    const table = document.createElement("table");
    const box = Object.assign(document.createElement("div"), { className: "aex-film-rows" });
    box.append(table);
    this.nodes = [box];
    this.cells = [];
    const single = columns.length === 1;
    const head = table.createTHead().insertRow();
    for (const text of single ? ["sample", "input", "reconstruction"] : ["sample", "column", "input", "reconstruction"]) {
      head.append(Object.assign(document.createElement("th"), { textContent: text }));
    }
    const body = table.createTBody();
    inputs.forEach((input, i) => {
      this.cells.push(input.map((text, column) => {
        const row = body.insertRow();
        for (const shown of [column ? "" : ids[i], ...(single ? [] : [columns[column]]), text, ""]) row.insertCell().textContent = shown;
        return row.lastElementChild;
      }));
    });
  }

  show(moment) {
    this.cells.forEach((cells, i) => cells.forEach((cell, column) => (cell.textContent = this.rows[moment][i][column])));
  }
}
