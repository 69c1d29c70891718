// The page: what is asked for, what has come, and what every button and key does.
import { attempt, filmPath, get, post, send, upload } from "./api.js";
import { $, about, bytes, clock, h, icon, toast } from "./dom.js";
import { inksOf, renderInks } from "./inks.js";
import { ahead, aimKey, beginPainting, fitPicture, isHere, onPicture, renderPicture, repaint, zoomBy } from "./picture.js";
import { onSide } from "./side.js";
import { changed, draws, frames, goTo, isReady, runningWork, shotAt, state } from "./state.js";
import { onTimeline, readColors } from "./timeline.js";
import { againTour, beginTour, tourIsOn } from "./tour.js";

const edit = (content) => attempt(() => post(filmPath(state.name, "/edit"), content));
const work = (content) => attempt(() => post(filmPath(state.name, "/work"), content));

// ---- films

async function begin() {
  const found = await attempt(() => get("api/films"));
  if (!found) { setTimeout(begin, 3000); return; }
  Object.assign(state, { films: found.films, limits: found.limits, sample: found.sample, keptHours: found.kept_hours });
  sampleName = found.sample_name;
  const wished = decodeURIComponent(location.hash.slice(1));
  const known = (name) => state.films.some((film) => film.name === name);
  const choice = known(wished) ? wished : found.first && known(found.first) ? found.first : known(localStorage.getItem("kinemacolor-film")) ? localStorage.getItem("kinemacolor-film") : null;
  if (choice) open(choice);
  else if (!state.films.length && state.sample && !sampleName) openSample();
  else if (state.films.length) open(state.films[0].name);
  else changed();
}

async function openSample() {
  const made = await attempt(() => post("api/sample"));
  if (!made) { changed(); return; }
  sampleName = made.name;
  await open(made.name);
  const found = await attempt(() => get("api/films"));
  if (found) state.films = found.films;
}
let sampleName = null;

async function open(name) {
  Object.assign(state, { name, film: null, frame: 0, live: null, look: null, painting: null, playing: false, follow: false, inks: [] });
  location.hash = encodeURIComponent(name);
  localStorage.setItem("kinemacolor-film", name);
  listen();
  await refresh();
}

let refreshing = null, again = false;
async function refresh() {
  if (refreshing) { again = true; return refreshing; }
  const name = state.name;
  refreshing = (async () => {
    try {
      const film = await get(filmPath(name));
      if (state.name === name) { state.film = film; state.gone = false; listen(); arrived(film); }
    } catch (error) {
      if (error instanceof TypeError) { state.gone = true; setTimeout(refresh, 2000); }
      else if (state.name === name) { toast(error.message, true); state.name = state.film = null; }
    }
    changed();
  })();
  await refreshing;
  refreshing = null;
  if (again) { again = false; await refresh(); }
}

function arrived(film) {
  if (!film.shots?.length) return;
  const here = (film.works || []).find((each) => each.state === "running");
  if (!here || (state.live && here.shot !== state.live.shot)) state.live = null;
  if (film.name === sampleName && film.shots.some((shot) => shot.state !== "none") && !tourIsOn()) beginTour();
  inksOf(film);
}

let stream = null, listening = null;
function listen() {
  if (listening === state.name) return;
  stream?.close();
  listening = state.name;
  const name = state.name;
  stream = new EventSource(`api/events?film=${encodeURIComponent(name)}`);
  let soon = null;
  const refreshSoon = () => { clearTimeout(soon); soon = setTimeout(refresh, 120); };
  stream.onopen = () => { if (state.gone || state.film) refreshSoon(); };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) listening = null; // it does not try again by itself then
    refreshSoon();
  };
  stream.onmessage = (message) => {
    if (state.name !== name) return;
    const news = JSON.parse(message.data);
    if (news.kind === "film") refreshSoon();
    else if (news.kind === "films") get("api/films").then((found) => { state.films = found.films; changed(); }).catch(() => {});
    else if (news.kind === "look") { state.look = news.what ? news : null; changed(); }
    else if (news.kind === "job") tookWork(news);
    else if (news.kind === "frame") tookFrame(news);
  };
}

