/* Decodes a message of a chart, see codec.py: a figure, the positions of its points, or its overlays. */
const KINDS = {
  f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array,
  i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array,
};
const PREFIX = 16;
const CONTENTS = ["figure", "places", "overlays"];

export function digestOf(bytes) {
  return Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* "figure", "places" or "overlays". */
export function contentOf(bytes) {
  return CONTENTS[bytes[12]];
}

export function decode(bytes) {
  const buffer = bytes.slice().buffer; // the message's own view is not aligned
  const length = new DataView(buffer).getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, PREFIX, length)));
  const start = Math.ceil((PREFIX + length) / 8) * 8;
  return revive(header, (block) => array(buffer, start, block));
}

function array(buffer, start, [kind, offset, length, width]) {
  const flat = new KINDS[kind](buffer, start + offset, length);
  if (!width) return flat;
  return Array.from({ length: length / width }, (_, row) => flat.subarray(row * width, (row + 1) * width));
}

function idsOf(first, bits) {
  const ids = [];
  bits.forEach((byte, place) => {
    for (let bit = 0; byte; byte >>= 1, bit += 1) if (byte & 1) ids.push(first + place * 8 + bit);
  });
  return Int32Array.from(ids);
}

function revive(value, block) {
  if (Array.isArray(value)) return value.map((item) => revive(item, block));
  if (value === null || typeof value !== "object") return value;
  if (value.$) return block(value.$);
  if (value.$bits) return idsOf(value.$first, block(value.$bits.$));
  if (value.$words) return Array.from(block(value.$codes.$), (code) => value.$words[code]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item, block)]));
}
