/*
 * The ATen operations of a decoder, and an interpreter for programs of them.
 *
 * An array is {shape, data} in row-major order. An operation takes [arguments], {named arguments} and returns an array or a
 * list of arrays. Integers are stored as floats.
 */
const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);
const array = (shape, data) => ({ shape, data: data ?? new Float32Array(sizeOf(shape)) });
const isArray = (value) => value?.data instanceof Float32Array;
const asArray = (value) => (isArray(value) ? value : array([], Float32Array.of(Number(value))));
const positiveIndex = (axis, rank) => (axis < 0 ? axis + rank : axis);

function stridesOf(shape) {
  const strides = new Array(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis -= 1) [strides[axis], step] = [step, step * shape[axis]];
  return strides;
}

/* Copy a strided view of `data` into a new array. */
function gather(data, shape, strides, offset = 0) {
  const result = array(shape);
  const index = new Int32Array(shape.length);
  let from = offset;
  for (let i = 0; i < result.data.length; i += 1) {
    result.data[i] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      from += strides[axis];
      if ((index[axis] += 1) < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

function expand(input, shape) {
  const before = shape.length - input.shape.length;
  const full = shape.map((length, axis) => (length < 0 ? input.shape[axis - before] : length));
  if (input.data.length === sizeOf(full)) return array(full, input.data);
  const strides = stridesOf(input.shape);
  return gather(input.data, full, full.map((_, axis) => (axis < before || input.shape[axis - before] === 1 ? 0 : strides[axis - before])));
}

function permute(input, order) {
  const strides = stridesOf(input.shape);
  return gather(input.data, order.map((axis) => input.shape[axis]), order.map((axis) => strides[axis]));
}

function transpose(input, first, second) {
  const order = input.shape.map((_, axis) => axis);
  [order[first], order[second]] = [order[second], order[first]];
  return permute(input, order);
}

/* Take `count` entries along an axis, from `start` on. */
function narrow(input, axis, start, count) {
  const strides = stridesOf(input.shape);
  return gather(input.data, input.shape.map((length, at) => (at === axis ? count : length)), strides, start * strides[axis]);
}

function concatenate(parts, axis) {
  const shape = parts[0].shape.map((length, at) => (at === axis ? parts.reduce((sum, input) => sum + input.shape[axis], 0) : length));
  const result = array(shape);
  const inner = sizeOf(shape.slice(axis + 1));
  const row = shape[axis] * inner;
  let start = 0;
  for (const input of parts) {
    const length = input.shape[axis] * inner;
    for (let at = 0, to = start; at < input.data.length; at += length, to += row) result.data.set(input.data.subarray(at, at + length), to);
    start += length;
  }
  return result;
}

const unary = (f) => ([input, ...more]) => array(input.shape, input.data.map((value) => f(value, ...more)));

function binary(f) {
  return ([left, right], { alpha = 1 } = {}) => {
    const [a, b] = [asArray(left), asArray(right)];
    const rank = Math.max(a.shape.length, b.shape.length);
    const at = (input, axis) => input.shape[axis - rank + input.shape.length] ?? 1;
    const shape = Array.from({ length: rank }, (_, axis) => Math.max(at(a, axis), at(b, axis)));
    const [x, y] = [expand(a, shape).data, expand(b, shape).data];
    return array(shape, x.map((value, i) => f(value, alpha * y[i])));
  };
}

/* Apply `f` to all numbers along some axes, or along all axes by default. */
function reduce(input, axes, keep, f) {
  const removed = new Set((axes?.length ? axes : input.shape.map((_, axis) => axis)).map((axis) => positiveIndex(axis, input.shape.length)));
  const remaining = input.shape.map((_, axis) => axis).filter((axis) => !removed.has(axis));
  const moved = permute(input, [...remaining, ...removed]);
  const count = sizeOf([...removed].map((axis) => input.shape[axis]));
  const shape = keep ? input.shape.map((length, axis) => (removed.has(axis) ? 1 : length)) : remaining.map((axis) => input.shape[axis]);
  return array(shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => f(moved.data.subarray(i * count, (i + 1) * count))));
}

const total = (values) => values.reduce((sum, value) => sum + value, 0);

/* Add the product of matrices (n, k) and (k, m) to `onto` (n, m). */
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

/* Standardise each block of `count` numbers to mean 0 and variance 1. */
function standardise(data, count, epsilon) {
  const result = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += count) {
    const part = data.subarray(start, start + count);
    const mean = total(part) / count;
    const scale = 1 / Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count + epsilon);
    for (let i = 0; i < count; i += 1) result[start + i] = (part[i] - mean) * scale;
  }
  return result;
}