function tookWork(news) {
  if (!state.film?.works) return;
  const at = state.film.works.findIndex((each) => each.id === news.id);
  const before = at >= 0 ? state.film.works[at].state : null;
  if (at >= 0) state.film.works[at] = news; else state.film.works.push(news);
  if (news.state === "failed" && before !== "failed") toast(news.message, true);
  if (news.state === "done" && before !== "done" && news.what === "write") refresh().then(() => toast("The film is written. It is in “Write file”, to be saved."));
  if (state.live && (news.state !== "running" || news.shot !== state.live.shot || news.draft !== state.live.draft)) state.live = null;
  changed();
}

function tookFrame(news) {
  state.live = { shot: news.shot, frame: news.frame, draft: news.draft, work: news.work };
  if (state.follow && !state.painting) goTo(news.frame, true);
  changed();
}

// ---- what comes in

async function takeFilm(file) {
  if (state.limits && file.size > state.limits.bytes) { toast(`${file.name} has ${bytes(file.size)}; ${bytes(state.limits.bytes)} are the limit here.`, true); return; }
  state.uploading = { name: file.name, done: 0, total: file.size };
  changed();
  state.problem = "";
  let made = null;
  try {
    made = await upload(`api/films?name=${encodeURIComponent(file.name)}`, file, (done, total) => { state.uploading = { name: file.name, done, total }; changed(); });
  } catch (error) {
    if (state.name) toast(error.message, true);
    else state.problem = error.message;
  }
  state.uploading = null;
  const found = await attempt(() => get("api/films"));
  if (found) state.films = found.films;
  changed();
  if (made) await open(made.name);
}

async function takeStills(files) {
  if (!isReady()) { toast("Open a film first, then drop its stills."); return; }
  for (const file of files) {
    await attempt(() => send(filmPath(state.name, `/stills?name=${encodeURIComponent(file.name)}&shown=${state.frame}`), file));
  }
}

function takeFiles(files) {
  const all = [...files];
  const pictures = all.filter((file) => file.type.startsWith("image/") || /\.(png|jpe?g|tiff?|webp|bmp)$/i.test(file.name));
  const films = all.filter((file) => !pictures.includes(file));
  if (pictures.length) takeStills(pictures);
  if (films.length) takeFilm(films[0]);
}

let entered = 0;
addEventListener("dragenter", (event) => { if (event.dataTransfer?.types.includes("Files")) { entered++; $("drop").hidden = false; } });
addEventListener("dragleave", () => { entered = Math.max(0, entered - 1); if (!entered) $("drop").hidden = true; });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => { event.preventDefault(); entered = 0; $("drop").hidden = true; if (event.dataTransfer?.files.length) takeFiles(event.dataTransfer.files); });
$("pick-film").addEventListener("change", (event) => { if (event.target.files.length) takeFilm(event.target.files[0]); event.target.value = ""; });
$("pick-still").addEventListener("change", (event) => { takeStills([...event.target.files]); event.target.value = ""; });

// ---- corrections and painting

onPicture({
  correct: (stroke) => edit({ do: "correct", stroke }),
  erase: (stroke) => edit({ do: "erase", stroke }),
  picked: (color) => { setInk(color); if (state.tool === "dropper") setTool(state.painting ? "brush" : "point"); },
  painted: () => previewSoon(),
});
onTimeline({ moveCut: (start, to) => edit({ do: "move cut", start, to }) });
onSide({ choose: () => $("pick-still").click(), paint: (frame) => { goTo(frame); beginPainting(frame); } });

export function setInk(color) { state.ink = color; changed(); }
function setTool(tool) { state.tool = tool; changed(); }

let previewing = null;
function previewSoon() {
  repaint();
  clearTimeout(previewing);
  previewing = setTimeout(preview, 300);
}

async function strokesOf(painting) { return painting.layer.convertToBlob({ type: "image/png" }); }

async function preview() {
  const painting = state.painting;
  if (!painting) return;
  if (painting.busy) { painting.stale = true; return; }
  if (!painting.strokes.length) { painting.preview = null; repaint(); return; }
  painting.busy = true;
  changed();
  const answer = await attempt(async () => send(filmPath(state.name, `/paint?frame=${painting.frame}`), await strokesOf(painting)));
  if (answer) painting.preview = await createImageBitmap(await answer.blob());
  painting.busy = false;
  if (state.painting === painting) { if (painting.stale) { painting.stale = false; preview(); } renderPicture(); changed(); }
}

