// The picture: gray left of the divider, color right of it; zoom and pan; points, strokes and painting.
import { filmPath } from "./api.js";
import { $, toast } from "./dom.js";
import { changed, isReady, shotAt, state } from "./state.js";

const MOST_HELD = 90;
const held = new Map(); // address -> {bitmap} or {promise}

export function load(address) {
  const known = held.get(address);
  if (known) { held.delete(address); held.set(address, known); return known.promise; }
  const entry = { bitmap: undefined };
  entry.promise = fetch(address, { credentials: "same-origin" }).then(async (response) => {
    if (!response.ok || response.status === 204) { held.delete(address); return null; }
    entry.bitmap = await createImageBitmap(await response.blob());
    return entry.bitmap;
  }).catch(() => { held.delete(address); return null; });
  held.set(address, entry);
  for (const [old, each] of held) {
    if (held.size <= MOST_HELD) break;
    if (each.bitmap) { held.delete(old); }
  }
  return entry.promise;
}

export const sourceAddress = (frame) => filmPath(state.name, `/frame/${frame}/source?v=1`);

export function colorAddress(frame) {
  const shot = shotAt(frame);
  if (!shot) return null;
  const live = state.live;
  if (live && live.shot === shot.start && shot.state !== "done" && frame <= live.frame && frame >= shot.start && !(shot.state === "draft" && !live.draft)) {
    return filmPath(state.name, `/live/${frame}?v=${live.work}-${live.draft ? "d" : "f"}`);
  }
  if (shot.state === "none") return null;
  return filmPath(state.name, `/frame/${frame}/color?v=${shot.state}-${shot.version}`);
}

const canvas = $("canvas");
const pen = canvas.getContext("2d");
const view = { zoom: 1, x: 0, y: 0 };
const now = { frame: -1, source: null, color: null, colorAt: null, veil: null, veilAt: null, sourceAt: null };
let sequence = 0;
let hooks = { correct() {}, erase() {}, picked() {}, painted() {} };
export function onPicture(given) { hooks = given; }

// ---- what is shown

function want() {
  if (!state.name || !state.film) { now.source = now.color = null; now.sourceAt = null; return; }
  const source = sourceAddress(state.frame), color = colorAddress(state.frame);
  const veil = state.veil && color && !color.includes("/live/") ? color.replace("/color?", "/veil?") : null;
  if (source !== now.sourceAt) {
    now.sourceAt = source;
    const mine = ++sequence;
    load(source).then((bitmap) => { if (mine >= sequence - 1 && now.sourceAt === source) { now.source = bitmap; now.frame = state.frame; draw(); } });
  }
  if (color !== now.colorAt) {
    const sameFrame = now.colorAt && now.colorFrame === state.frame;
    now.colorAt = color;
    now.colorFrame = state.frame;
    if (!color) now.color = null;
    else {
      if (!sameFrame) now.pending = true;
      load(color).then((bitmap) => { if (now.colorAt === color) { now.color = bitmap; now.pending = false; draw(); } });
    }
  }
  if (veil !== now.veilAt) {
    now.veilAt = veil;
    now.veil = null;
    if (veil) load(veil).then((bitmap) => { if (now.veilAt === veil && bitmap) { now.veil = tinted(bitmap); draw(); } });
  }
}

function tinted(bitmap) {
  const made = new OffscreenCanvas(bitmap.width, bitmap.height);
  const ink = made.getContext("2d");
  ink.drawImage(bitmap, 0, 0);
  const picture = ink.getImageData(0, 0, made.width, made.height);
  for (let i = 0; i < picture.data.length; i += 4) {
    const doubt = Math.max(0, 1 - picture.data[i] / 255 * 1.15);
    picture.data[i] = 255; picture.data[i + 1] = 40; picture.data[i + 2] = 150; picture.data[i + 3] = Math.round(200 * doubt);
  }
  ink.putImageData(picture, 0, 0);
  return made;
}

export function place() {
  const [width, height] = state.film?.facts?.shown || [16, 9];
  const box = canvas.getBoundingClientRect();
  const fit = Math.min((box.width - 28) / width, (box.height - 28) / height);
  const scale = Math.max(0.01, fit) * view.zoom;
  const x = box.width / 2 - (width / 2 + view.x) * scale, y = box.height / 2 - (height / 2 + view.y) * scale;
  return { x, y, scale, width, height, box };
}

