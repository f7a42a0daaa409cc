/*
 * Array operations in the sense of ATen, and a program of them: what a decoder does to one latent.
 *
 * An array is {shape, data}, row by row; an operation takes [arguments], {named arguments} and returns an array, or a
 * list of them. Whole numbers are held as floats.
 */
const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);
const array = (shape, data) => ({ shape, data: data ?? new Float32Array(sizeOf(shape)) });
const isArray = (value) => value?.data instanceof Float32Array;
const asArray = (value) => (isArray(value) ? value : array([], Float32Array.of(Number(value))));
const placeOf = (axis, rank) => (axis < 0 ? axis + rank : axis);

function stridesOf(shape) {
  const strides = new Array(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis -= 1) [strides[axis], step] = [step, step * shape[axis]];
  return strides;
}

/* Numbers of `data` at every place of `shape`, `strides` apart, from `offset` on. */
function gather(data, shape, strides, offset = 0) {
  const found = array(shape);
  const place = new Int32Array(shape.length);
  let from = offset;
  for (let i = 0; i < found.data.length; i += 1) {
    found.data[i] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      from += strides[axis];
      if ((place[axis] += 1) < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      place[axis] = 0;
    }
  }
  return found;
}

function expand(one, shape) {
  const before = shape.length - one.shape.length;
  const full = shape.map((length, axis) => (length < 0 ? one.shape[axis - before] : length));
  if (one.data.length === sizeOf(full)) return array(full, one.data);
  const own = stridesOf(one.shape);
  return gather(one.data, full, full.map((_, axis) => (axis < before || one.shape[axis - before] === 1 ? 0 : own[axis - before])));
}

function permute(one, order) {
  const own = stridesOf(one.shape);
  return gather(one.data, order.map((axis) => one.shape[axis]), order.map((axis) => own[axis]));
}

function transpose(one, first, second) {
  const order = one.shape.map((_, axis) => axis);
  [order[first], order[second]] = [order[second], order[first]];
  return permute(one, order);
}

/* `count` places along an axis from `start` on. */
function narrow(one, axis, start, count) {
  const strides = stridesOf(one.shape);
  return gather(one.data, one.shape.map((length, at) => (at === axis ? count : length)), strides, start * strides[axis]);
}

function concatenate(several, axis) {
  const shape = several[0].shape.map((length, at) => (at === axis ? several.reduce((sum, one) => sum + one.shape[axis], 0) : length));
  const found = array(shape);
  const inner = sizeOf(shape.slice(axis + 1));
  const row = shape[axis] * inner;
  let start = 0;
  for (const one of several) {
    const length = one.shape[axis] * inner;
    for (let at = 0, to = start; at < one.data.length; at += length, to += row) found.data.set(one.data.subarray(at, at + length), to);
    start += length;
  }
  return found;
}

const unary = (f) => ([one, ...more]) => array(one.shape, one.data.map((value) => f(value, ...more)));

function binary(f) {
  return ([left, right], { alpha = 1 } = {}) => {
    const [a, b] = [asArray(left), asArray(right)];
    const rank = Math.max(a.shape.length, b.shape.length);
    const at = (one, axis) => one.shape[axis - rank + one.shape.length] ?? 1;
    const shape = Array.from({ length: rank }, (_, axis) => Math.max(at(a, axis), at(b, axis)));
    const [x, y] = [expand(a, shape).data, expand(b, shape).data];
    return array(shape, x.map((value, i) => f(value, alpha * y[i])));
  };
}

/* `f` of all numbers along some axes (all of them where none is named). */
function reduce(one, axes, keep, f) {
  const gone = new Set((axes?.length ? axes : one.shape.map((_, axis) => axis)).map((axis) => placeOf(axis, one.shape.length)));
  const stay = one.shape.map((_, axis) => axis).filter((axis) => !gone.has(axis));
  const moved = permute(one, [...stay, ...gone]);
  const count = sizeOf([...gone].map((axis) => one.shape[axis]));
  const shape = keep ? one.shape.map((length, axis) => (gone.has(axis) ? 1 : length)) : stay.map((axis) => one.shape[axis]);
  return array(shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => f(moved.data.subarray(i * count, (i + 1) * count))));
}

const total = (values) => values.reduce((sum, value) => sum + value, 0);