async function keepPainting() {
  const painting = state.painting;
  if (!painting?.strokes.length) { toast("Paint some colors first."); return; }
  painting.keeping = true;
  changed();
  const answer = await attempt(async () => send(filmPath(state.name, `/paint?frame=${painting.frame}&keep`), await strokesOf(painting)));
  painting.keeping = false;
  if (answer) { state.painting = null; toast("The frame is a still now. Color its shot to see how it carries."); await refresh(); }
  changed();
}

function leavePainting() { state.painting = null; setTool("hand"); }

function undo(forward) {
  const painting = state.painting;
  if (painting) {
    const [from, to] = forward ? [painting.undone, painting.strokes] : [painting.strokes, painting.undone];
    if (from.length) { to.push(from.pop()); previewSoon(); }
    return;
  }
  if (isReady()) edit({ do: forward ? "redo" : "undo" });  // the program knows what there is, the page may not yet
}

// ---- coloring

async function colorShot() {
  const running = runningWork();
  if (running) { await work({ do: "stop", work: running.id }); return; }
  const shot = shotAt(state.frame);
  if (!shot) return;
  state.follow = true;
  const made = await work({ do: "color", shots: [shot.start] });
  if (made) tookWork(made);
}
async function colorFilm() { state.follow = false; const made = await work({ do: "color", shots: null }); if (made) tookWork(made); }
async function writeFilm(preset) { closeMenus(); const made = await work({ do: "write", preset }); if (made) tookWork(made); }

// ---- going through the film

function toCut(forward) {
  const shot = shotAt(state.frame);
  if (!shot) return;
  const all = state.film.shots;
  if (forward) goTo(all[shot.number + 1]?.start ?? frames() - 1);
  else goTo(state.frame > shot.start ? shot.start : all[shot.number - 1]?.start ?? 0);
}

// The least sure frame of the next stretch that is less sure than most.
function toUnsure() {
  const { step, values } = state.film?.heat || { values: [] };
  const known = values.filter((value) => value >= 0).sort((a, b) => a - b);
  if (!known.length) { toast("Nothing is colored yet, so nothing is unsure."); return; }
  const low = known[Math.floor(known.length * 0.15)];
  const from = Math.floor(state.frame / step) + 1;
  for (let i = 0; i < values.length; i++) {
    const at = (from + i) % values.length;
    if (values[at] < 0 || values[at] > low) continue;
    let best = at;
    for (let k = at; k < values.length && values[k] >= 0 && values[k] <= low; k++) if (values[k] < values[best]) best = k;
    if (best * step === state.frame) continue;
    goTo(best * step);
    return;
  }
}

let timer = null;
function play() {
  state.playing = !state.playing;
  state.follow = false;
  clearTimeout(timer);
  if (state.playing) {
    if (state.frame >= frames() - 1) goTo(0);
    let due = performance.now();
    const rate = state.film.facts.rate || 24;
    const step = () => {
      if (!state.playing) return;
      if (state.frame >= frames() - 1) { state.playing = false; changed(); return; }
      ahead(10);
      if (isHere(state.frame + 1) || performance.now() - due > 800) { goTo(state.frame + 1); due = Math.max(due + 1000 / rate, performance.now()); }
      timer = setTimeout(step, Math.max(4, due - performance.now()));
    };
    step();
  }
  changed();
}

// ---- keys

