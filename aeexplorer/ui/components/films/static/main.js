/* Entry of the film component: `data` is a film as bytes. The linked charts' modules come from the folder that our address names. */
import { Player } from "./player.js";
import { digestOf, unpack } from "./unpack.js";

const own = new URL(import.meta.url);
const linked = (name) => import(new URL(`../${own.searchParams.get("linked")}/${name}.js`, own).href);
const [{ Card }, { sharedSelection }] = await Promise.all(["card", "selection"].map(linked));
const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("film.css", own).href });
document.head.append(style);

export default class extends Player {
  constructor(parent) {
    super(parent, { Card, sharedSelection });
  }

  update(data, setStateValue) {
    this.report = (step) => setStateValue("step", step);
    const digest = digestOf(data);
    if (digest !== this.digest) super.update(unpack(data));
    this.digest = digest;
  }
}
