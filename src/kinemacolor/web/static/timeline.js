// The timeline: filmstrip, shots, stills, confidence and corrections, drawn; only what is in sight costs anything.
import { filmPath } from "./api.js";
import { $, clock } from "./dom.js";
import { load } from "./picture.js";
import { draws, frames, goTo, isReady, shotAt, state } from "./state.js";

const canvas = $("timeline"), pen = canvas.getContext("2d");
const LANES = { ruler: [0, 18], strip: [18, 46], shots: [64, 26], stills: [90, 24], heat: [114, 28], marks: [142, 18] };
const MOST_THUMBS = 4;
const view = { from: 0, to: 1, film: null };
let hooks = { moveCut() {} };
export function onTimeline(given) { hooks = given; }

let css = {};
export function readColors() {
  const from = getComputedStyle(document.documentElement);
  for (const name of ["text", "soft", "faint", "line", "line-strong", "accent", "good", "bad", "raised", "stage", "panel"]) css[name] = from.getPropertyValue(`--${name}`).trim();
}

// ---- thumbnails: a few at a time, the newest wish first

const thumbs = new Map();
let fetching = 0;
let wishes = [];
function thumb(frame) {
  const known = thumbs.get(frame);
  if (known !== undefined) { thumbs.delete(frame); thumbs.set(frame, known); return known; }
  if (!wishes.includes(frame)) wishes.push(frame);
  return null;
}
function fetchThumbs() {
  while (fetching < MOST_THUMBS && wishes.length) {
    const frame = wishes.shift(), name = state.name;
    fetching++;
    load(filmPath(name, `/thumb/${frame}`)).then((bitmap) => {
      fetching--;
      if (name !== state.name) return;
      if (bitmap) thumbs.set(frame, bitmap);
      while (thumbs.size > 600) thumbs.delete(thumbs.keys().next().value);
      if (bitmap) drawSoon(); else setTimeout(drawSoon, 1500);
    });
  }
}
let soon = false;
function drawSoon() { if (!soon) { soon = true; requestAnimationFrame(() => { soon = false; draw(); }); } }

// ---- drawing

const xOf = (frame, width) => (frame - view.from) / (view.to - view.from) * width;
const frameAt = (x, width) => view.from + x / width * (view.to - view.from);

function keepInSight() {
  if (view.film !== state.name) { view.film = state.name; view.from = 0; view.to = Math.max(1, frames()); thumbs.clear(); wishes = []; }
  if (view.to > frames() && frames()) { view.to = frames(); view.from = Math.max(0, Math.min(view.from, view.to - 8)); }
}

export function follow() {
  const span = view.to - view.from;
  if (span >= frames()) return;
  if (state.frame < view.from || state.frame > view.to - span * 0.02) {
    view.from = Math.max(0, Math.min(frames() - span, state.frame - span * 0.2));
    view.to = view.from + span;
  }
}

let lastFrame = -1;
function draw() {
  const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const wide = Math.round(box.width * ratio), high = Math.round(box.height * ratio);
  if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, box.width, box.height);
  pen.font = "11px Inter, system-ui, sans-serif";
  if (!isReady()) return;
  keepInSight();
  if (state.frame !== lastFrame && !hand) { lastFrame = state.frame; follow(); }
  wishes = [];
  ruler(box.width);
  strip(box.width);
  shots(box.width);
  stills(box.width);
  heat(box.width);
  marks(box.width);
  head(box.width, box.height);
  fetchThumbs();
  canvas.setAttribute("aria-valuemax", frames() - 1);
  canvas.setAttribute("aria-valuenow", state.frame);
}