const KEYS = [
  ["space", "Play or pause"], ["← →", "One frame"], ["shift ← →", "Ten frames"], ["[ ]", "Cut before, next cut"], [".", "Next unsure frame"],
  ["c", "Color this shot, or stop"], ["s", "Paint this frame as a still"], ["p", "Point: correct a color"], ["b", "Brush"], ["i", "Eyedropper"], ["e", "Erase"], ["v", "Look around"],
  ["z", "Undo"], ["shift z", "Do again"], ["x", "Split the shot here"], ["m", "Merge with the shot before"], ["hold g", "Gray"], ["enter, arrows", "Tools without a mouse"], ["h", "Confidence veil"], ["+ − 0", "Zoom"], ["?", "This help"],
];
const actions = {
  " ": play, ArrowLeft: (e) => goTo(state.frame - (e.shiftKey ? 10 : 1)), ArrowRight: (e) => goTo(state.frame + (e.shiftKey ? 10 : 1)),
  Home: () => goTo(0), End: () => goTo(frames() - 1),
  "[": () => toCut(false), "]": () => toCut(true), ".": toUnsure, c: colorShot, s: () => { if (!state.painting) beginPainting(state.frame); },
  p: () => setTool("point"), b: () => setTool("brush"), i: () => setTool("dropper"), e: () => setTool("erase"), v: () => setTool("hand"),
  z: () => undo(false), Z: () => undo(true), x: splitHere, m: mergeHere, h: veil, 0: fitPicture, "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8),
};
addEventListener("keydown", (event) => {
  if ($("dialog").open || event.target.matches("input, select, textarea")) return;
  if (event.key === "?") { showHelp(); return; }
  if (!event.metaKey && !event.ctrlKey && !event.altKey && aimKey(event)) return;
  if (event.key === "Escape") { if (!closeMenus() && state.painting) leavePainting(); return; }
  if (event.metaKey || event.ctrlKey) {
    if (event.key.toLowerCase() === "z") { event.preventDefault(); undo(event.shiftKey); }
    return;
  }
  if (!isReady() || event.altKey) return;
  if (event.key === "g") { if (!state.gray) { state.gray = true; changed(); } return; }
  const onButton = event.target.matches("button, a") && (event.key === " " || event.key === "Enter");
  if (onButton) return;
  const action = actions[event.key];
  if (action) { event.preventDefault(); action(event); }
});
addEventListener("keyup", (event) => { if (event.key === "g") { state.gray = false; changed(); } });
addEventListener("blur", () => { if (state.gray) { state.gray = false; changed(); } });

function splitHere() { edit({ do: "split", frame: state.frame }); }
function mergeHere() { const shot = shotAt(state.frame); if (shot) edit({ do: "merge", start: shot.start }); }
function veil() { state.veil = !state.veil; changed(); }

const click = { play, "prev-shot": () => toCut(false), "next-shot": () => toCut(true), unsure: toUnsure, split: splitHere, merge: mergeHere, veil, fit: fitPicture,
  "color-shot": colorShot, "color-film": colorFilm, help: showHelp, theme: toggleTheme };
for (const [name, action] of Object.entries(click)) $(name).addEventListener("click", () => action());

// ---- menus and dialogs

// ``lists`` gives what the menu is of: where that changes while it is open, it is made anew under the same focus.
function menu(button, list, lists, fill) {
  let shown = "";
  const make = () => { shown = JSON.stringify(lists()); $(list).replaceChildren(...fill()); };
  draws(() => {
    if ($(list).hidden || shown === JSON.stringify(lists())) return;
    const had = $(list).contains(document.activeElement) ? document.activeElement.textContent : null;
    make();
    if (had !== null) ([...$(list).querySelectorAll("button, a")].find((each) => each.textContent === had) || $(list).querySelector("button, a"))?.focus();
  });
  $(button).addEventListener("click", (event) => {
    event.stopPropagation();
    const wasOpen = !$(list).hidden;
    closeMenus();
    if (wasOpen) return;
    make();
    $(list).hidden = false;
    if ($(list).classList.contains("up")) $(list).style.right = `${Math.max(14, innerWidth - $(button).getBoundingClientRect().right)}px`;
    $(button).setAttribute("aria-expanded", "true");
    $(list).querySelector("button, a")?.focus();
  });
  $(list).addEventListener("click", (event) => event.stopPropagation());
}
function closeMenus() {
  let closed = false;
  for (const [button, list] of [["film-button", "film-menu"], ["write", "write-menu"]]) {
    if (!$(list).hidden) { $(list).hidden = true; $(button).setAttribute("aria-expanded", "false"); closed = true; }
  }
  return closed;
}
addEventListener("click", closeMenus);

