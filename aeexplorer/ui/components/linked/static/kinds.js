/* The kinds of charts, and what dragging does in each: a flat map, a 3-D space, upright bars, rows of lying bars. */
export const DRAG = {
  map: { dragmode: "lasso" },
  space: { dragmode: "orbit" },
  bars: { dragmode: "select", selectdirection: "h" }, // a bar is in the box as soon as its tip is: full height
  rows: { dragmode: "select", selectdirection: "v" },
};

export function kindOf(data, marks) {
  if (data.some((trace) => trace.type === "scatter3d")) return "space";
  if (!marks.length || marks.some((item) => !item.groups)) return "map";
  return data[marks[0].trace].orientation === "h" ? "rows" : "bars";
}
