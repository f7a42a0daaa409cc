/* What the player paints: points, the use of codes, the losses. Each takes a canvas, and sizes in CSS pixels. */
const MARGIN = 14; // px around the points
export const THUMB = 8; // px from the end of a slider to the middle of its thumb there
const FADED = 0.12;

/* The canvas cleared and scaled to the screen's pixels: [context, width, height]. */
export function prepare(canvas) {
  const { offsetWidth: width, offsetHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}

/* Where positions [x, y, x, y, …] lie on a canvas that shows `view`: { x, y, half }. */
export function place(positions, view, width, height) {
  const scale = Math.max(1, Math.min(width, height) / 2 - MARGIN) / view.half;
  const placed = new Float32Array(positions.length);
  for (let at = 0; at < positions.length; at += 2) {
    placed[at] = width / 2 + (positions[at] - view.x) * scale;
    placed[at + 1] = height / 2 - (positions[at + 1] - view.y) * scale;
  }
  return placed;
}

export function drawPoints(canvas, film, positions, view, selected, over) {
  const [context, width, height] = prepare(canvas);
  const placed = place(positions, view, width, height);
  const radius = Math.min(4.5, Math.max(1.8, 13 * film.ids.length ** -0.2 / 1.2));
  film.palette.forEach((colour, group) => {
    const diamond = film.symbols[group].startsWith("diamond");
    for (const lit of selected ? [false, true] : [true]) {
      context.beginPath();
      for (let i = 0; i < film.ids.length; i += 1) {
        if (film.groups[i] !== group || (selected && selected.has(film.ids[i]) !== lit)) continue;
        mark(context, placed[2 * i], placed[2 * i + 1], radius, diamond);
      }
      context.globalAlpha = lit ? 0.9 : FADED;
      context.fillStyle = colour;
      context.fill();
    }
  });
  context.globalAlpha = 1;
  if (over >= 0) {
    context.beginPath();
    context.arc(placed[2 * over], placed[2 * over + 1], radius + 3, 0, 7);
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(canvas).color;
    context.stroke();
  }
  return placed;
}

function mark(context, x, y, radius, diamond) {
  if (diamond) {
    context.moveTo(x, y - radius * 1.2);
    context.lineTo(x + radius * 1.2, y);
    context.lineTo(x, y + radius * 1.2);
    context.lineTo(x - radius * 1.2, y);
    context.closePath();
  } else {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 7);
  }
}

export function drawBars(canvas, counts, most, colour, line) {
  const [context, width, height] = prepare(canvas);
  const step = width / counts.length;
  context.fillStyle = colour;
  counts.forEach((count, i) => {
    const tall = (count / most) * (height - 4);
    context.fillRect(i * step, height - 1 - tall, Math.max(1, step - (step > 4 ? 1 : 0)), tall);
  });
  context.fillStyle = line;
  context.fillRect(0, height - 1, width, 1);
}

export function drawCurves(canvas, curves, at, colours) {
  const [context, width, height] = prepare(canvas);
  const known = curves.flat().filter((value) => value !== null);
  const all = known.every((value) => value > 0) ? Math.log : (value) => value;
  const low = all(Math.min(...known)), high = all(Math.max(...known));
  const x = (i, count) => THUMB + ((width - 2 * THUMB) * i) / Math.max(1, count - 1);
  const y = (value) => height - 3 - ((all(value) - low) / (high - low || 1)) * (height - 6);
  curves.forEach((values, which) => {
    context.beginPath();
    values.forEach((value, i) => value !== null && context.lineTo(x(i, values.length), y(value)));
    context.strokeStyle = colours[which];
    context.lineWidth = 1.5;
    context.stroke();
  });
  context.fillStyle = colours[0];
  context.globalAlpha = 0.5;
  context.fillRect(x(at, curves[0].length) - 0.5, 0, 1, height);
  context.globalAlpha = 1;
}