/* (n, k) times (k, m), added to `onto`. */
function multiply(a, b, n, k, m, onto) {
  for (let row = 0; row < n; row += 1) {
    for (let i = 0; i < k; i += 1) {
      const factor = a[row * k + i];
      if (factor === 0) continue;
      for (let column = 0, from = i * m, to = row * m; column < m; column += 1) onto[to + column] += factor * b[from + column];
    }
  }
  return onto;
}

/* Each run of `count` numbers less its mean, over its standard deviation. */
function standardise(data, count, epsilon) {
  const found = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += count) {
    const part = data.subarray(start, start + count);
    const mean = total(part) / count;
    const scale = 1 / Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count + epsilon);
    for (let i = 0; i < count; i += 1) found[start + i] = (part[i] - mean) * scale;
  }
  return found;
}

function convolve(x, weight, bias, stride, padding, dilation, transposed, outputPadding) {
  const flat = x.shape.length === 3; // one dimension: a picture of one row
  const pair = (list, first) => (flat ? [first, list[0]] : list);
  const [height, width] = flat ? [1, x.shape[2]] : x.shape.slice(2);
  const [rows, columns] = flat ? [1, weight.shape[2]] : weight.shape.slice(2);
  const [[stepY, stepX], [padY, padX], [apartY, apartX], [moreY, moreX]] = [pair(stride, 1), pair(padding, 0), pair(dilation, 1), pair(outputPadding, 0)];
  const inputs = x.shape[1];
  const outputs = weight.shape[transposed ? 1 : 0];
  const length = (size, kernel, step, pad, apart, more) => (transposed
    ? (size - 1) * step - 2 * pad + apart * (kernel - 1) + more + 1
    : Math.floor((size + 2 * pad - apart * (kernel - 1) - 1) / step) + 1);
  const [high, wide] = [length(height, rows, stepY, padY, apartY, moreY), length(width, columns, stepX, padX, apartX, moreX)];
  const found = array(flat ? [1, outputs, wide] : [1, outputs, high, wide]);
  // the coarse side moves in single steps, the fine side in strides: x is coarse where the picture grows
  const [coarseHigh, coarseWide, fineHigh, fineWide] = transposed ? [height, width, high, wide] : [high, wide, height, width];
  for (let output = 0; output < outputs; output += 1) {
    if (bias) found.data.fill(bias.data[output], output * high * wide, (output + 1) * high * wide);
    for (let input = 0; input < inputs; input += 1) {
      const kernel = (transposed ? input * outputs + output : output * inputs + input) * rows * columns;
      for (let ky = 0; ky < rows; ky += 1) {
        for (let kx = 0; kx < columns; kx += 1) {
          const factor = weight.data[kernel + ky * columns + kx];
          const shift = kx * apartX - padX;
          const first = Math.max(0, Math.ceil(-shift / stepX));
          const last = Math.min(coarseWide - 1, Math.floor((fineWide - 1 - shift) / stepX));
          for (let coarse = 0; coarse < coarseHigh; coarse += 1) {
            const fine = coarse * stepY + ky * apartY - padY;
            if (fine < 0 || fine >= fineHigh) continue;
            const to = (output * high + (transposed ? fine : coarse)) * wide;
            const from = (input * height + (transposed ? coarse : fine)) * width;
            if (transposed) for (let i = first; i <= last; i += 1) found.data[to + i * stepX + shift] += factor * x.data[from + i];
            else for (let i = first; i <= last; i += 1) found.data[to + i] += factor * x.data[from + i * stepX + shift];
          }
        }
      }
    }
  }
  return found;
}