export function draw() {
  const ratio = window.devicePixelRatio || 1;
  const box = canvas.getBoundingClientRect();
  const wide = Math.round(box.width * ratio), high = Math.round(box.height * ratio);
  if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, box.width, box.height);
  if (!now.source || !state.film) return;
  const at = place();
  pen.imageSmoothingEnabled = at.scale < 3;
  pen.imageSmoothingQuality = "high";
  const whole = (bitmap) => pen.drawImage(bitmap, at.x, at.y, at.width * at.scale, at.height * at.scale);
  whole(now.source);
  if (state.painting) { drawPainting(at, whole); return; }
  const split = at.x + at.width * at.scale * state.divider;
  const hasColor = now.color && !state.gray;
  if (hasColor) {
    pen.save();
    pen.beginPath();
    pen.rect(split, 0, box.width, box.height);
    pen.clip();
    whole(now.color);
    if (state.veil && now.veil) { pen.imageSmoothingEnabled = true; whole(now.veil); }
    pen.restore();
    drawDivider(split, at);
  }
  if (!state.gray) drawCorrections(at);
  if (stroke) drawStroke(at);
}

function drawDivider(split, at) {
  const top = Math.max(0, at.y), bottom = Math.min(at.box.height, at.y + at.height * at.scale);
  pen.fillStyle = "#00000066";
  pen.fillRect(split - 1.5, top, 3, bottom - top);
  pen.fillStyle = "#ffffffe6";
  pen.fillRect(split - 0.5, top, 1, bottom - top);
  const middle = (top + bottom) / 2;
  pen.beginPath();
  pen.arc(split, middle, 13, 0, 7);
  pen.fillStyle = "#1b1b1de0";
  pen.fill();
  pen.strokeStyle = "#ffffffd0";
  pen.lineWidth = 1.2;
  pen.stroke();
  pen.beginPath();
  for (const side of [-1, 1]) { pen.moveTo(split + side * 3.5, middle - 4); pen.lineTo(split + side * 7, middle); pen.lineTo(split + side * 3.5, middle + 4); }
  pen.stroke();
}

const strokesHere = () => (state.film?.strokes || []).filter((each) => each.frame === state.frame);
const strokeWidth = (at) => Math.max(4, 0.02 * Math.min(at.width, at.height) * at.scale);

function line(at, places) {
  pen.beginPath();
  places.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](at.x + (x + 0.5) * at.scale, at.y + (y + 0.5) * at.scale));
  if (places.length === 1) pen.lineTo(at.x + (places[0][0] + 0.5) * at.scale + 0.1, at.y + (places[0][1] + 0.5) * at.scale);
  pen.stroke();
}

// A correction is a line in its color with a light edge; a point is a dot.
function drawCorrections(at) {
  pen.save();
  pen.lineCap = pen.lineJoin = "round";
  for (const each of strokesHere()) {
    const width = each.places.length === 1 ? 9 : strokeWidth(at);
    for (const [extra, color] of [[5, "#000000a0"], [3, "#ffffff"], [0, each.color]]) {
      pen.lineWidth = width + extra;
      pen.strokeStyle = color;
      line(at, each.places);
    }
  }
  pen.restore();
}

function drawStroke(at) {
  pen.save();
  pen.strokeStyle = stroke.color;
  pen.lineCap = pen.lineJoin = "round";
  pen.lineWidth = strokeWidth(at);
  line(at, stroke.points);
  pen.restore();
}

function drawPainting(at, whole) {
  const painting = state.painting;
  if (painting.preview) whole(painting.preview);
  pen.save();
  pen.globalAlpha = painting.preview && !stroke ? 0.28 : 0.92;
  whole(painting.layer);
  pen.restore();
  if (cursor) {
    pen.beginPath();
    pen.arc(cursor.x, cursor.y, Math.max(2, state.brush / 2 * at.scale), 0, 7);
    pen.lineWidth = 1.5;
    pen.strokeStyle = "#000a";
    pen.stroke();
    pen.lineWidth = 1;
    pen.strokeStyle = "#fff";
    pen.stroke();
  }
}

// ---- painting

