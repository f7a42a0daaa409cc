/* Positions of points: blocks that are sent once, apart from the figures, which name them by their digest. */
import { decode, digestOf } from "./payload.js";

const blocks = new Map(); // digest -> { places: promise, resolve, holders: elements it was sent to }
const sentTo = new WeakMap(); // element -> digest

/* Stores positions that were sent to a component's element; they replace what was sent there before. */
export function storePlaces(bytes, element) {
  const digest = digestOf(bytes);
  if (sentTo.get(element) === digest) return;
  dropPlaces(element);
  sentTo.set(element, digest);
  const block = blockOf(digest);
  if (!block.holders.size) block.resolve(decode(bytes));
  block.holders.add(element);
}

export function dropPlaces(element) {
  const digest = sentTo.get(element);
  sentTo.delete(element);
  const block = blocks.get(digest);
  block?.holders.delete(element);
  if (block && !block.holders.size) blocks.delete(digest);
}

/* A promise of { ids, x, y } with this digest. */
export function placesOf(digest) {
  return blockOf(digest).places;
}

function blockOf(digest) {
  if (!blocks.has(digest)) {
    const block = { holders: new Set() };
    block.places = new Promise((resolve) => { block.resolve = resolve; });
    blocks.set(digest, block);
  }
  return blocks.get(digest);
}
