/* What a component shows lives with its parent element: created by the first call, updated by each, destroyed with the last. */
const mounted = new WeakMap(); // parent element -> { shown, turn }

/* `Kind` has `constructor(parent)`, `update(data, setStateValue)` and `destroy()`; returns the function that undoes this call. */
export function mount(Kind, { data, parentElement, setStateValue }) {
  if (!mounted.has(parentElement)) mounted.set(parentElement, { shown: new Kind(parentElement), turn: 0 });
  const own = mounted.get(parentElement);
  const turn = ++own.turn;
  own.shown.update(data, setStateValue);
  return () => {
    // Streamlit also calls this when newer data overtook this call: what is shown then lives on.
    if (turn !== own.turn) return;
    mounted.delete(parentElement);
    own.shown.destroy();
  };
}
