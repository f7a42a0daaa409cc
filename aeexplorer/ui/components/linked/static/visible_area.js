/* Tells Python which part of a map is visible, where there are more samples than the map shows. */
import { axesOf, revisionOf } from "./plotly_internals.js";

const PAUSE = 350; // ms between the last zoom and the report

export class VisibleArea {
  constructor(chart) {
    this.chart = chart;
    this.reported = "null";
    chart.plot.on("plotly_afterplot", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.tell(), PAUSE);
    });
  }

  tell() {
    const { chart } = this;
    if (chart.gone || !chart.header.more || !chart.cloud) return;
    const [xaxis, yaxis] = axesOf(chart.plot);
    const revision = revisionOf(chart.plot);
    const [x, y] = [xaxis, yaxis].map(({ range }) => [...range].sort((a, b) => a - b).map((end) => Number(end.toPrecision(6))));
    const sight = xaxis.autorange && yaxis.autorange ? null : { revision, x, y };
    if (JSON.stringify(sight) === this.reported) return;
    this.reported = JSON.stringify(sight);
    chart.tell("sight", sight);
  }
}
