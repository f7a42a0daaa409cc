/* Entry of the surgery board: `data` is a sample with its codes. */
import { Board } from "./board.js";

const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("surgery.css", import.meta.url).href });
document.head.append(style);

const boards = new WeakMap(); // parent element -> { board, turn }

export default function mount({ data, parentElement, setStateValue }) {
  let held = boards.get(parentElement);
  if (!held) {
    held = { board: new Board(parentElement), turn: 0 };
    boards.set(parentElement, held);
  }
  const turn = ++held.turn;
  held.board.report = (edited) => setStateValue("edited", edited);
  held.board.update(data);
  return () => {
    // Streamlit also calls this when newer data overtook this call: the board then lives on.
    if (turn !== held.turn) return;
    boards.delete(parentElement);
    held.board.destroy();
  };
}
