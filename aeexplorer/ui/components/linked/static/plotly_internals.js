/* The parts of Plotly that are not public: all of them are used here, and a test in the browser fails when one changes. */

/* The drawn axes, x before y: what they show, where they lie in the plot in CSS pixels, and how to convert. */
export function axesOf(plot) {
  const { xaxis, yaxis } = plot._fullLayout;
  return [xaxis, yaxis].map((axis) => ({
    range: axis.range,
    autorange: axis.autorange,
    offset: axis._offset,
    length: axis._length,
    toData: (pixel) => axis.p2d(pixel), // from a pixel inside the axis to the axis' units
    toPixel: (value) => axis.d2p(value),
  }));
}

/* Which figure the axes' units belong to. */
export function revisionOf(plot) {
  return plot._fullLayout.uirevision;
}

/* The traces as drawn: `visible` after clicks on the legend, colour scales after their defaults. */
export function drawnTraces(plot) {
  return plot._fullData;
}

/* The bars of a trace: their bases, and their shared offset and width. */
export function drawnBars(plot, trace) {
  const bars = plot.calcdata[trace];
  const { poffset, barwidth } = bars[0].t;
  return { count: bars.length, bases: bars.map((bar) => bar.b), offset: poffset, width: barwidth };
}

export function areBarsStacked(plot) {
  return ["stack", "relative"].includes(plot._fullLayout.barmode);
}

/* The camera of a 3-D plot: eye, centre and up, nine numbers. */
export function cameraOf(plot) {
  const { eye, center, up } = plot._fullLayout.scene._scene.getCamera();
  return [eye, center, up].flatMap(({ x, y, z }) => [x, y, z]);
}

/* Removes the outline of a lasso or box, and lets the next one begin. */
export function dropOutline(plot) {
  for (const outline of plot.querySelectorAll(".select-outline")) outline.remove();
  plot._fullLayout._outlining = false;
  for (const subplot of Object.values(plot._fullLayout._plots)) delete subplot.selection;
}