menu("film-button", "film-menu", () => [state.films, state.name, state.sample], () => [
  h("button", { onclick: () => { closeMenus(); $("pick-film").click(); } }, icon("add"), h("span", {}, h("strong", {}, "Open a film …"), h("small", {}, "or drop it anywhere on the page"))),
  state.sample && !state.films.some((film) => film.name === sampleName) ? h("button", { onclick: () => { closeMenus(); openSample(); } }, icon("film"), h("span", {}, h("strong", {}, "The sample film"), h("small", {}, "five seconds, with a tour"))) : null,
  state.films.length ? h("hr") : null,
  ...state.films.map((film) => h("button", { onclick: () => { closeMenus(); if (film.name !== state.name) open(film.name); }, "aria-current": film.name === state.name ? "true" : null }, icon("film"), h("span", {}, h("strong", {}, film.title), film.name === state.name ? h("small", {}, "open") : null))),
  state.film ? h("hr") : null,
  state.film ? h("button", { onclick: () => { closeMenus(); removeFilm(); } }, icon("trash"), h("span", {}, h("strong", {}, "Remove this film …"))) : null,
].filter(Boolean));

menu("write", "write-menu", () => [state.film?.outputs, state.film?.presets, shotsLeft()], () => {
  const outputs = state.film?.outputs || [];
  const left = missingFrames();
  return [
    outputs.length ? h("h3", {}, "Written") : null,
    ...outputs.map((file) => h("a", { href: filmPath(state.name, `/out/${encodeURIComponent(file.name)}`), download: file.name }, icon("save"), h("strong", {}, file.name), h("small", {}, bytes(file.bytes)))),
    outputs.length ? h("hr") : null,
    h("h3", {}, left ? `Write a file: ${shotsLeft()} are colored first` : "Write a file, with its sound"),
    ...(state.film?.presets || []).map((preset) => h("button", { "data-preset": preset.name, onclick: () => writeFilm(preset.name) }, h("span", {}, h("strong", {}, preset.title), h("small", {}, preset.about)))),
  ].filter(Boolean);
});

function ask(title, words, action, yes) {
  const dialog = $("dialog");
  dialog.replaceChildren(h("h2", {}, title), h("p", {}, words), h("div", { class: "end" },
    h("button", { class: "secondary", onclick: () => dialog.close() }, "Leave it"),
    h("button", { class: "primary", onclick: () => { dialog.close(); action(); } }, yes)));
  dialog.showModal();
}

function removeFilm() {
  ask(`Remove ${state.film.title}?`, "Its project with stills, corrections and colors is deleted, and the copy of the film that was put in here. A film that lies elsewhere stays.", async () => {
    const name = state.name;
    await attempt(() => post(filmPath(name, "/remove")));
    Object.assign(state, { name: null, film: null });
    localStorage.removeItem("kinemacolor-film");
    location.hash = "";
    await begin();
  }, "Remove it");
}

function showHelp() {
  const dialog = $("dialog");
  dialog.replaceChildren(...[h("h2", {}, "How it goes"),
    h("p", {}, "Give the film colors: paint a suggested frame, or drop a color still or a photograph. Color a shot and look where it is wrong: the confidence lane says where the model is not sure. Click a better color with the point tool and color the shot again. Then color the film and write the file."),
    state.keptHours ? h("p", {}, kept()) : null,
    h("p", {}, (state.keptHours ? "" : "Nothing leaves this computer. ") + "You may close the page at any time: coloring goes on, and what is finished is kept."),
    h("h3", {}, "Keys"), h("div", { class: "keys" }, KEYS.map(([key, what]) => h("div", {}, h("span", {}, what), h("kbd", {}, key)))),
    state.film?.command ? h("h3", {}, "The same from the shell") : null, state.film?.command ? h("p", {}, h("kbd", {}, state.film.command)) : null,
    h("div", { class: "end" },
      state.film && state.name === sampleName ? h("button", { class: "secondary", onclick: () => { dialog.close(); againTour(); } }, "Show the tour") : null,
      h("button", { class: "primary", onclick: () => dialog.close() }, "Close"))].filter(Boolean));
  dialog.showModal();
}

