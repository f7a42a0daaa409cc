/* Draws one chart of the page after the other, so that the first is seen before the next one begins. */
let drawing = Promise.resolve();

export function inTurn(draw) {
  const done = drawing.then(draw);
  drawing = done.catch(() => undefined).then(() => new Promise((next) => setTimeout(next)));
  return done;
}
