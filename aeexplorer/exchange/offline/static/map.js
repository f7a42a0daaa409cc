/*
 * A scatter plot on a canvas: zoom with the wheel, drag to select or to move (a 3-D map turns), hover.
 *
 * Samples are identified by their index. Emits "hover" ({sample, position}), "select" ({samples, adding}) and "leave".
 */
const HOVER_RADIUS = 12; // px around the pointer
const MAX_CLICK_DISTANCE = 4; // px between press and release
const FADED_ALPHA = 0.12;

class Scatter extends EventTarget {
  constructor(canvas, positions, dims) {
    super();
    Object.assign(this, { canvas, positions, dims, count: positions.length / dims, moves: false, highlighted: null });
    this.context = canvas.getContext("2d");
    this.points = new Float32Array(2 * this.count); // px
    this.pointers = new Map();
    const spans = Array.from({ length: dims }, (_, axis) => this.spanOf(axis));
    this.middle = spans.map(([low, high]) => (low + high) / 2);
    this.spread = spans.map(([low, high]) => high - low || 1);
    this.reset();
    new ResizeObserver(() => this.resize()).observe(canvas);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.release(event));
    canvas.addEventListener("pointerleave", () => this.emit("leave"));
    canvas.addEventListener("dblclick", () => this.reset());
  }

  spanOf(axis) {
    let [low, high] = [Infinity, -Infinity];
    for (let at = axis; at < this.positions.length; at += this.dims) [low, high] = [Math.min(low, this.positions[at]), Math.max(high, this.positions[at])];
    return [low, high];
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /* Set the look of the samples: groups {colour, symbol}, each sample's group, and its own colour if it has one. */
  paint(groups, groupOf, colourOf) {
    Object.assign(this, { groups, groupOf, colourOf });
    this.draw();
  }

  highlight(highlighted) {
    this.highlighted = highlighted;
    this.draw();
  }

  reset() {
    Object.assign(this, { zoom: 1, shift: [0, 0], turn: [0.5, 0.35] });
    this.draw();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw();
  }

  get scale() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const room = 0.92 * this.zoom;
    if (this.dims === 3) return (room * Math.min(width, height)) / Math.hypot(...this.spread);
    return room * Math.min(width / this.spread[0], height / this.spread[1]);
  }

  project() {
    const { scale } = this;
    const [left, top] = [this.canvas.clientWidth / 2 + this.shift[0], this.canvas.clientHeight / 2 + this.shift[1]];
    const [[cosA, sinA], [cosB, sinB]] = this.turn.map((angle) => [Math.cos(angle), Math.sin(angle)]);
    for (let i = 0; i < this.count; i += 1) {
      let x = this.positions[i * this.dims] - this.middle[0];
      let y = this.positions[i * this.dims + 1] - this.middle[1];
      if (this.dims === 3) {
        const z = this.positions[i * 3 + 2] - this.middle[2];
        [x, y] = [x * cosA + y * sinA, (y * cosA - x * sinA) * sinB + z * cosB];
      }
      this.points[2 * i] = left + scale * x;
      this.points[2 * i + 1] = top - scale * y;
    }
  }

  /* Convert canvas coordinates to a position on a 2-D map. */
  positionAt(x, y) {
    const across = x - this.canvas.clientWidth / 2 - this.shift[0];
    const up = this.canvas.clientHeight / 2 + this.shift[1] - y;
    return [this.middle[0] + across / this.scale, this.middle[1] + up / this.scale];
  }

  draw() {
    if (this.waiting || !this.groups) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.drawNow();
    });
  }

  drawNow() {
    const { context, canvas } = this;
    this.project();
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    const size = Math.min(4.5, Math.max(1.5, 13 * this.count ** -0.2)) * Math.min(1.8, Math.max(1, this.zoom ** 0.25));
    for (const bright of this.highlighted ? [false, true] : [true]) {
      context.globalAlpha = bright ? 0.9 : FADED_ALPHA;
      const paths = new Map();
      for (let i = 0; i < this.count; i += 1) {
        if (this.highlighted && this.highlighted.has(i) !== bright) continue;
        const { colour, symbol } = this.groups[this.groupOf[i]];
        const look = `${this.colourOf?.[i] ?? colour} ${symbol}`;
        if (!paths.has(look)) paths.set(look, { path: new Path2D(), colour: this.colourOf?.[i] ?? colour, symbol });
        this.addMarker(paths.get(look), this.points[2 * i], this.points[2 * i + 1], size);
      }
      for (const { path, colour, symbol } of paths.values()) {
        if (symbol === "circle-open") (context.strokeStyle = colour), context.stroke(path);
        else (context.fillStyle = colour), context.fill(path);
      }
    }
    context.globalAlpha = 1;
    if (this.outline?.length) this.drawOutline();
    canvas.dataset.drawn = String(this.highlighted ? this.highlighted.size : this.count);
  }

  addMarker({ path, symbol }, x, y, size) {
    if (symbol === "diamond") {
      path.moveTo(x, y - 1.3 * size);
      for (const [across, down] of [[1.3, 0], [0, 1.3], [-1.3, 0]]) path.lineTo(x + across * size, y + down * size);
      path.closePath();
    } else {
      path.moveTo(x + size, y);
      path.arc(x, y, size, 0, 2 * Math.PI);
    }
  }

  drawOutline() {
    const { context } = this;
    context.strokeStyle = getComputedStyle(this.canvas).getPropertyValue("--accent");
    context.setLineDash([4, 3]);
    context.stroke(new Path2D(`M${this.outline.map((point) => point.join(",")).join("L")}`));
    context.setLineDash([]);
  }

  /* Return the index of the nearest sample within reach of canvas coordinates, or −1. */
  sampleAt(x, y) {
    let [nearest, least] = [-1, HOVER_RADIUS * HOVER_RADIUS];
    for (let i = 0; i < this.count; i += 1) {
      const distance = (this.points[2 * i] - x) ** 2 + (this.points[2 * i + 1] - y) ** 2; // squared
      if (distance < least) [nearest, least] = [i, distance];
    }
    return nearest;
  }

  /* Return the indices of the samples nearest to a position on the map, the nearest first. */
  nearestTo(position, count) {
    const nearest = [];
    for (let i = 0; i < this.count; i += 1) {
      const distance = (this.positions[i * 2] - position[0]) ** 2 + (this.positions[i * 2 + 1] - position[1]) ** 2; // squared
      if (nearest.length < count || distance < nearest.at(-1).distance) {
        nearest.splice(nearest.findLastIndex((sample) => sample.distance <= distance) + 1, 0, { i, distance });
        nearest.length = Math.min(nearest.length, count);
      }
    }
    return nearest.map((sample) => sample.i);
  }

  wheel(event) {
    event.preventDefault();
    this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
  }

  zoomBy(factor, x, y) {
    const zoom = Math.min(200, Math.max(0.5, this.zoom * factor));
    const centre = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2];
    this.shift = [x, y].map((at, axis) => at - centre[axis] - (at - centre[axis] - this.shift[axis]) * (zoom / this.zoom));
    this.zoom = zoom;
    this.draw();
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    this.pressed = [event.offsetX, event.offsetY];
    this.outline = this.moves || this.pointers.size > 1 ? null : [[event.offsetX, event.offsetY]];
  }

  move(event) {
    const now = [event.offsetX, event.offsetY];
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      const sample = this.sampleAt(...now);
      this.emit("hover", { sample, position: sample < 0 && this.dims === 2 ? this.positionAt(...now) : null });
      return;
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    const moved = now.map((at, axis) => at - before[axis]);
    if (other) {
      const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
      this.zoomBy(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else if (this.outline) {
      this.outline.push(now);
    } else if (this.dims === 3 && !event.shiftKey) {
      this.turn = [this.turn[0] - moved[0] / 150, this.turn[1] + moved[1] / 150];
    } else {
      this.shift = this.shift.map((at, axis) => at + moved[axis]);
    }
    this.draw();
  }

  release(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { outline } = this;
    this.outline = null;
    const still = Math.hypot(event.offsetX - this.pressed[0], event.offsetY - this.pressed[1]) < MAX_CLICK_DISTANCE;
    if (still && (outline?.length ?? 0) < 8) {
      const sample = this.sampleAt(...this.pressed);
      this.emit("select", { samples: sample < 0 ? [] : [sample], adding: event.shiftKey });
    } else if (outline) {
      this.emit("select", { samples: this.samplesInside(outline), adding: event.shiftKey });
    }
    this.draw();
  }

  samplesInside(outline) {
    const area = new Path2D(`M${outline.map((point) => point.join(",")).join("L")}Z`);
    const ratio = window.devicePixelRatio || 1; // isPointInPath takes device pixels for the point, CSS pixels for the path
    return Array.from({ length: this.count }, (_, i) => i).filter((i) => this.context.isPointInPath(area, this.points[2 * i] * ratio, this.points[2 * i + 1] * ratio, "evenodd"));
  }
}
