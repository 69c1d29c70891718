// The palette: the colors that this film's stills have, and some of common things for the first one.
import { filmPath } from "./api.js";
import { $, h } from "./dom.js";
import { load } from "./picture.js";
import { changed, state } from "./state.js";

const COMMON = ["#c99a7c", "#8a5a44", "#3b2a20", "#b9a27a", "#5e6b3a", "#7c8fa6", "#3f5f92", "#8b2f2a", "#a8662f", "#6b6b6b", "#e6dfd0"];
const MOST = 12, STILLS = 6;
let known = "", busy = false;

export async function inksOf(film) {
  const wanted = film.stills.filter((still) => still.there).slice(0, STILLS);
  const key = film.name + wanted.map((still) => still.id).join();
  if (key === known || busy) return;
  busy = true;
  const found = [];
  for (const still of wanted) {
    const bitmap = await load(filmPath(film.name, `/still/${still.id}?small`));
    if (bitmap) found.push(...colorsOf(bitmap));
  }
  busy = false;
  known = key;
  if (state.name !== film.name) return;
  state.inks = apart(found).slice(0, MOST);
  if (state.inks.length && !state.inkChosen) { state.ink = state.inks[0]; state.inkChosen = true; }
  changed();
}

// The most frequent colors, those with more color first.
function colorsOf(bitmap) {
  const one = new OffscreenCanvas(64, 40).getContext("2d");
  one.drawImage(bitmap, 0, 0, 64, 40);
  const { data } = one.getImageData(0, 0, 64, 40);
  const bins = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const key = (data[i] >> 5 << 10) | (data[i + 1] >> 5 << 5) | (data[i + 2] >> 5);
    const bin = bins.get(key) || [0, 0, 0, 0];
    bin[0]++; bin[1] += data[i]; bin[2] += data[i + 1]; bin[3] += data[i + 2];
    bins.set(key, bin);
  }
  return [...bins.values()].filter((bin) => bin[0] > 5).map(([n, r, g, b]) => {
    const rgb = [r / n, g / n, b / n], spread = Math.max(...rgb) - Math.min(...rgb);
    return { rgb, weight: Math.sqrt(n) * (12 + spread) };
  });
}

function apart(colors) {
  const chosen = [];
  for (const each of colors.sort((a, b) => b.weight - a.weight)) {
    if (chosen.every((other) => Math.hypot(...each.rgb.map((v, i) => v - other.rgb[i])) > 46)) chosen.push(each);
  }
  return chosen.map(({ rgb }) => "#" + rgb.map((v) => Math.round(v).toString(16).padStart(2, "0")).join(""));
}

let drawn = "";
export function renderInks() {
  const bar = $("colorbar");
  const shown = state.film?.shots?.length && (state.painting || ["point", "brush", "dropper"].includes(state.tool));
  const inks = shown ? (state.inks.length ? state.inks : COMMON) : [];
  const key = inks.join() + state.ink;
  if (key === drawn) return;
  drawn = key;
  const focus = bar.contains(document.activeElement) ? document.activeElement.dataset.c : null;
  bar.replaceChildren(...inks.map((color) => h("button", { style: { "--c": color }, "data-c": color, title: color, "aria-label": `Color ${color}`, "aria-pressed": String(color === state.ink),
    onclick: () => { state.ink = color; state.inkChosen = true; if (state.tool === "dropper") state.tool = state.painting ? "brush" : "point"; changed(); } })));
  if (focus) bar.querySelector(`[data-c="${focus}"]`)?.focus();
}
