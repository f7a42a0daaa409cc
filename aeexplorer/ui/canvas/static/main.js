/* Entry of the drawing canvas. Data: {key, number, rows, columns, height, width, ink, ground, pen, colours}; a new `number` is an
   empty sheet. After each change it reports "drawing": {number, pixels}, the pixels as base64, "" for an empty sheet. */
import { Board } from "./board.js";

const boards = new WeakMap(); // parent element -> { board, turn }

const sheet = document.createElement("link");
sheet.rel = "stylesheet";
sheet.href = new URL("canvas.css", import.meta.url).href;
document.head.append(sheet);

export default function mount({ data, parentElement, setStateValue }) {
  let held = boards.get(parentElement);
  if (!held) {
    held = { board: new Board(parentElement), turn: 0 };
    boards.set(parentElement, held);
  }
  const turn = ++held.turn;
  held.board.update(data, (drawing) => setStateValue("drawing", drawing));
  return () => {
    // Streamlit also calls this when newer data overtook this call: the board then lives on.
    if (turn !== held.turn) return;
    boards.delete(parentElement);
    held.board.destroy();
  };
}
