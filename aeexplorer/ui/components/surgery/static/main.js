/* Entry of the surgery board: `data` is a sample with its codes. */
import { Board } from "./board.js";

const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("surgery.css", import.meta.url).href });
document.head.append(style);

export default class extends Board {
  update(data, setStateValue) {
    this.report = (edited) => setStateValue("edited", edited);
    super.update(data);
  }
}
