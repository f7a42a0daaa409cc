/* Entry of the drawing canvas. Data: {key, number, rows, columns, height, width, ink, ground, pen, colours}; a new `number` is an
   empty sheet. After each change it reports "drawing": {number, pixels}, the pixels as base64, "" for an empty sheet. */
import { Board } from "./board.js";

const sheet = document.createElement("link");
sheet.rel = "stylesheet";
sheet.href = new URL("canvas.css", import.meta.url).href;
document.head.append(sheet);

export default class extends Board {
  update(data, setStateValue) {
    super.update(data, (drawing) => setStateValue("drawing", drawing));
  }
}
