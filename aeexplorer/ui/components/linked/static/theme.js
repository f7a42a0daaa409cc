/* Plotly in Streamlit's colours: everything a figure leaves open comes from the page's CSS variables. */
export function themeOf(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return {
    primary: read("primary-color"),
    background: read("background-color"),
    panel: read("secondary-background-color"),
    text: read("text-color"),
    faint: read("border-color-light") || read("border-color"),
    line: read("border-color"),
    font: read("font"),
    grown: Number(style.getPropertyValue("--aex-grown")) || 1, // type and points in presentation mode
  };
}

export function templateOf(theme) {
  const axis = {
    gridcolor: theme.faint, linecolor: theme.line, zerolinecolor: theme.line, tickcolor: theme.line,
    zerolinewidth: 1, automargin: true, title: { standoff: 8 },
  };
  const side = { ...axis, backgroundcolor: "rgba(0,0,0,0)", showbackground: false };
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: theme.text, family: theme.font, size: 12 * theme.grown },
      title: { font: { size: 14 * theme.grown }, x: 0, xanchor: "left", xref: "paper" },
      margin: { l: 8, r: 8, t: 36, b: 8 },
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: side, yaxis: side, zaxis: side },
      legend: { itemsizing: "constant", bgcolor: "rgba(0,0,0,0)" },
      hoverlabel: { bgcolor: theme.panel, bordercolor: theme.line, font: { color: theme.text } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.text, activecolor: theme.primary },
      newselection: { mode: "gradual", line: { color: theme.primary, width: 1.5, dash: "dot" } },
      hovermode: "closest",
      bargap: 0.08,
    },
  };
}

const TOOLS = {
  map: ["lasso2d", "select2d", "pan2d", "zoom2d", "resetScale2d"],
  space: ["zoom3d", "pan3d", "orbitRotation", "resetCameraDefault3d"],
  bars: ["select2d", "pan2d", "zoom2d", "resetScale2d"],
  rows: ["select2d", "pan2d", "zoom2d", "resetScale2d"],
};

/* Plotly's options: the few buttons that mean something here, and downloads on the page's own background. */
export function configOf(kind, download) {
  const { camera, disk } = window.Plotly.Icons;
  const printer = { width: 24, height: 24, path: "M6 3h12v4H6zM4 8h16a2 2 0 0 1 2 2v7h-4v4H6v-4H2v-7a2 2 0 0 1 2-2zm4 7v4h8v-4z" };
  const saves = [
    { name: "Download PNG", icon: camera, click: () => download("png") },
    { name: "Download SVG", icon: disk, click: () => download("svg") },
    { name: "Print or save as PDF", icon: printer, click: () => download("pdf") },
  ];
  return { displaylogo: false, scrollZoom: true, displayModeBar: "hover", modeBarButtons: [TOOLS[kind], saves] };
}