function toggleTheme() {
  const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("kinemacolor-theme", next);
  readColors();
  changed();
}
document.documentElement.dataset.theme = localStorage.getItem("kinemacolor-theme") || (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
readColors();

// ---- drawing all but picture, timeline and side

const TOOLS = [["hand", "Look around (v)"], ["dropper", "Eyedropper: take a color (i)"], ["point", "Point: correct a color (p)"], ["brush", "Brush: correct along a stroke (b)"], ["erase", "Erase a correction (e)"]];
let toolsDrawn = false;
function renderTools() {
  const tools = $("tools");
  if (!toolsDrawn) {
    toolsDrawn = true;
    tools.replaceChildren(
      ...TOOLS.map(([name, title]) => h("button", { "data-tool": name, title, "aria-label": title, onclick: () => setTool(name) }, icon(name))),
      h("label", { class: "ink", id: "ink", title: "The color to give" }, h("input", { type: "color", "aria-label": "The color to give", oninput: (event) => setInk(event.target.value) })),
      h("hr"),
      h("button", { id: "undo", title: "Undo (z)", "aria-label": "Undo", onclick: () => undo(false) }, icon("undo")),
      h("button", { id: "redo", title: "Do again (shift z)", "aria-label": "Do again", onclick: () => undo(true) }, icon("redo")));
  }
  for (const button of tools.querySelectorAll("[data-tool]")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === state.tool));
    button.disabled = !isReady();
  }
  $("ink").style.setProperty("--ink", state.ink);
  $("ink").firstElementChild.value = state.ink;
  const painting = state.painting;
  $("undo").disabled = painting ? !painting.strokes.length : !state.film?.undo;
  $("redo").disabled = painting ? !painting.undone.length : !state.film?.redo;
}

function renderHead() {
  const film = state.film, facts = film?.facts;
  $("film-title").textContent = film?.title || "No film";
  document.title = film?.title ? `${film.title} – Kinemacolor` : "Kinemacolor";
  const parts = facts ? [`${facts.shown[0]}×${facts.shown[1]}`, facts.rate ? `${+facts.rate.toFixed(3)} fps` : null, facts.seconds ? clock(facts.seconds).replace(/\.\d+$/, "") : null,
    film.shots?.length ? `${film.shots.length} ${film.shots.length === 1 ? "shot" : "shots"}` : null, facts.bits > 8 ? `${facts.bits} bits` : null, facts.sound.length ? "sound" : "silent"].filter(Boolean) : [];
  $("facts").replaceChildren(...parts.flatMap((part, i) => (i ? [h("i", {}, "·"), part] : [part])));
  const warnings = [...(facts?.warnings || []), film?.plan_error, facts?.interlaced ? "The film is interlaced: combs can take colors." : null].filter(Boolean);
  $("chips").replaceChildren(...warnings.slice(0, 2).map((words) => h("div", { class: "chip", title: words, tabindex: "0" }, icon("warn"), h("span", {}, words))));
  const states = film?.shots || [];
  const steps = { stills: Boolean(film?.stills?.length), check: states.length > 0 && states.every((shot) => shot.state === "done"), write: Boolean(film?.outputs?.length) };
  const current = !steps.stills ? "stills" : !steps.check ? "check" : "write";
  for (const item of $("steps").children) {
    item.className = item.dataset.step === current && film ? "now" : steps[item.dataset.step] ? "done" : "";
    if (item.className === "now") item.setAttribute("aria-current", "step"); else item.removeAttribute("aria-current");
  }
}

const BADGES = { done: ["Final", "final"], draft: ["Draft", "draft"], old: ["As it was before your change", "old"], none: ["Not colored yet", ""] };
function renderStage() {
  const film = state.film, empty = $("empty");
  const waits = state.uploading || (film && !isReady());
  empty.hidden = isReady() && !state.uploading;
  if (!empty.hidden) empty.replaceChildren(waits ? waiting() : state.name && !film ? h("p", {}, "Opening …") : welcome());
  const shot = shotAt(state.frame), badge = $("badge");
  let [words, kind] = shot ? BADGES[shot.state] : ["", ""];
  if (shot && state.live?.shot === shot.start && shot.state !== "done") [words, kind] = [state.live.draft ? "Coloring a draft …" : "Coloring …", "live"];
  else if (shot?.state === "draft" && runningWork()?.shot === shot.start) words = "Draft, being refined";
  if (state.painting) [words, kind] = [state.painting.busy ? "Spreading colors …" : state.painting.preview ? "Painted, with its colors spread" : "Paint a few strokes: colors spread along edges", state.painting.busy ? "live" : "draft"];
  if (!isReady()) words = "";
  document.body.classList.toggle("no-film", !state.name);
  $("stage").classList.toggle("painting", Boolean(state.painting));
  badge.className = `badge ${kind}`;
  badge.textContent = words;
  renderPaintbar();
  renderInks();
}

