/* Entry of the film component: `data` is a film as bytes. The linked charts' modules come from the folder that our address names. */
import { Player } from "./player.js";
import { digestOf, unpack } from "./unpack.js";

const own = new URL(import.meta.url);
const linked = (name) => import(new URL(`../${own.searchParams.get("linked")}/${name}.js`, own).href);
const [{ Card }, { sharedSelection }] = await Promise.all(["card", "selection"].map(linked));
const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("film.css", own).href });
document.head.append(style);

const players = new WeakMap(); // parent element -> { player, turn, digest }

export default function mount({ data, parentElement, setStateValue }) {
  let held = players.get(parentElement);
  if (!held) {
    held = { player: new Player(parentElement, { Card, sharedSelection }), turn: 0, digest: "" };
    players.set(parentElement, held);
  }
  const turn = ++held.turn;
  held.player.report = (step) => setStateValue("step", step);
  const digest = digestOf(data);
  if (digest !== held.digest) held.player.update(unpack(data));
  held.digest = digest;
  return () => {
    // Streamlit also calls this when newer data overtook this call: the player then lives on.
    if (turn !== held.turn) return;
    players.delete(parentElement);
    held.player.destroy();
  };
}
