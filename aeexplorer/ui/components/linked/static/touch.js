/* Touch: one finger draws a lasso or taps for a card, two fingers zoom and move the map. */
import { axesOf } from "./plotly_internals.js";

const STILL = 10; // px that a tap may stray
const AFTER = 400; // ms after a pinch in which nothing counts as a lasso

export function listenToFingers(chart) {
  const { plot } = chart;
  let pinch = null;

  plot.addEventListener("touchstart", (event) => {
    if (event.touches.length === 2 && chart.kind === "map") {
      pinch = stateOf(event.touches);
      chart.pinching = true; // what the first finger began to draw does not count
      stop(event);
    } else if (event.touches.length === 1) {
      const { clientX, clientY } = event.touches[0];
      chart.pressed = { clientX, clientY };
    }
  }, { capture: true, passive: false });

  plot.addEventListener("touchmove", (event) => {
    if (!pinch || event.touches.length !== 2) return;
    stop(event);
    const { clientX, clientY, apart } = handOf(event.touches);
    const grown = pinch.apart / apart;
    const moved = [(clientX - pinch.clientX), (clientY - pinch.clientY)];
    const [x, y] = pinch.axes.map(({ low, high, length, middle, sign }, axis) => {
      const shift = (sign * moved[axis] * (high - low) * grown) / length;
      return [middle + (low - middle) * grown - shift, middle + (high - middle) * grown - shift];
    });
    pinch.next = { "xaxis.range": x, "yaxis.range": y };
    pinch.asked ??= requestAnimationFrame(() => {
      if (pinch) pinch.asked = undefined;
      if (pinch?.next) window.Plotly.relayout(plot, pinch.next);
    });
  }, { capture: true, passive: false });

  plot.addEventListener("touchend", (event) => {
    if (pinch) {
      if (event.touches.length) return;
      pinch = null;
      setTimeout(() => { chart.pinching = false; }, AFTER);
      return;
    }
    const { clientX, clientY } = event.changedTouches[0];
    const still = Math.hypot(clientX - chart.pressed?.clientX, clientY - chart.pressed?.clientY) < STILL;
    if (still && chart.cloud) chart.hover.tap({ clientX, clientY, target: event.target });
  }, { capture: true, passive: false });

  function stateOf(touches) {
    const hand = handOf(touches);
    const place = chart.placeAt(hand);
    const axes = axesOf(plot).map(({ range: [low, high], length }, axis) => ({
      low, high, length, middle: place[axis], sign: axis ? -1 : 1,
    }));
    return { ...hand, axes };
  }
}

function handOf([first, second]) {
  return {
    clientX: (first.clientX + second.clientX) / 2,
    clientY: (first.clientY + second.clientY) / 2,
    apart: Math.max(1, Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY)),
  };
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