function ruler(width) {
  const rate = state.film.facts.rate || 24, span = (view.to - view.from) / rate;
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((each) => each / span * width > 84) || 3600;
  pen.fillStyle = css.faint;
  pen.strokeStyle = css.line;
  pen.textBaseline = "middle";
  for (let t = Math.ceil(view.from / rate / step) * step; t <= view.to / rate; t += step) {
    const x = Math.round(xOf(t * rate, width)) + 0.5;
    pen.beginPath(); pen.moveTo(x, 12); pen.lineTo(x, 18); pen.stroke();
    const words = step < 1 ? clock(t).slice(0, -1) : clock(t).slice(0, -3);
    const half = pen.measureText(words).width / 2;
    pen.fillText(words, Math.max(2, Math.min(width - 2 * half - 2, x - half)), 7);
  }
}

function strip(width) {
  const [top, height] = LANES.strip, [w, hgt] = state.film.facts.shown;
  const tile = Math.max(30, Math.round(w / hgt * (height - 4)));
  const each = (view.to - view.from) / width * tile;
  // frames on a grid that does not move with the view, so that thumbnails are found again
  const step = Math.max(1, 2 ** Math.round(Math.log2(Math.max(1, each))));
  pen.save();
  pen.beginPath(); pen.rect(0, top, width, height); pen.clip();
  pen.fillStyle = css.stage;
  pen.fillRect(0, top, width, height);
  for (let x = 0; x < width; x += tile) {
    const frame = Math.min(frames() - 1, Math.max(0, Math.round(frameAt(x + tile / 2, width) / step) * step));
    const bitmap = thumb(frame);
    if (bitmap) pen.drawImage(bitmap, x, top + 2, tile - 1, height - 4);
  }
  pen.restore();
}

const shotColor = { done: "good", draft: "accent", old: "bad" };
function shots(width) {
  const [top, height] = LANES.shots, own = shotAt(state.frame), running = state.live;
  const all = state.film.shots;
  let first = 0;
  while (first < all.length - 1 && all[first].stop < view.from) first++;
  let lastEnd = -1;
  for (let i = first; i < all.length && all[i].start <= view.to; i++) {
    const shot = all[i], x0 = xOf(shot.start, width), x1 = xOf(shot.stop, width);
    if (x1 - lastEnd < 0.7) continue;
    lastEnd = x1;
    const w = Math.max(0.7, x1 - x0 - (x1 - x0 > 4 ? 1.5 : 0)), y = top + 4, hgt = height - 8;
    const mine = own && own.start === shot.start;
    pen.globalAlpha = shot.state === "done" ? 0.8 : shot.state === "none" ? 1 : 0.75;
    if (shot.state === "none") { pen.fillStyle = css.raised; pen.fillRect(x0, y, w, hgt); hatch(x0, y, w, hgt); }
    else { pen.fillStyle = css[shotColor[shot.state]]; if (shot.state === "old") pen.globalAlpha = 0.45; pen.fillRect(x0, y, w, hgt); }
    pen.globalAlpha = 1;
    if (running && running.shot === shot.start && shot.state !== "done") {
      pen.fillStyle = css.accent;
      pen.fillRect(x0, y, Math.max(1, (running.frame + 1 - shot.start) / (shot.stop - shot.start) * w), hgt);
    }
    if (w > 46) {
      pen.fillStyle = shot.state === "none" ? css.soft : "#101011";
      if (shot.state === "old") pen.fillStyle = css.text;
      pen.fillText(String(i + 1), x0 + 6, y + hgt / 2 + 0.5);
    }
    if (mine) { pen.strokeStyle = css.text; pen.lineWidth = 1.5; pen.strokeRect(x0 + 0.75, y - 2, Math.max(2, w - 1.5), hgt + 4); }
  }
  if (hand?.cut !== undefined) {
    const x = xOf(hand.to, width);
    pen.fillStyle = css.accent;
    pen.fillRect(x - 1, top, 2, height);
  }
}

