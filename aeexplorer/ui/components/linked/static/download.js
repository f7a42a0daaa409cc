/* Saves a chart as a file: with its selection, on the page's background, at print resolution. */
const DENSE = 4; // a CSS pixel is 1/96 inch: 384 dots per inch
const VECTORS = 20_000; // most points that an SVG holds one by one; more are in it as a picture

export async function download(chart, format) {
  const { data, layout } = figureOf(chart, format);
  const { offsetWidth: width, offsetHeight: height } = chart.plot;
  if (format === "pdf") {
    print(await window.Plotly.toImage({ data, layout }, { format: "svg", width, height }), width, height);
    return;
  }
  const scale = format === "png" ? DENSE : 1;
  await window.Plotly.downloadImage({ data, layout }, { format, width, height, scale, filename: chart.header.key });
}

/* A page of the chart's own size in the browser's print dialog, which saves it as a PDF: lines and text stay vectors. */
function print(source, width, height) {
  const frame = document.createElement("iframe");
  frame.className = "aex-print";
  frame.setAttribute("aria-hidden", "true");
  frame.addEventListener("load", async () => {
    const { contentDocument: page, contentWindow: view } = frame;
    page.head.append(Object.assign(page.createElement("style"), {
      textContent: `@page { size: ${width}px ${height}px; margin: 0 } body { margin: 0 } img { display: block; width: 100% }`,
    }));
    const image = Object.assign(page.createElement("img"), { src: source });
    page.body.append(image);
    await image.decode();
    view.addEventListener("afterprint", () => frame.remove());
    view.print();
  }, { once: true });
  document.body.append(frame);
}

function figureOf({ plot, cloud, traces, theme, shared }, format) {
  const layout = { ...plot.layout, paper_bgcolor: theme.background };
  if (!cloud || cloud.svg) return { data: plot.data, layout };
  const type = format === "png" || cloud.ids.length > VECTORS ? "scattergl" : "scatter";
  const data = plot.data.slice(0, traces).map((trace) => ({ ...trace, marker: { ...trace.marker } }));
  cloud.fill(data, type);
  if (shared.ids) {
    for (const [trace, points] of cloud.parts()) {
      const selectedpoints = points.flatMap((point, mark) => (shared.ids.has(cloud.ids[point]) ? [mark] : []));
      Object.assign(data[trace], { selectedpoints, unselected: { marker: { opacity: 0.1 } } });
    }
  }
  return { data, layout };
}