function convolve(x, weight, bias, stride, padding, dilation, transposed, outputPadding) {
  const flat = x.shape.length === 3; // a 1-D convolution is computed as 2-D with one row
  const pair = (list, first) => (flat ? [first, list[0]] : list);
  const [height, width] = flat ? [1, x.shape[2]] : x.shape.slice(2);
  const [rows, columns] = flat ? [1, weight.shape[2]] : weight.shape.slice(2);
  const [[stepY, stepX], [padY, padX], [dilationY, dilationX], [extraY, extraX]] = [pair(stride, 1), pair(padding, 0), pair(dilation, 1), pair(outputPadding, 0)];
  const inputs = x.shape[1];
  const outputs = weight.shape[transposed ? 1 : 0];
  const outputLength = (size, kernel, step, pad, apart, extra) => (transposed
    ? (size - 1) * step - 2 * pad + apart * (kernel - 1) + extra + 1
    : Math.floor((size + 2 * pad - apart * (kernel - 1) - 1) / step) + 1);
  const [outHeight, outWidth] = [outputLength(height, rows, stepY, padY, dilationY, extraY), outputLength(width, columns, stepX, padX, dilationX, extraX)];
  const result = array(flat ? [1, outputs, outWidth] : [1, outputs, outHeight, outWidth]);
  // the coarse side advances by one, the fine side by the stride; for a transposed convolution x is the coarse side
  const [coarseHeight, coarseWidth, fineHeight, fineWidth] = transposed ? [height, width, outHeight, outWidth] : [outHeight, outWidth, height, width];
  for (let output = 0; output < outputs; output += 1) {
    if (bias) result.data.fill(bias.data[output], output * outHeight * outWidth, (output + 1) * outHeight * outWidth);
    for (let input = 0; input < inputs; input += 1) {
      const kernel = (transposed ? input * outputs + output : output * inputs + input) * rows * columns;
      for (let ky = 0; ky < rows; ky += 1) {
        for (let kx = 0; kx < columns; kx += 1) {
          const factor = weight.data[kernel + ky * columns + kx];
          const shift = kx * dilationX - padX;
          const first = Math.max(0, Math.ceil(-shift / stepX));
          const last = Math.min(coarseWidth - 1, Math.floor((fineWidth - 1 - shift) / stepX));
          for (let coarse = 0; coarse < coarseHeight; coarse += 1) {
            const fine = coarse * stepY + ky * dilationY - padY;
            if (fine < 0 || fine >= fineHeight) continue;
            const to = (output * outHeight + (transposed ? fine : coarse)) * outWidth;
            const from = (input * height + (transposed ? coarse : fine)) * width;
            if (transposed) for (let i = first; i <= last; i += 1) result.data[to + i * stepX + shift] += factor * x.data[from + i];
            else for (let i = first; i <= last; i += 1) result.data[to + i] += factor * x.data[from + i * stepX + shift];
          }
        }
      }
    }
  }
  return result;
}