let paintbarFor = null;
function renderPaintbar() {
  const bar = $("paintbar"), painting = state.painting;
  bar.hidden = !painting;
  if (!painting) { paintbarFor = null; return; }
  if (paintbarFor !== painting) {
    paintbarFor = painting;
    bar.replaceChildren(h("label", {}, "Brush", h("input", { type: "range", min: "3", max: "90", value: String(state.brush), "aria-label": "Size of the brush", oninput: (event) => { state.brush = Number(event.target.value); } })),
      h("button", { class: "quiet", onclick: leavePainting }, "Leave"),
      h("button", { class: "primary", id: "keep", onclick: keepPainting }, "Use as still"));
  }
  $("keep").disabled = painting.keeping || !painting.strokes.length;
  $("keep").textContent = painting.keeping ? "Making the still …" : "Use as still";
}

function welcome() {
  return h("div", { class: "empty-card" }, h("h2", {}, "Color a black-and-white film"),
    h("p", {}, "Open a film, paint one of its frames or drop a color still, and watch the colors spread." + (state.keptHours ? "" : " Nothing leaves this computer.")),
    state.problem ? h("p", { class: "problem", role: "alert" }, icon("warn"), h("span", {}, state.problem)) : null,
    h("div", { class: "dropzone" }, icon("film"), h("strong", {}, "Drop a film here"), h("button", { class: "primary", onclick: () => $("pick-film").click() }, "Choose a film")),
    state.limits ? h("p", { class: "limits" }, `Up to ${bytes(state.limits.bytes)}, ${state.limits.seconds / 3600} hours and ${Math.round(state.limits.pixels / 1e6)} million pixels a frame. Every format that FFmpeg reads.`) : null,
    state.keptHours ? h("p", { class: "limits" }, kept()) : null,
    state.sample ? h("p", { class: "limits" }, "Or look at ", h("button", { class: "link", onclick: openSample }, "the sample film"), " first.") : null);
}

const kept = () => `This is a shared server: your films are removed when you have not been here for ${state.keptHours === 1 ? "an hour" : `${state.keptHours} hours`}. Save what you want to keep.`;

function waiting() {
  const up = state.uploading, opening = state.film?.opening;
  if (!up && opening?.error) return h("div", { class: "empty-card" }, h("h2", {}, "This film cannot be opened"), h("p", {}, opening.error), h("p", {}, h("button", { class: "primary", onclick: () => $("pick-film").click() }, "Choose another film")));
  const look = up ? { what: `Copying ${up.name}`, done: up.done, total: up.total } : state.look?.what ? state.look : opening || { what: "Looking at the film", done: 0, total: null };
  const share = look.total ? Math.round(100 * look.done / look.total) : 0;
  return h("div", { class: "empty-card", role: "status" }, h("h2", {}, look.what), h("p", {}, look.total ? `${share} %` : "A moment …"), h("div", { class: "wide-bar" }, h("i", { style: { width: `${share}%` } })));
}

const shotWord = (count) => `${count} ${count === 1 ? "shot" : "shots"}`;
const missingFrames = () => (state.film?.shots || []).filter((shot) => shot.state !== "done").reduce((sum, shot) => sum + shot.stop - shot.start, 0);
const shotsLeft = () => shotWord((state.film?.shots || []).filter((shot) => shot.state !== "done").length);

