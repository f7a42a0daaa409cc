/* Draws the charts of a page one after the other, so that the first is visible before the next one begins. */
let drawing = Promise.resolve();

export function drawInTurn(draw) {
  const done = drawing.then(draw);
  drawing = done.catch(() => undefined).then(() => new Promise((next) => setTimeout(next)));
  return done;
}