export function beginPainting(frame) {
  const [width, height] = state.film.facts.shown;
  const layer = new OffscreenCanvas(width, height);
  state.painting = { frame, layer, strokes: [], undone: [], preview: null, busy: false, keeping: false };
  state.brush = Math.max(6, Math.round(Math.min(width, height) * 0.035));
  if (!["brush", "erase", "dropper"].includes(state.tool)) state.tool = "brush";
  changed();
}

export function repaint() {
  const { layer, strokes } = state.painting;
  const ink = layer.getContext("2d");
  ink.clearRect(0, 0, layer.width, layer.height);
  for (const each of strokes) paintOne(ink, each);
  draw();
}

function paintOne(ink, each) {
  ink.globalCompositeOperation = each.erase ? "destination-out" : "source-over";
  ink.strokeStyle = each.color;
  ink.lineCap = ink.lineJoin = "round";
  ink.lineWidth = each.size;
  ink.beginPath();
  each.points.forEach(([x, y], i) => ink[i ? "lineTo" : "moveTo"](x, y));
  if (each.points.length === 1) ink.lineTo(each.points[0][0] + 0.1, each.points[0][1]);
  ink.stroke();
  ink.globalCompositeOperation = "source-over";
}

// ---- hands

let stroke = null, drag = null, cursor = null;
const pointers = new Map();

const inPicture = (event) => {
  const at = place();
  return { x: (event.clientX - at.box.left - at.x) / at.scale, y: (event.clientY - at.box.top - at.y) / at.scale, at };
};
const inside = ({ x, y, at }) => x >= 0 && y >= 0 && x < at.width && y < at.height;
const nearDivider = (event) => {
  if (state.painting || !now.color) return false;
  const at = place();
  return Math.abs(event.clientX - at.box.left - (at.x + at.width * at.scale * state.divider)) < 10;
};

function distanceTo(places, x, y) {
  let least = Infinity;
  places.forEach(([x0, y0], i) => {
    const [x1, y1] = places[Math.min(i + 1, places.length - 1)], dx = x1 - x0, dy = y1 - y0;
    const t = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / Math.max(1, dx * dx + dy * dy)));
    least = Math.min(least, Math.hypot(x - x0 - t * dx, y - y0 - t * dy));
  });
  return least;
}

function strokeAt(where) {
  const reach = 10 / where.at.scale;
  return strokesHere().find((each) => distanceTo(each.places, where.x, where.y) <= reach) || null;
}

export function pick(where) {
  const bitmap = state.painting ? state.painting.preview : now.color;
  if (!bitmap) { toast("There is no color here yet to take."); return null; }
  const one = new OffscreenCanvas(1, 1).getContext("2d");
  const x = where.x / where.at.width * bitmap.width, y = where.y / where.at.height * bitmap.height;
  one.drawImage(bitmap, Math.max(0, x - 1.5), Math.max(0, y - 1.5), 3, 3, 0, 0, 1, 1);
  const [r, g, b] = one.getImageData(0, 0, 1, 1).data;
  return "#" + [r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("");
}

canvas.addEventListener("pointerdown", (event) => {
  if (!isReady()) return;
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  const where = inPicture(event);
  if (pointers.size === 2) {
    const [a, b] = [...pointers.values()];
    stroke = null;
    drag = { pinch: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), zoom: view.zoom };
    return;
  }
  if (event.button === 1 || event.button === 2 || event.altKey) drag = { pan: [event.clientX, event.clientY, view.x, view.y] };
  else if (nearDivider(event)) drag = { divider: true };
  else if (state.tool === "hand") drag = { pan: [event.clientX, event.clientY, view.x, view.y] };
  else if (!inside(where)) drag = null;
  else if (state.tool === "dropper") { const found = pick(where); if (found) hooks.picked(found); }
  else if (state.painting) {
    stroke = { color: state.ink, size: state.brush, erase: state.tool === "erase", points: [[where.x, where.y]] };
    paintOne(state.painting.layer.getContext("2d"), stroke);
  } else if (state.tool === "erase") { const found = strokeAt(where); if (found) hooks.erase(found); else toast("Click on a stroke or a dot to take that correction away."); }
  else if (state.tool === "point") hooks.correct({ frame: state.frame, color: state.ink, places: [[Math.floor(where.x), Math.floor(where.y)]] });
  else if (state.tool === "brush") stroke = { color: state.ink, points: [[where.x, where.y]] };
  event.preventDefault();
  draw();
});

