/* Plain data with arrays in it, see packing.py. */
const KINDS = {
  f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array,
  i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array,
};
const START = 16;

export function digestOf(bytes) {
  return bytes.subarray(0, 8).join(".");
}

export function unpack(bytes) {
  const { buffer } = bytes.slice(); // the message's own view is not aligned
  const length = new DataView(buffer).getUint32(8, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, START, length));
  const start = START + Math.ceil(length / 8) * 8;
  return JSON.parse(header, (_name, value) => (value?.$ ? arrayOf(buffer, start, value.$) : value));
}

function arrayOf(buffer, start, [kind, offset, length, width]) {
  const flat = new KINDS[kind](buffer, start + offset, length);
  if (!width) return flat;
  return Array.from({ length: length / width }, (_, row) => flat.subarray(row * width, (row + 1) * width));
}
