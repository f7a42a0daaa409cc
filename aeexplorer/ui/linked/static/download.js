/* A chart as a file: with its selection, on the page's own background, at the resolution of print. */
const DENSE = 4; // a CSS pixel is 1/96 inch: 384 dots per inch
const VECTORS = 20_000; // points that an SVG may hold one by one; more lie in it as a picture

export async function download(chart, format) {
  const { data, layout } = figureOf(chart, format);
  const { offsetWidth: width, offsetHeight: height } = chart.plot;
  const scale = format === "png" ? DENSE : 1;
  await window.Plotly.downloadImage({ data, layout }, { format, width, height, scale, filename: chart.header.key });
}

function figureOf({ plot, cloud, marks, theme, shared, header }, format) {
  const layout = { ...plot.layout, paper_bgcolor: theme.background };
  if (!cloud || cloud.svg) return { data: plot.data, layout };
  const type = format === "png" || cloud.ids.length > VECTORS ? "scattergl" : "scatter";
  const data = plot.data.slice(0, header.figure.data.length).map((trace) => ({ ...trace, marker: { ...trace.marker } }));
  cloud.fill(data, type);
  if (shared.ids) {
    for (const [trace, points] of cloud.parts()) {
      const selectedpoints = points.flatMap((point, mark) => (shared.ids.has(cloud.ids[point]) ? [mark] : []));
      Object.assign(data[trace], { selectedpoints, unselected: { marker: { opacity: 0.1 } } });
    }
  }
  return { data, layout };
}
