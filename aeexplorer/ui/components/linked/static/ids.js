/* Sets of sample ids, and their compact JSON form: a bit field where that is shorter, else base64 int32. */
export class Ids {
  constructor(sorted) {
    this.list = sorted; // Int32Array, ascending, each id once
    this.first = sorted.length ? sorted[0] : 0;
    this.bits = null;
    const span = sorted.length ? sorted[sorted.length - 1] - this.first + 1 : 0;
    if (span && Math.ceil(span / 8) < 4 * sorted.length) {
      this.bits = new Uint8Array(Math.ceil(span / 8));
      for (const id of sorted) this.bits[(id - this.first) >> 3] |= 1 << ((id - this.first) & 7);
    } else {
      this.set = new Set(sorted);
    }
  }

  static of(iterable) {
    const sorted = Int32Array.from(iterable).sort();
    return new Ids(sorted.filter((id, place) => place === 0 || id !== sorted[place - 1]));
  }

  get size() {
    return this.list.length;
  }

  has(id) {
    if (!this.bits) return this.set.has(id);
    const place = id - this.first;
    return place >= 0 && place >> 3 < this.bits.length && (this.bits[place >> 3] & (1 << (place & 7))) !== 0;
  }

  union(other) {
    return Ids.of([...this.list, ...other.list]);
  }

  pack() {
    if (this.bits) return { first: this.first, bits: toBase64(this.bits) };
    return { list: toBase64(new Uint8Array(this.list.buffer, this.list.byteOffset, this.list.byteLength)) };
  }
}

export function unpack(packed) {
  if (packed.list !== undefined) return new Ids(new Int32Array(fromBase64(packed.list).buffer));
  const ids = [];
  fromBase64(packed.bits).forEach((byte, place) => {
    for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) ids.push(packed.first + place * 8 + bit);
  });
  return new Ids(Int32Array.from(ids));
}

export function codeOf(packed) {
  return packed ? `${packed.first ?? ""}:${packed.bits ?? packed.list}` : "";
}

function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
