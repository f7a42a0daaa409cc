/* Plotly, loaded once a page. */
const ROUTES = new URL("../", import.meta.url); // <base path>/aex/

export function loadPlotly(name) {
  return (window.aeexplorerPlotly ??= new Promise((resolve, reject) => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("linked.css", import.meta.url).href });
    const script = Object.assign(document.createElement("script"), { src: new URL(name, ROUTES).href, onload: resolve });
    script.onerror = () => reject(new Error(`${script.src} could not be loaded`));
    document.head.append(style, script);
  }));
}