/* The error function to 1e-7 (Abramowitz & Stegun 1964, 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

function even(x) {
  const near = Math.round(x);
  return near - x === 0.5 && near % 2 ? near - 1 : near;
}

const same = ([one]) => one;
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const reshape = ([one, shape]) => array(shape.map((length) => (length < 0 ? -one.data.length / sizeOf(shape) : length)), one.data);
const split = ([one, size, axis = 0]) => {
  const at = placeOf(axis, one.shape.length);
  const sizes = Array.isArray(size) ? size : Array.from({ length: Math.ceil(one.shape[at] / size) }, (_, i) => Math.min(size, one.shape[at] - i * size));
  let start = 0;
  return sizes.map((count) => narrow(one, at, (start += count) - count, count));
};
const select = ([one, axis, place]) => {
  const at = placeOf(axis, one.shape.length);
  return array(one.shape.filter((_, other) => other !== at), narrow(one, at, placeOf(place, one.shape[at]), 1).data);
};
const unsqueeze = ([one, axis]) => array(one.shape.toSpliced(placeOf(axis, one.shape.length + 1), 0, 1), one.data);

const OPERATIONS = {
  getitem: ([several, place]) => (Array.isArray(several) ? several[place] : several),
  _to_copy: same, alias: same, clone: same, detach: same,
  view: reshape, _unsafe_view: reshape,
  unsqueeze,
  squeeze: ([one, axis]) => {
    const gone = axis === undefined ? one.shape.map((_, at) => at) : [axis].flat().map((at) => placeOf(at, one.shape.length));
    return array(one.shape.filter((length, at) => length !== 1 || !gone.includes(at)), one.data);
  },
  expand: ([one, shape]) => expand(one, shape),
  permute: ([one, order]) => permute(one, order.map((axis) => placeOf(axis, one.shape.length))),
  transpose: ([one, first, second]) => transpose(one, placeOf(first, one.shape.length), placeOf(second, one.shape.length)),
  t: ([one]) => transpose(one, 0, one.shape.length - 1),
  slice: ([one, axis = 0, start = 0, end = Infinity]) => {
    const at = placeOf(axis, one.shape.length);
    const [from, to] = [start ?? 0, end ?? Infinity].map((place) => Math.min(one.shape[at], placeOf(place, one.shape[at])));
    return narrow(one, at, from, to - from);
  },
  select, split, unsafe_split: split, split_with_sizes: split,
  unbind: ([one, axis = 0]) => Array.from({ length: one.shape[placeOf(axis, one.shape.length)] }, (_, place) => select([one, axis, place])),
  cat: ([several, axis = 0]) => concatenate(several, placeOf(axis, several[0].shape.length)),
  stack: ([several, axis = 0]) => concatenate(several.map((one) => unsqueeze([one, axis])), placeOf(axis, several[0].shape.length + 1)),
  constant_pad_nd: ([one, pads, value = 0]) => {
    let found = one;
    for (let i = 0; i < pads.length; i += 2) {
      const axis = one.shape.length - 1 - i / 2;
      const filler = (count) => { const shape = found.shape.with(axis, count); return array(shape, new Float32Array(sizeOf(shape)).fill(value)); };
      if (pads[i] || pads[i + 1]) found = concatenate([filler(pads[i]), found, filler(pads[i + 1])], axis);
    }
    return found;
  },
  index: ([one, [places]]) => array(
    [...places.shape, ...one.shape.slice(1)],
    concatenate(Array.from(places.data, (place) => narrow(one, 0, placeOf(place, one.shape[0]), 1)), 0).data,
  ),
  index_select: ([one, axis, places]) => concatenate(Array.from(places.data, (place) => narrow(one, placeOf(axis, one.shape.length), place, 1)), placeOf(axis, one.shape.length)),
  add: binary((a, b) => a + b), sub: binary((a, b) => a - b), mul: binary((a, b) => a * b), div: binary((a, b) => a / b),
  floor_divide: binary((a, b) => Math.floor(a / b)), remainder: binary((a, b) => a - Math.floor(a / b) * b), pow: binary((a, b) => a ** b),
  lt: binary((a, b) => Number(a < b)), ge: binary((a, b) => Number(a >= b)),
  where: ([condition, a, b]) => {
    const chosen = binary((yes, x) => yes * x)([condition, a]);
    const other = binary((yes, x) => (1 - yes) * x)([condition, b]);
    return binary((x, y) => x + y)([chosen, other]);
  },
  clamp: ([one, low, high]) => {
    const above = low === undefined || low === null ? one : binary(Math.max)([one, low]);
    return high === undefined || high === null ? above : binary(Math.min)([above, high]);
  },
  clamp_min: binary(Math.max),
  abs: unary(Math.abs), neg: unary((x) => -x), exp: unary(Math.exp), sqrt: unary(Math.sqrt), reciprocal: unary((x) => 1 / x), round: unary(even),
  relu: unary((x) => Math.max(0, x)), leaky_relu: unary((x, slope = 0.01) => (x < 0 ? slope * x : x)), silu: unary((x) => x * sigmoid(x)),
  elu: unary((x, alpha = 1) => (x < 0 ? alpha * Math.expm1(x) : x)), gelu: unary((x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
  sigmoid: unary(sigmoid), tanh: unary(Math.tanh),
  sum: ([one, axes, keep = false]) => reduce(one, axes, keep, total),
  mean: ([one, axes, keep = false]) => reduce(one, axes, keep, (values) => total(values) / values.length),
  linalg_vector_norm: ([one, , axes, keep = false]) => reduce(one, axes, keep, (values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))),
  min: ([one, axis, keep = false]) => [
    reduce(one, [axis], keep, (values) => Math.min(...values)), reduce(one, [axis], keep, (values) => values.indexOf(Math.min(...values))),
  ],
  _softmax: ([one, axis]) => {
    const top = reduce(one, [axis], true, (values) => Math.max(...values));
    const powers = binary((x, most) => Math.exp(x - most))([one, top]);
    return binary((x, sum) => x / sum)([powers, reduce(powers, [axis], true, total)]);
  },
  mm: ([a, b]) => array([a.shape[0], b.shape[1]], multiply(a.data, b.data, a.shape[0], a.shape[1], b.shape[1], new Float32Array(a.shape[0] * b.shape[1]))),
  addmm: ([onto, a, b], { beta = 1, alpha = 1 }) => {
    const shape = [a.shape[0], b.shape[1]];
    const product = multiply(a.data, b.data, ...a.shape, b.shape[1], new Float32Array(sizeOf(shape)));
    return array(shape, expand(onto, shape).data.map((value, i) => beta * value + alpha * product[i]));
  },
  bmm: ([a, b]) => {
    const [count, n, k] = a.shape;
    const m = b.shape[2];
    const found = array([count, n, m]);
    for (let i = 0; i < count; i += 1) multiply(a.data.subarray(i * n * k, (i + 1) * n * k), b.data.subarray(i * k * m, (i + 1) * k * m), n, k, m, found.data.subarray(i * n * m, (i + 1) * n * m));
    return found;
  },
  convolution: ([x, weight, bias, stride, padding, dilation, transposed, outputPadding]) => convolve(x, weight, bias, stride, padding, dilation, transposed, outputPadding),
  native_group_norm: ([one, weight, bias, , channels, , groups, epsilon]) => {
    const found = standardise(one.data, one.data.length / groups, epsilon);
    const inner = one.data.length / channels;
    return [array(one.shape, found.map((value, i) => value * (weight?.data[Math.floor(i / inner)] ?? 1) + (bias?.data[Math.floor(i / inner)] ?? 0)))];
  },
  native_layer_norm: ([one, shape, weight, bias, epsilon]) => {
    const count = sizeOf(shape);
    return [array(one.shape, standardise(one.data, count, epsilon).map((value, i) => value * (weight?.data[i % count] ?? 1) + (bias?.data[i % count] ?? 0)))];
  },
  _adaptive_avg_pool2d: ([one, [high, wide]]) => {
    const [, channels, height, width] = one.shape;
    const found = array([1, channels, high, wide]);
    found.data.forEach((_, i) => {
      const [x, y, channel] = [i % wide, Math.floor(i / wide) % high, Math.floor(i / (wide * high))];
      const [top, bottom] = [Math.floor((y * height) / high), Math.ceil(((y + 1) * height) / high)];
      const [left, right] = [Math.floor((x * width) / wide), Math.ceil(((x + 1) * width) / wide)];
      let sum = 0;
      for (let row = top; row < bottom; row += 1) for (let column = left; column < right; column += 1) sum += one.data[(channel * height + row) * width + column];
      found.data[i] = sum / ((bottom - top) * (right - left));
    });
    return found;
  },
};

/* Steps are [operation, arguments, named arguments]; {v: i} in them is what step i made (0: the latent), {c: i} a constant. */
function runProgram(steps, constants, latent) {
  const values = [array([1, latent.length], Float32Array.from(latent))];
  const fill = (value) => {
    if (Array.isArray(value)) return value.map(fill);
    if (value === null || typeof value !== "object") return value ?? undefined;
    return "v" in value ? values[value.v] : constants[value.c];
  };
  for (const [name, args, named] of steps) values.push(OPERATIONS[name](args.map(fill), named));
  return values.at(-1);
}
