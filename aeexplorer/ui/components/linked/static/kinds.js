/* The kinds of charts, and what dragging does in each. */
export const DRAG = {
  map: { dragmode: "lasso" },
  cloud: { dragmode: "orbit" },
  bars: { dragmode: "select", selectdirection: "h" }, // a bar is in the box as soon as its tip is: full height
  rows: { dragmode: "select", selectdirection: "v" },
};

export function kindOf(data, marks) {
  if (data.some((trace) => trace.type === "scatter3d")) return "cloud";
  if (!marks.length || marks.some((item) => !item.groups)) return "map";
  return data[marks[0].trace].orientation === "h" ? "rows" : "bars";
}
