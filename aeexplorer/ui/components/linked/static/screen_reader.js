/* Texts of a chart for screen readers: a sentence about the figure, and the selection whenever it changes. */
export class ScreenReader {
  constructor(root) {
    this.root = root;
    root.tabIndex = 0;
    root.setAttribute("role", "figure");
    this.live = document.createElement("p");
    this.live.className = "aex-spoken";
    this.live.setAttribute("aria-live", "polite");
    root.append(this.live);
  }

  describe({ header, cloud, plot }) {
    const shown = plot.data.filter(({ name, showlegend }) => name && showlegend !== false).map(({ name }) => name);
    const parts = [header.title];
    if (cloud) parts.push(`${count(cloud.ids.length, "point")}, each a sample`);
    if (cloud && shown.length > 1) parts.push(`${shown.length} groups: ${shown.join(", ")}`);
    if (header.caption) parts.push(header.caption);
    if (cloud) parts.push("arrow keys go from sample to sample, Enter opens one, Escape clears");
    this.root.setAttribute("aria-label", `${parts.join(". ")}.`);
  }

  select(ids) {
    const text = ids ? `${count(ids.size, "sample")} selected` : "Nothing selected";
    if (this.text !== undefined && text !== this.text) this.live.textContent = text;
    this.text = text;
  }
}

function count(number, what) {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}