/* Compute the error function with an error of at most 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

function roundHalfToEven(x) {
  const nearest = Math.round(x);
  return nearest - x === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}

const identity = ([input]) => input;
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const reshape = ([input, shape]) => array(shape.map((length) => (length < 0 ? -input.data.length / sizeOf(shape) : length)), input.data);
const split = ([input, size, axis = 0]) => {
  const at = positiveIndex(axis, input.shape.length);
  const sizes = Array.isArray(size) ? size : Array.from({ length: Math.ceil(input.shape[at] / size) }, (_, i) => Math.min(size, input.shape[at] - i * size));
  let start = 0;
  return sizes.map((count) => narrow(input, at, (start += count) - count, count));
};
const select = ([input, axis, index]) => {
  const at = positiveIndex(axis, input.shape.length);
  return array(input.shape.filter((_, other) => other !== at), narrow(input, at, positiveIndex(index, input.shape[at]), 1).data);
};
const unsqueeze = ([input, axis]) => array(input.shape.toSpliced(positiveIndex(axis, input.shape.length + 1), 0, 1), input.data);

const OPERATIONS = {
  getitem: ([parts, index]) => (Array.isArray(parts) ? parts[index] : parts),
  _to_copy: identity, alias: identity, clone: identity, detach: identity,
  view: reshape, _unsafe_view: reshape,
  unsqueeze,
  squeeze: ([input, axis]) => {
    const removed = axis === undefined ? input.shape.map((_, at) => at) : [axis].flat().map((at) => positiveIndex(at, input.shape.length));
    return array(input.shape.filter((length, at) => length !== 1 || !removed.includes(at)), input.data);
  },
  expand: ([input, shape]) => expand(input, shape),
  permute: ([input, order]) => permute(input, order.map((axis) => positiveIndex(axis, input.shape.length))),
  transpose: ([input, first, second]) => transpose(input, positiveIndex(first, input.shape.length), positiveIndex(second, input.shape.length)),
  t: ([input]) => transpose(input, 0, input.shape.length - 1),
  slice: ([input, axis = 0, start = 0, end = Infinity]) => {
    const at = positiveIndex(axis, input.shape.length);
    const [from, to] = [start ?? 0, end ?? Infinity].map((index) => Math.min(input.shape[at], positiveIndex(index, input.shape[at])));
    return narrow(input, at, from, to - from);
  },
  select, split, unsafe_split: split, split_with_sizes: split,
  unbind: ([input, axis = 0]) => Array.from({ length: input.shape[positiveIndex(axis, input.shape.length)] }, (_, index) => select([input, axis, index])),
  cat: ([parts, axis = 0]) => concatenate(parts, positiveIndex(axis, parts[0].shape.length)),
  stack: ([parts, axis = 0]) => concatenate(parts.map((input) => unsqueeze([input, axis])), positiveIndex(axis, parts[0].shape.length + 1)),
  constant_pad_nd: ([input, pads, value = 0]) => {
    let result = input;
    for (let i = 0; i < pads.length; i += 2) {
      const axis = input.shape.length - 1 - i / 2;
      const filler = (count) => { const shape = result.shape.with(axis, count); return array(shape, new Float32Array(sizeOf(shape)).fill(value)); };
      if (pads[i] || pads[i + 1]) result = concatenate([filler(pads[i]), result, filler(pads[i + 1])], axis);
    }
    return result;
  },
  index: ([input, [indices]]) => array(
    [...indices.shape, ...input.shape.slice(1)],
    concatenate(Array.from(indices.data, (index) => narrow(input, 0, positiveIndex(index, input.shape[0]), 1)), 0).data,
  ),
  index_select: ([input, axis, indices]) => concatenate(Array.from(indices.data, (index) => narrow(input, positiveIndex(axis, input.shape.length), index, 1)), positiveIndex(axis, input.shape.length)),
  add: binary((a, b) => a + b), sub: binary((a, b) => a - b), mul: binary((a, b) => a * b), div: binary((a, b) => a / b),
  floor_divide: binary((a, b) => Math.floor(a / b)), remainder: binary((a, b) => a - Math.floor(a / b) * b), pow: binary((a, b) => a ** b),
  lt: binary((a, b) => Number(a < b)), ge: binary((a, b) => Number(a >= b)),
  where: ([condition, a, b]) => {
    const chosen = binary((yes, x) => yes * x)([condition, a]);
    const other = binary((yes, x) => (1 - yes) * x)([condition, b]);
    return binary((x, y) => x + y)([chosen, other]);
  },
  clamp: ([input, low, high]) => {
    const above = low === undefined || low === null ? input : binary(Math.max)([input, low]);
    return high === undefined || high === null ? above : binary(Math.min)([above, high]);
  },
  clamp_min: binary(Math.max),
  abs: unary(Math.abs), neg: unary((x) => -x), exp: unary(Math.exp), sqrt: unary(Math.sqrt), reciprocal: unary((x) => 1 / x), round: unary(roundHalfToEven),
  relu: unary((x) => Math.max(0, x)), leaky_relu: unary((x, slope = 0.01) => (x < 0 ? slope * x : x)), silu: unary((x) => x * sigmoid(x)),
  elu: unary((x, alpha = 1) => (x < 0 ? alpha * Math.expm1(x) : x)), gelu: unary((x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
  sigmoid: unary(sigmoid), tanh: unary(Math.tanh),
  sum: ([input, axes, keep = false]) => reduce(input, axes, keep, total),
  mean: ([input, axes, keep = false]) => reduce(input, axes, keep, (values) => total(values) / values.length),
  linalg_vector_norm: ([input, , axes, keep = false]) => reduce(input, axes, keep, (values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))),
  min: ([input, axis, keep = false]) => [
    reduce(input, [axis], keep, (values) => Math.min(...values)), reduce(input, [axis], keep, (values) => values.indexOf(Math.min(...values))),
  ],
  _softmax: ([input, axis]) => {
    const top = reduce(input, [axis], true, (values) => Math.max(...values));
    const powers = binary((x, most) => Math.exp(x - most))([input, top]);
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
    const result = array([count, n, m]);
    for (let i = 0; i < count; i += 1) multiply(a.data.subarray(i * n * k, (i + 1) * n * k), b.data.subarray(i * k * m, (i + 1) * k * m), n, k, m, result.data.subarray(i * n * m, (i + 1) * n * m));
    return result;
  },
  convolution: ([x, weight, bias, stride, padding, dilation, transposed, outputPadding]) => convolve(x, weight, bias, stride, padding, dilation, transposed, outputPadding),
  native_group_norm: ([input, weight, bias, , channels, , groups, epsilon]) => {
    const result = standardise(input.data, input.data.length / groups, epsilon);
    const inner = input.data.length / channels;
    return [array(input.shape, result.map((value, i) => value * (weight?.data[Math.floor(i / inner)] ?? 1) + (bias?.data[Math.floor(i / inner)] ?? 0)))];
  },
  native_layer_norm: ([input, shape, weight, bias, epsilon]) => {
    const count = sizeOf(shape);
    return [array(input.shape, standardise(input.data, count, epsilon).map((value, i) => value * (weight?.data[i % count] ?? 1) + (bias?.data[i % count] ?? 0)))];
  },
  _adaptive_avg_pool2d: ([input, [outHeight, outWidth]]) => {
    const [, channels, height, width] = input.shape;
    const result = array([1, channels, outHeight, outWidth]);
    result.data.forEach((_, i) => {
      const [x, y, channel] = [i % outWidth, Math.floor(i / outWidth) % outHeight, Math.floor(i / (outWidth * outHeight))];
      const [top, bottom] = [Math.floor((y * height) / outHeight), Math.ceil(((y + 1) * height) / outHeight)];
      const [left, right] = [Math.floor((x * width) / outWidth), Math.ceil(((x + 1) * width) / outWidth)];
      let sum = 0;
      for (let row = top; row < bottom; row += 1) for (let column = left; column < right; column += 1) sum += input.data[(channel * height + row) * width + column];
      result.data[i] = sum / ((bottom - top) * (right - left));
    });
    return result;
  },
};

/*
 * Run a program on a latent and return the result of its last step.
 *
 * Steps are [operation, arguments, named arguments]. In the arguments, {v: i} is the result of step i (0: the latent), and
 * {c: i} is a constant.
 */
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
