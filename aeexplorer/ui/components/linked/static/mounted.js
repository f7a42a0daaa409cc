/* What a component shows lives with its parent element: made by the first call, updated by each, destroyed when the last is undone. */
const held = new WeakMap(); // parent element -> { shown, turn }

/* `Kind` has `constructor(parent)`, `update(data, setStateValue)` and `destroy()`; returns what undoes this call. */
export function mount(Kind, { data, parentElement, setStateValue }) {
  if (!held.has(parentElement)) held.set(parentElement, { shown: new Kind(parentElement), turn: 0 });
  const own = held.get(parentElement);
  const turn = ++own.turn;
  own.shown.update(data, setStateValue);
  return () => {
    // Streamlit also calls this when newer data overtook this call: what is shown then lives on.
    if (turn !== own.turn) return;
    held.delete(parentElement);
    own.shown.destroy();
  };
}
