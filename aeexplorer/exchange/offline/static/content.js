/* Read the content of the file: plain data, and arrays, to which the data refers as [kind, offset, length]. */
const KINDS = { f4: Float32Array, f2: Uint16Array, i1: Int8Array, u1: Uint8Array, u2: Uint16Array, i4: Int32Array };

function readContent() {
  const about = JSON.parse(document.getElementById("about").textContent);
  const text = atob(document.getElementById("bytes").textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  const read = ([kind, offset, length]) => {
    const values = new KINDS[kind](bytes.buffer, offset, length);
    return kind === "f2" ? fromHalves(values) : values;
  };
  return { about, read };
}

/* Convert 16-bit floats (IEEE 754 binary16) to 32 bits. */
function fromHalves(halves) {
  return Float32Array.from(halves, (bits) => {
    const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
    const magnitude = exponent === 0 ? mantissa * 2 ** -24 : exponent === 31 ? (mantissa ? NaN : Infinity) : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    return bits & 0x8000 ? -magnitude : magnitude;
  });
}

/* Return a function from a sample's index to its latent, or null if the file has no latents. */
function readLatents(about, read) {
  if (!about) return null;
  const { width, codes, entries, stages, tokens } = about;
  if (!codes) {
    const values = read(about.values);
    return (sample) => values.subarray(sample * width, (sample + 1) * width);
  }
  const [indices, table] = [read(codes), read(entries)];
  return (sample) => {
    const latent = new Float32Array((tokens / stages) * width);
    for (let token = 0; token < tokens; token += 1) {
      const entry = indices[sample * tokens + token] * width;
      const to = Math.floor(token / stages) * width;
      for (let i = 0; i < width; i += 1) latent[to + i] += table[entry + i];
    }
    return latent;
  };
}

/* Return a function from a latent to ImageData, or null if the file has no decoder. */
function readDecoder(about, read) {
  if (!about) return null;
  const constants = about.constants.map(({ shape, values, scale }) => {
    const data = Float32Array.from(read(values));
    if (scale) {
      const rows = read(scale);
      const length = data.length / rows.length;
      for (let i = 0; i < data.length; i += 1) data[i] *= rows[Math.floor(i / length)];
    }
    return array(shape, data);
  });
  return (latent) => {
    const { shape: [, channels, height, width], data } = runProgram(about.steps, constants, latent);
    const image = new ImageData(width, height);
    const colours = channels < 3 ? [0, 0, 0] : [0, 1, 2];
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      colours.forEach((channel, i) => (image.data[4 * pixel + i] = Math.round(255 * data[channel * width * height + pixel])));
      image.data[4 * pixel + 3] = 255;
    }
    return image;
  };
}

/* Return a function that draws a sample's picture into a canvas, or null if the file has no pictures. */
async function readSheet(about, read) {
  if (!about) return null;
  const { content, type, width, height, columns } = about;
  const image = await createImageBitmap(new Blob([read(content)], { type }));
  return (sample, canvas) => {
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").drawImage(image, (sample % columns) * width, Math.floor(sample / columns) * height, width, height, 0, 0, width, height);
  };
}
