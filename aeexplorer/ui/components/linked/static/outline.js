/* Whether places lie in what a person has drawn: Plotly's { range } of a box, or { lassoPoints } of a lasso. */
export function insideOf({ range, lassoPoints }) {
  return range ? insideBox(range.x, range.y) : insideLasso(lassoPoints.x, lassoPoints.y);
}

function insideBox(across, up) {
  const [left, right] = ends(across);
  const [bottom, top] = ends(up);
  return (x, y) => x >= left && x <= right && y >= bottom && y <= top;
}

/* The even-odd rule: a ray to the right crosses the outline an odd number of times. */
function insideLasso(across, up) {
  const within = insideBox(across, up);
  const count = across.length;
  return (x, y) => {
    if (!within(x, y)) return false;
    let odd = false;
    for (let at = 0, before = count - 1; at < count; before = at, at += 1) {
      if (up[at] > y !== up[before] > y && x < ((across[before] - across[at]) * (y - up[at])) / (up[before] - up[at]) + across[at]) odd = !odd;
    }
    return odd;
  };
}

function ends(values) {
  return [Math.min(...values), Math.max(...values)];
}
