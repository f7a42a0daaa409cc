/* Keeps the WebGL layer of points over its plot: in the place of the axes, without traces that the legend switched off. */
import { FADED } from "./highlight.js";
import { Layer } from "./layer.js";
import { axesOf, drawnTraces } from "./plotly_internals.js";

/* After each drawing: many points are drawn by our layer, between Plotly's SVG and its WebGL; few are drawn by Plotly. */
export function attachPointsLayer(chart) {
  if (!chart.cloud || chart.cloud.svg) {
    chart.layer?.destroy();
    chart.layer = null;
    return;
  }
  chart.layer ??= new Layer();
  const { canvas } = chart.layer;
  const below = chart.plot.querySelector(".gl-container");
  if (canvas.parentNode !== below) below.prepend(canvas);
  chart.layer.show(chart.cloud);
  chart.layer.choose(chart.shared.ids);
  paintPoints(chart);
}

export function paintPoints({ layer, cloud, plot, theme }) {
  if (!layer) return;
  const [xaxis, yaxis] = axesOf(plot);
  const drawn = drawnTraces(plot);
  const hidden = new Set(cloud.looks.map(({ trace }) => trace).filter((trace) => drawn[trace].visible !== true));
  if ([...hidden].join() !== [...cloud.hidden].join()) {
    cloud.hidden = hidden;
    layer.colour();
  }
  layer.draw({
    left: xaxis.offset, top: yaxis.offset, width: xaxis.length, height: yaxis.length,
    x: xaxis.range, y: yaxis.range, faded: FADED, grown: theme.grown,
  });
}