function hatch(x, y, w, hgt) {
  pen.save();
  pen.beginPath(); pen.rect(x, y, w, hgt); pen.clip();
  pen.strokeStyle = css["line-strong"];
  pen.lineWidth = 1;
  pen.beginPath();
  const begin = Math.max(x, 0) - (Math.max(x, 0) % 7) - hgt;
  for (let at = begin; at < Math.min(x + w, canvas.clientWidth); at += 7) { pen.moveTo(at, y + hgt); pen.lineTo(at + hgt, y); }
  pen.stroke();
  pen.restore();
}

function stills(width) {
  const [top, height] = LANES.stills;
  const bound = state.film.stills.filter((still) => still.frame !== null).sort((a, b) => a.frame - b.frame);
  pen.strokeStyle = css["line-strong"];
  bound.forEach((still, i) => {
    // a still governs what lies nearer to it than to the next
    const before = i ? (bound[i - 1].frame + still.frame) / 2 : 0;
    const after = i < bound.length - 1 ? (still.frame + bound[i + 1].frame) / 2 : frames();
    const x = xOf(still.frame + 0.5, width), y = top + height / 2;
    pen.lineWidth = 2;
    pen.globalAlpha = 0.5;
    pen.beginPath(); pen.moveTo(Math.max(0, xOf(before, width) + 3), y); pen.lineTo(Math.min(width, xOf(after, width) - 3), y); pen.stroke();
    pen.globalAlpha = 1;
    pen.fillStyle = css.accent;
    pen.beginPath();
    pen.moveTo(x, y - 7); pen.lineTo(x + 6, y); pen.lineTo(x, y + 7); pen.lineTo(x - 6, y); pen.fill();
  });
}

function heat(width) {
  const [top, height] = LANES.heat, { step, values } = state.film.heat || { step: 1, values: [] };
  const base = top + height - 4, tall = height - 8;
  pen.strokeStyle = css.line;
  pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(0, base + 0.5); pen.lineTo(width, base + 0.5); pen.stroke();
  const from = Math.max(0, Math.floor(view.from / step)), to = Math.min(values.length - 1, Math.ceil(view.to / step));
  for (let x = 0; x < width; x += 2) {
    const a = Math.floor(frameAt(x, width) / step), b = Math.floor(frameAt(x + 2, width) / step);
    let least = 101;
    for (let i = Math.max(from, a); i <= Math.min(to, Math.max(a, b)); i++) if (values[i] >= 0) least = Math.min(least, values[i]);
    if (least > 100) continue;
    // green above 70, amber, red below 40
    pen.fillStyle = least >= 70 ? css.good : least >= 45 ? css.accent : css.bad;
    pen.globalAlpha = 0.4;
    pen.fillRect(x, base - tall * least / 100, 2, tall * least / 100);
    pen.globalAlpha = 1;
    pen.fillRect(x, base - tall * least / 100 - 0.5, 2, 1.5);
  }
  pen.globalAlpha = 1;
}

function marks(width) {
  const [top, height] = LANES.marks;
  let last = -9;
  const sorted = [...state.film.strokes].sort((a, b) => a.frame - b.frame);
  for (const mark of sorted) {
    const x = xOf(mark.frame + 0.5, width);
    if (x < -5 || x > width + 5 || x - last < 2) continue;
    last = x;
    pen.beginPath(); pen.arc(x, top + height / 2 - 1, 4.5, 0, 7);
    pen.fillStyle = mark.color; pen.fill();
    pen.strokeStyle = css.text; pen.lineWidth = 1.2; pen.stroke();
  }
}

function head(width, height) {
  const x = Math.round(xOf(state.frame + 0.5, width));
  pen.fillStyle = css.text;
  pen.fillRect(x - 0.75, 12, 1.5, height - 14);
  pen.beginPath(); pen.moveTo(x - 6, 8); pen.lineTo(x + 6, 8); pen.lineTo(x + 6, 12); pen.lineTo(x, 18); pen.lineTo(x - 6, 12); pen.fill();
}

// ---- hands

let hand = null;
const lane = (y) => Object.entries(LANES).find(([, [top, height]]) => y >= top && y < top + height)?.[0];

