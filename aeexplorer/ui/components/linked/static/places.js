/* Where points lie: blocks that are sent once, apart from the figures that name them by their digest. */
import { decode, digestOf } from "./payload.js";

const blocks = new Map(); // digest -> { places: promise, bring, holders: elements it was sent to }
const sentTo = new WeakMap(); // element -> digest

/* Places were sent to a component's element; what was sent there before is let go. */
export function bring(bytes, element) {
  const digest = digestOf(bytes);
  if (sentTo.get(element) === digest) return;
  release(element);
  sentTo.set(element, digest);
  const block = blockOf(digest);
  if (!block.holders.size) block.bring(decode(bytes));
  block.holders.add(element);
}

export function release(element) {
  const digest = sentTo.get(element);
  sentTo.delete(element);
  const block = blocks.get(digest);
  block?.holders.delete(element);
  if (block && !block.holders.size) blocks.delete(digest);
}

/* { ids, x, y } of that digest, as soon as they are there. */
export function placesOf(digest) {
  return blockOf(digest).places;
}

function blockOf(digest) {
  if (!blocks.has(digest)) {
    const block = { holders: new Set() };
    block.places = new Promise((bringNow) => { block.bring = bringNow; });
    blocks.set(digest, block);
  }
  return blocks.get(digest);
}
