/* Points sorted into cells, to find the nearest one quickly. */
const PER_CELL = 4;

export class Grid {
  constructor(x, y, [[left, right], [bottom, top]]) {
    this.x = x;
    this.y = y;
    this.side = Math.max(1, Math.round(Math.sqrt(x.length / PER_CELL)));
    this.column = cellsOf(left, right, this.side);
    this.row = cellsOf(bottom, top, this.side);
    this.starts = new Uint32Array(this.side * this.side + 1);
    const cells = Uint32Array.from(x, (value, point) => this.row(y[point]) * this.side + this.column(value));
    for (const cell of cells) this.starts[cell + 1] += 1;
    for (let cell = 0; cell < this.side * this.side; cell += 1) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.points = new Uint32Array(x.length);
    cells.forEach((cell, point) => { this.points[next[cell]++] = point; });
  }

  /* The point nearest to (x, y), no more than `reach` pixels away; `pixel` is the size of one in the units of each axis. */
  nearest(x, y, [wide, high], reach, isShown) {
    let [best, least] = [-1, reach * reach];
    for (let row = this.row(y - reach * high); row <= this.row(y + reach * high); row += 1) {
      const first = this.starts[row * this.side + this.column(x - reach * wide)];
      const last = this.starts[row * this.side + this.column(x + reach * wide) + 1];
      for (let at = first; at < last; at += 1) {
        const point = this.points[at];
        const [across, up] = [(this.x[point] - x) / wide, (this.y[point] - y) / high];
        const far = across * across + up * up;
        if (far <= least && isShown(point)) [best, least] = [point, far];
      }
    }
    return best;
  }
}

function cellsOf(low, high, side) {
  const scale = high > low ? side / (high - low) : 0;
  return (value) => Math.min(side - 1, Math.max(0, Math.floor((value - low) * scale) || 0));
}