function renderFoot() {
  const film = state.film, ready = isReady(), running = runningWork(), words = $("progress-text");
  const shots = film?.shots || [], done = shots.filter((shot) => shot.state === "done").length, old = shots.filter((shot) => shot.state === "old").length;
  let share = 0, text = [], error = false;
  const failed = [...(film?.works || [])].pop();
  if (state.gone) { text = ["The program does not answer. Start it again with “kinemacolor web”; this page goes on by itself."]; error = true; }
  else if (!ready) text = [film ? "" : "No film is open."];
  else if (running) {
    share = running.frames_total ? running.frames_done / running.frames_total : 0;
    const number = running.shot === null ? "" : ` shot ${(shotAt(running.shot)?.number ?? 0) + 1}`;
    const what = running.what === "write" && running.shot === null ? "Writing the file" : running.draft ? `Drafting${number}` : `Coloring${number}`;
    if (running.draft && state.live && running.frames_total) share = (state.live.frame + 1 - state.live.shot) / running.frames_total;
    const time = running.seconds_left && !running.draft ? `, ${about(running.seconds_left)} left` : "";
    text = running.state === "queued" ? [state.look?.total ? `Getting ready: ${state.look.what.toLowerCase()}, ${Math.round(100 * state.look.done / state.look.total)} % …` : "Getting ready …"] : [h("b", {}, what), running.shots === null ? ` of ${shots.length}` : "", ` · ${running.draft && state.live ? state.live.frame + 1 - state.live.shot : running.frames_done} of ${running.frames_total} frames${time}`];
  } else if (failed?.state === "failed") { text = [failed.message]; error = true; }
  else if (film.plan_error) { text = [film.plan_error]; error = true; }
  else if (!film.stills.length) text = [h("b", {}, "No stills yet."), " Paint a suggested frame, or drop a color still."];
  else if (film.planning || !film.planned) { text = [state.look?.total ? `${state.look.what}, ${Math.round(100 * state.look.done / state.look.total)} % …` : "Checking which shots this changes …"]; share = shots.length ? done / shots.length : 0; }
  else {
    share = shots.length ? done / shots.length : 0;
    const time = film.fps && missingFrames() ? `, ${about(missingFrames() / film.fps)}` : "";
    const drafts = shots.filter((shot) => shot.state === "draft").length;
    text = [h("b", {}, `${done} of ${shotWord(shots.length)} colored${drafts ? `, ${drafts} as a draft` : ""}.`), old ? ` ${shotWord(old)} will change${time}.` : done < shots.length ? ` ${shotsLeft()} to do${time}.` : " Look through it, then write the file."];
    if (failed?.state === "stopped" && done < shots.length) text.push(" Stopped; what is finished is kept.");
  }
  words.classList.toggle("error", error);
  words.replaceChildren(...text);
  $("bar").style.width = `${Math.round(100 * share)}%`;
  $("bar").parentElement.classList.toggle("quiet", !running);
  $("bar").parentElement.hidden = !ready;
  const shot = shotAt(state.frame), button = $("color-shot");
  button.textContent = running ? "Stop" : shot?.state === "done" ? "This shot is colored" : "Color this shot";
  button.classList.toggle("stop", Boolean(running));
  button.disabled = !ready || (!running && (!film.stills.length || shot?.state === "done"));
  const all = $("color-film");
  const time = film?.fps && missingFrames() ? ` · ${about(missingFrames() / film.fps)}` : "";
  all.textContent = ready && done === shots.length ? "The film is colored" : `Color the film${running ? "" : time}`;
  all.disabled = !ready || !film.stills.length || done === shots.length || Boolean(running && running.shots === null);
  $("write").disabled = !ready || !film.stills.length;
  const finished = ready && shots.length > 0 && done === shots.length && !running;
  $("write").className = finished ? "primary" : "secondary";
  if (!running) button.className = finished || state.painting ? "secondary" : "primary";
}

function renderTransport() {
  const ready = isReady();
  for (const name of ["prev-shot", "play", "next-shot", "unsure", "split", "merge", "veil", "fit"]) $(name).disabled = !ready;
  $("veil").setAttribute("aria-pressed", String(state.veil));
  $("play").replaceChildren(icon(state.playing ? "pause" : "play"));
  $("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
  const shot = shotAt(state.frame);
  const rate = state.film?.facts?.rate || 24;
  $("position").replaceChildren(...(ready ? [h("b", {}, `Frame ${state.frame}`), h("span", {}, `  ${clock(state.frame / rate)}`)] : []));
  $("where").textContent = ready && shot ? `Shot ${shot.number + 1} of ${state.film.shots.length}, ${shot.stop - shot.start} frames` : "";
}

draws(renderTools);
draws(renderHead);
draws(renderStage);
draws(renderFoot);
draws(renderTransport);
draws(renderPicture);
addEventListener("hashchange", () => { const name = decodeURIComponent(location.hash.slice(1)); if (name && name !== state.name && state.films.some((film) => film.name === name)) open(name); });
begin();
changed();
