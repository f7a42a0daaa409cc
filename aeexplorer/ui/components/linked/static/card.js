/* The card beside the pointer: picture or table of a sample, or what a position of the plane decodes to. */
const MAX_CARDS = 64; // cards kept for the next hover
const EDGE = 8; // px between the card and the window's edge
const AWAY = 16; // px between the card and the pointer
const LONG = 24; // a cell of so many characters is a text to read, not a value

export class Card {
  constructor(parent) {
    this.box = document.createElement("div");
    this.box.className = "aex-card";
    this.box.hidden = true;
    parent.append(this.box);
    this.cards = new Map(); // url -> node, oldest first
    this.url = null;
    this.request = null;
  }

  /* Shows what `url` answers, with `label`, at the pointer; of several calls the latest wins. */
  async show(url, label, pointer) {
    this.place(pointer);
    if (url === this.url) return;
    this.url = url;
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    let body = this.cards.get(url);
    if (!body) {
      try {
        body = await load(url, label, request.signal);
      } catch (problem) {
        if (problem.name !== "AbortError") throw problem;
        return;
      }
      this.keep(url, body);
    }
    if (request.signal.aborted) return;
    this.box.replaceChildren(body, textOf("p", label));
    this.box.hidden = false;
    this.box.dataset.url = url;
    this.place(pointer);
  }

  hide() {
    this.request?.abort();
    this.url = null;
    this.box.hidden = true;
  }

  keep(url, body) {
    this.cards.set(url, body);
    if (this.cards.size <= MAX_CARDS) return;
    const [oldest, node] = this.cards.entries().next().value;
    this.cards.delete(oldest);
    if (node.src) URL.revokeObjectURL(node.src);
  }

  place({ clientX, clientY }) {
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const right = clientX + AWAY + width + EDGE <= window.innerWidth;
    const below = clientY + AWAY + height + EDGE <= window.innerHeight;
    this.box.style.left = `${Math.max(EDGE, right ? clientX + AWAY : clientX - AWAY - width)}px`;
    this.box.style.top = `${Math.max(EDGE, below ? clientY + AWAY : clientY - AWAY - height)}px`;
  }

  destroy() {
    this.request?.abort();
    for (const node of this.cards.values()) if (node.src) URL.revokeObjectURL(node.src);
    this.box.remove();
  }
}

async function load(url, label, signal) {
  const answer = await fetch(url, { signal });
  if (!answer.ok) return textOf("p", "no picture");
  if (answer.headers.get("content-type").startsWith("application/json")) return tableOf((await answer.json()).rows);
  const image = new Image();
  image.src = URL.createObjectURL(await answer.blob());
  image.alt = label;
  await image.decode();
  return image;
}

function tableOf(rows) {
  const table = document.createElement("table");
  for (const cells of [["", "value", "reconstruction"], ...rows]) {
    const row = document.createElement("tr");
    for (const cell of cells) {
      const node = textOf(table.childElementCount ? "td" : "th", cell);
      node.classList.toggle("aex-text", node.textContent.length >= LONG);
      row.append(node);
    }
    table.append(row);
  }
  return table;
}

function textOf(tag, text) {
  const node = document.createElement(tag);
  node.textContent = String(text ?? "");
  return node;
}
