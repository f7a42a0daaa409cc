/* The page: the map, the sample under the pointer, and the selection. */
const NEIGHBOURS = 5; // nearest samples whose mean latent is decoded on a map that is not a plane of the latent space
const MAX_PICTURES = 240; // in the gallery
const element = (id) => document.getElementById(id);

async function start() {
  const { about, read } = readContent();
  const ids = read(about.ids);
  const latentOf = readLatents(about.latents, read);
  const decode = readDecoder(about.decoder, read);
  const plane = about.plane && read(about.plane);
  const [pictureOf, reconstructionOf] = await Promise.all([readSheet(about.pictures, read), readSheet(about.reconstructions, read)]);
  const map = new Scatter(element("map"), read(about.positions), about.dims);
  let selected = new Set();
  let colouring = about.colourings[0];
  let groupOf = null;
  let values = null;

  const nameOf = (sample) => `${colouring.name} ${colouring.scale ? values[sample].toPrecision(4) : colouring.groups[groupOf[sample]].name}`;

  function latentAt(position) {
    if (plane) {
      const width = plane.length / (1 + about.dims);
      return Float32Array.from({ length: width }, (_, i) => plane[i] + position[0] * plane[width + i] + position[1] * plane[2 * width + i]);
    }
    const neighbours = map.nearestTo(position, NEIGHBOURS).map(latentOf);
    return neighbours[0].map((_, i) => neighbours.reduce((sum, latent) => sum + latent[i], 0) / neighbours.length);
  }

  function drawDecoded(latent) {
    const image = decode(latent);
    const canvas = element("decoded").querySelector("canvas");
    Object.assign(canvas, { width: image.width, height: image.height });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function showSample(sample) {
    element("input").hidden = !pictureOf;
    element("input").classList.remove("off");
    if (pictureOf) pictureOf(sample, element("input").querySelector("canvas"));
    const hasReconstruction = reconstructionOf || (decode && latentOf);
    element("decoded").hidden = !hasReconstruction;
    element("decoded").querySelector("figcaption").textContent = "Reconstruction";
    if (reconstructionOf) reconstructionOf(sample, element("decoded").querySelector("canvas"));
    else if (hasReconstruction) drawDecoded(latentOf(sample));
    element("message").textContent = `Sample ${ids[sample]} · ${nameOf(sample)}${about.texts ? ` · ${about.texts[sample]}` : ""}`;
  }

  function showPosition(position) {
    if (!decode || !(plane || latentOf)) return;
    element("input").classList.add("off");
    element("decoded").hidden = false;
    element("decoded").querySelector("figcaption").textContent = "Decoded here";
    drawDecoded(latentAt(position));
    const where = position.map((value) => value.toFixed(2)).join(", ");
    element("message").textContent = plane ? `Decoded at (${where})` : `Decoded from the mean latent of the ${NEIGHBOURS} nearest samples, because this map is not a plane of the latent space`;
  }

  function select(samples) {
    selected = samples;
    map.highlight(selected.size ? selected : null);
    element("count").textContent = selected.size ? `${selected.size.toLocaleString("en")} selected` : "Drag around points to select them";
    element("clear").hidden = !selected.size;
    const gallery = element("gallery");
    gallery.classList.toggle("texts", !pictureOf);
    gallery.replaceChildren(...[...selected].slice(0, MAX_PICTURES).map((sample) => {
      const item = document.createElement(pictureOf ? "canvas" : "p");
      if (pictureOf) pictureOf(sample, item);
      else item.textContent = about.texts?.[sample] ?? `Sample ${ids[sample]}`;
      item.title = `Sample ${ids[sample]} · ${nameOf(sample)}`;
      item.dataset.sample = ids[sample];
      item.addEventListener("pointerenter", () => showSample(sample));
      item.addEventListener("click", () => select(new Set([sample])));
      return item;
    }));
    if (selected.size > MAX_PICTURES) {
      const more = document.createElement("span");
      more.textContent = `and ${(selected.size - MAX_PICTURES).toLocaleString("en")} more`;
      gallery.append(more);
    }
  }

  function colour(name) {
    colouring = about.colourings.find((candidate) => candidate.name === name);
    groupOf = read(colouring.group);
    const { scale, groups } = colouring;
    values = scale && read(scale.values);
    const colourOf = values && Array.from(values, (value) => {
      const share = Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low)));
      return Number.isNaN(value) ? undefined : scale.colours[Math.round(share * (scale.colours.length - 1))];
    });
    map.paint(groups, groupOf, colourOf);
    element("legend").replaceChildren(...(scale ? [scaleItem(scale)] : groups.map(groupItem)));
  }

  function groupItem({ name, colour: paint, symbol }, index) {
    const [item, button, mark] = ["li", "button", "i"].map((tag) => document.createElement(tag));
    mark.style.background = paint;
    mark.className = symbol;
    button.type = "button";
    button.title = `Select ${name}`;
    button.append(mark, name);
    button.addEventListener("click", () => select(new Set(Array.from(ids.keys()).filter((sample) => groupOf[sample] === index))));
    item.append(button);
    return item;
  }

  function scaleItem({ low, high, colours }) {
    const [item, mark] = ["li", "i"].map((tag) => document.createElement(tag));
    mark.className = "scale";
    mark.style.background = `linear-gradient(90deg, ${colours.join(", ")})`;
    item.append(low.toPrecision(3), mark, high.toPrecision(3));
    return item;
  }

  /* Choose what dragging does: move (or turn) the map, or select samples. */
  function setDragging(moves) {
    map.moves = moves;
    element("map").classList.toggle("moving", moves);
    element("move").setAttribute("aria-pressed", String(moves));
    element("select").setAttribute("aria-pressed", String(!moves));
  }

  element("title").textContent = about.title;
  element("caption").textContent = `${about.map} · ${about.caption}`;
  element("map").setAttribute("aria-label", `${about.map} map of ${about.title}: ${about.caption}`);
  const precision = about.decoder && `${about.decoder.precision === "int8" ? "8" : "16"}-bit weights: its pictures differ from the model's by at most ${Math.max(0.01, about.decoder.error).toFixed(2)} of 255 grey levels on the samples tested.`;
  element("notice").textContent = about.notice || `The decoder in this file runs in your browser without a network. It has ${precision}`;
  element("cite").textContent = about.citation.text;
  element("bibtex").textContent = about.citation.bibtex;
  element("move").textContent = about.dims === 3 ? "Turn" : "Move";
  element("message").textContent = decode ? (about.dims === 3 ? "Hover a point." : "Hover a point, or an empty part of the map to decode it.") : about.notice || "Hover a point.";
  element("preview").hidden = !(pictureOf || decode);
  for (const { name } of about.colourings) element("colour").append(new Option(name, name));
  element("colour").addEventListener("change", (event) => colour(event.target.value));
  element("select").addEventListener("click", () => setDragging(false));
  element("move").addEventListener("click", () => setDragging(true));
  element("reset").addEventListener("click", () => map.reset());
  element("clear").addEventListener("click", () => select(new Set()));
  window.addEventListener("keydown", (event) => event.key === "Escape" && select(new Set()));
  map.addEventListener("hover", ({ detail: { sample, position } }) => (sample >= 0 ? showSample(sample) : position && showPosition(position)));
  map.addEventListener("select", ({ detail: { samples, adding } }) => select(new Set(adding ? [...selected, ...samples] : samples)));
  colour(colouring.name);
  const indexOf = new Map(Array.from(ids, (id, index) => [id, index]));
  select(new Set(about.selected.map((id) => indexOf.get(id))));
  showSample(selected.values().next().value ?? 0);
  window.aeexplorer = { about, map, decode, latentOf, latentAt, select, operations: Object.keys(OPERATIONS) };
  document.body.dataset.ready = "true";
}

start();
