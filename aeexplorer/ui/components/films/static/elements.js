/* The elements of the player, and the words in them. */
const SPEEDS = [2, 4, 8, 16];

function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className, ...properties });
}

export function label(play, playing) {
  play.textContent = playing ? "❚❚ Pause" : "▶ Play";
}

export function build() {
  const root = element("figure", "aex-film", { tabIndex: 0 });
  root.setAttribute("aria-label", "The training, moment by moment: arrow keys go from one to the next, space plays");
  const head = element("div", "aex-film-head");
  const when = element("strong", ""), losses = element("span", "");
  head.append(when, losses);
  const map = element("canvas", "aex-film-map");
  map.setAttribute("role", "img");
  const legend = element("div", "aex-film-legend");
  const codesHead = element("div", "aex-film-small"), codes = element("canvas", "aex-film-codes");
  const fields = element("div", "aex-film-fields");
  const track = element("div", "aex-film-track");
  const curve = element("canvas", "aex-film-curve");
  const slider = element("input", "", { type: "range", min: 0, step: 1, ariaLabel: "Moment of the training" });
  track.append(curve, slider);
  const controls = element("div", "aex-film-controls");
  const play = element("button", "play", { type: "button" });
  label(play, false);
  const speed = element("select", "", { ariaLabel: "Moments a second" });
  for (const rate of SPEEDS) speed.append(element("option", "", { value: String(rate), textContent: `${rate} a second`, selected: rate === 4 }));
  const fit = element("input", "", { type: "checkbox", checked: true });
  const fitLabel = element("label", "", { title: "Off: one scale for the whole training, so that sizes compare" });
  fitLabel.append(fit, "fit each moment");
  const way = element("span", "aex-film-small");
  controls.append(play, speed, fitLabel, way);
  root.append(head, map, legend, codesHead, codes, fields, track, controls);
  const parts = { root, map, legend, codes, codesHead, fields, track, curve, slider, controls, play, speed, fit, way, when, losses };
  return { ...parts, adopt: (film, samples) => adopt(parts, film, samples), tell: (film, moment) => tell(parts, film, moment) };
}

function adopt(parts, film, samples) {
  parts.root.classList.toggle("aex-film-live", film.live);
  parts.legend.replaceChildren(...(film.page === "explore" ? [] : film.names.map((name, group) => {
    const item = element("span", film.symbols[group].startsWith("diamond") ? "diamond" : "", { textContent: name });
    item.style.setProperty("--mark", film.palette[group]);
    return item;
  })));
  (film.live ? parts.legend : parts.controls).append(parts.way);
  for (const part of [parts.codes, parts.codesHead]) part.hidden = !film.codes;
  for (const part of [parts.track, parts.controls, parts.fields]) part.hidden = film.live;
  parts.curve.hidden = !Object.keys(film.losses).length;
  parts.fields.replaceChildren(...samples.flatMap((one) => one.nodes));
  parts.slider.max = String(film.steps.length - 1);
  parts.way.textContent = `${film.ids.length.toLocaleString()} samples · ${film.way}`;
  parts.map.setAttribute("aria-label", `Map of ${film.ids.length} watched samples`);
}

function tell({ root, when, losses, codesHead, slider }, film, moment) {
  const step = film.steps[moment];
  when.textContent = `Step ${step.toLocaleString()} · epoch ${film.epochs[moment]}`;
  const told = Object.entries(film.losses).map(([name, values]) => `${name.replace("_loss", "")} ${values[moment] ?? "–"}`);
  losses.textContent = told.join(" · ");
  slider.setAttribute("aria-valuetext", [when.textContent, ...told].join(", "));
  root.dataset.step = String(step);
  const { codes } = film;
  if (codes) codesHead.textContent = `Codes: ${codes.used[moment]} of ${codes.size} used · perplexity ${codes.perplexity[moment]}`;
}
