/* The elements of the board. */
export function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

function framed(caption, ...content) {
  const frame = element("figure", "");
  frame.append(caption, ...content);
  return frame;
}

export function build() {
  const root = element("div", "aex-surgery");
  const named = element("figcaption", "");
  const picture = element("div", "aex-surgery-picture");
  const input = element("img", "", { alt: "the sample" });
  const cells = element("div", "aex-surgery-cells");
  picture.append(input, cells);
  const before = element("img", "", { alt: "decoded from its own codes" });
  const after = element("img", "aex-surgery-after", { alt: "decoded with the changed codes" });
  const first = framed(named, picture), frames = element("div", "aex-surgery-row");
  frames.append(
    first,
    framed(element("figcaption", "", { textContent: "Decoded" }), before),
    framed(element("figcaption", "", { textContent: "With your codes" }), after),
  );
  const board = element("figure", "");
  const read = element("div", "");
  const bar = element("div", "aex-surgery-bar");
  const about = element("strong", "");
  const stage = element("select", "", { ariaLabel: "Stage" });
  const order = element("select", "", { ariaLabel: "Order of the codes" });
  order.append(
    element("option", "", { value: "alike", textContent: "most alike first" }),
    element("option", "", { value: "used", textContent: "most used first" }),
  );
  const number = element("input", "", { type: "number", step: 1, placeholder: "code", ariaLabel: "Number of a code" });
  bar.append(about, element("span", "space"), stage, order, number);
  const palette = element("div", "aex-surgery-palette");
  const foot = element("div", "aex-surgery-bar");
  const undo = element("button", "undo", { type: "button", textContent: "Undo" });
  const reset = element("button", "reset", { type: "button", textContent: "Reset" });
  const told = element("span", "");
  const hint = element("span", "aex-surgery-hint", { textContent: "Click a point on the map for another sample" });
  foot.append(undo, reset, told, element("span", "space"), hint);
  root.append(frames, board, read, bar, palette, foot);
  const parts = { root, named, first, picture, input, cells, frames, board, read, about, stage, order, number, palette, undo, reset, told };
  return { ...parts, tell: (data, one, other) => tell({ read, before, after }, data, one, other) };
}

function tell({ read, before, after }, data, one, other) {
  if (data.picture) {
    before.src = one;
    after.src = other;
    read.replaceChildren();
    return;
  }
  if (!data.read) return;
  read.replaceChildren(
    element("figcaption", "", { textContent: "Decoded" }), element("pre", "", { textContent: one }),
    element("figcaption", "", { textContent: "With your codes" }), element("pre", "aex-surgery-after", { textContent: other }),
  );
}