function cutNear(x, width) {
  const all = state.film.shots;
  const frame = frameAt(x, width);
  const shot = shotAt(Math.max(0, Math.min(frames() - 1, Math.round(frame))));
  if (!shot) return null;
  for (const place of [shot.number, shot.number + 1]) {
    if (place > 0 && place < all.length && Math.abs(xOf(all[place].start, width) - x) < 6) return all[place].start;
  }
  return null;
}

canvas.addEventListener("pointerdown", (event) => {
  if (!isReady()) return;
  canvas.setPointerCapture(event.pointerId);
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, where = lane(event.clientY - box.top);
  if (event.button === 1 || event.shiftKey) { hand = { pan: x, from: view.from, to: view.to }; return; }
  const cut = where === "shots" ? cutNear(x, box.width) : null;
  if (cut !== null) { hand = { cut, to: cut }; draw(); return; }
  if (where === "stills") {
    const near = state.film.stills.find((still) => still.frame !== null && Math.abs(xOf(still.frame, box.width) - x) < 9);
    if (near) { goTo(near.frame); return; }
  }
  if (where === "marks") {
    const near = [...state.film.strokes].sort((a, b) => Math.abs(xOf(a.frame, box.width) - x) - Math.abs(xOf(b.frame, box.width) - x))[0];
    if (near && Math.abs(xOf(near.frame, box.width) - x) < 10) { goTo(near.frame); return; }
  }
  if (where === "heat") { goTo(leastNear(frameAt(x, box.width), 12 / box.width * (view.to - view.from))); return; }
  hand = { scrub: true };
  goTo(Math.floor(frameAt(x, box.width)));
});

function leastNear(frame, reach) {
  const { step, values } = state.film.heat;
  let found = Math.round(frame), least = 999;
  for (let i = Math.max(0, Math.floor((frame - reach) / step)); i <= Math.min(values.length - 1, (frame + reach) / step); i++) {
    if (values[i] >= 0 && values[i] < least) { least = values[i]; found = i * step; }
  }
  return found;
}

canvas.addEventListener("pointermove", (event) => {
  if (!isReady()) return;
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left;
  if (hand?.scrub) goTo(Math.floor(frameAt(x, box.width)));
  else if (hand?.cut !== undefined) { hand.to = Math.max(1, Math.min(frames() - 1, Math.round(frameAt(x, box.width)))); draw(); }
  else if (hand?.pan !== undefined) {
    const span = hand.to - hand.from, moved = (hand.pan - x) / box.width * span;
    view.from = Math.max(0, Math.min(frames() - span, hand.from + moved));
    view.to = view.from + span;
    draw();
  }
  canvas.style.cursor = hand?.cut !== undefined || (!hand && lane(event.clientY - box.top) === "shots" && cutNear(x, box.width) !== null) ? "ew-resize" : "default";
});
canvas.addEventListener("pointerup", () => {
  if (hand?.cut !== undefined && hand.to !== hand.cut) hooks.moveCut(hand.cut, hand.to);
  hand = null;
  draw();
});
canvas.addEventListener("pointercancel", () => { hand = null; draw(); });

canvas.addEventListener("wheel", (event) => {
  if (!isReady()) return;
  event.preventDefault();
  const box = canvas.getBoundingClientRect(), span = view.to - view.from;
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
    const moved = (event.deltaX || event.deltaY) / box.width * span;
    view.from = Math.max(0, Math.min(frames() - span, view.from + moved));
    view.to = view.from + span;
  } else {
    const middle = frameAt(event.clientX - box.left, box.width);
    const next = Math.max(Math.min(24, frames()), Math.min(frames(), span * Math.exp(event.deltaY * 0.002)));
    view.from = Math.max(0, Math.min(frames() - next, middle - (middle - view.from) / span * next));
    view.to = view.from + next;
  }
  draw();
}, { passive: false });

new ResizeObserver(draw).observe(canvas);
readColors();
draws(draw);