canvas.addEventListener("pointermove", (event) => {
  if (!isReady()) return;
  if (pointers.has(event.pointerId)) pointers.set(event.pointerId, event);
  const where = inPicture(event);
  if (drag?.pinch && pointers.size === 2) {
    const [a, b] = [...pointers.values()];
    zoomAt(drag.zoom * Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) / drag.pinch, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
  } else if (drag?.pan) {
    view.x = drag.pan[2] - (event.clientX - drag.pan[0]) / where.at.scale;
    view.y = drag.pan[3] - (event.clientY - drag.pan[1]) / where.at.scale;
  } else if (drag?.divider) state.divider = Math.max(0, Math.min(1, where.x / where.at.width));
  else if (stroke) {
    stroke.points.push([where.x, where.y]);
    if (state.painting) paintOne(state.painting.layer.getContext("2d"), { ...stroke, points: stroke.points.slice(-2) });
  }
  cursor = state.painting && state.tool !== "dropper" ? { x: event.clientX - where.at.box.left, y: event.clientY - where.at.box.top } : null;
  canvas.style.cursor = drag?.pan ? "grabbing" : nearDivider(event) && !stroke ? "ew-resize"
    : state.tool === "hand" ? (view.zoom > 1 ? "grab" : "default") : cursor ? "none" : "crosshair";
  draw();
});

function finish(event) {
  pointers.delete(event.pointerId);
  if (stroke && event.type === "pointerup") {
    const done = stroke;
    stroke = null;
    if (state.painting) { state.painting.strokes.push(done); state.painting.undone = []; hooks.painted(); }
    else { const made = strokeOf(done); if (made) hooks.correct(made); }
  }
  stroke = drag = null;
  draw();
}
canvas.addEventListener("pointerup", finish);
canvas.addEventListener("pointercancel", finish);
canvas.addEventListener("pointerleave", () => { cursor = null; draw(); });
canvas.addEventListener("contextmenu", (event) => event.preventDefault());

// One stroke, as it is kept: whole pixels inside the picture, not nearer to each other than they need be.
function strokeOf(done) {
  const [width, height] = state.film.facts.shown, places = [];
  const step = Math.max(2, 0.008 * Math.min(width, height));
  done.points.forEach(([x, y], i) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const last = places[places.length - 1];
    if (!last || i === done.points.length - 1 || Math.hypot(x - last[0], y - last[1]) >= step) places.push([Math.floor(x), Math.floor(y)]);
  });
  return places.length ? { frame: state.frame, color: done.color, places: places.slice(0, 400) } : null;
}

function zoomAt(zoom, clientX, clientY) {
  const before = place();
  const px = (clientX - before.box.left - before.x) / before.scale, py = (clientY - before.box.top - before.y) / before.scale;
  view.zoom = Math.max(1, Math.min(24, zoom));
  const after = place();
  view.x += px - (clientX - after.box.left - after.x) / after.scale;
  view.y += py - (clientY - after.box.top - after.y) / after.scale;
  if (view.zoom === 1) view.x = view.y = 0;
}

canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoomAt(view.zoom * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX, event.clientY);
  draw();
}, { passive: false });

export function fitPicture() { view.zoom = 1; view.x = view.y = 0; draw(); }
export function zoomBy(factor) { const box = canvas.getBoundingClientRect(); zoomAt(view.zoom * factor, box.left + box.width / 2, box.top + box.height / 2); draw(); }

new ResizeObserver(() => draw()).observe(canvas);

export function renderPicture() { want(); draw(); }

// Frames ahead, so that playing does not wait for each.
export function ahead(count) {
  for (let frame = state.frame + 1; frame <= state.frame + count; frame++) {
    if (frame >= (state.film?.facts?.frames || 0)) return;
    load(sourceAddress(frame));
    const color = colorAddress(frame);
    if (color) load(color);
  }
}
export const isHere = (frame) => {
  const color = colorAddress(frame);
  return Boolean(held.get(sourceAddress(frame))?.bitmap) && (!color || Boolean(held.get(color)?.bitmap));
};
