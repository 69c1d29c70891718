// A tour of four steps through the sample: see the fault, take the right color, mend it, color the shot anew.
import { $, h } from "./dom.js";
import { draws, goTo, state } from "./state.js";

const KEY = "kinemacolor-tour";
let step = -1;

const STEPS = [
  { title: "Gray and color, side by side", anchor: "canvas", words: "The film is on the left of the line, its colors on the right. Drag the line; zoom with the wheel. These colors come from one painted frame, the card on the right.", enter: () => { state.divider = 0.5; goTo(0); } },
  { title: "Here something is wrong", anchor: "timeline", words: "The sleeve of the orange suit has turned green: someone gave it a wrong color at frame 40. Corrections are drawn on the picture, and are dots in the lowest lane of the timeline.", enter: () => { state.divider = 0.02; goTo(40); } },
  { title: "Mend it with one stroke", anchor: "tools", words: "Take the orange from the colors under the picture, and brush along the green stroke on the sleeve: the new color takes its place. (Undo, z, would do it too.)", enter: () => { state.divider = 0.02; goTo(40); state.tool = "brush"; },
    done: () => state.film?.strokes.length > 0 && !state.film.strokes.some((stroke) => stroke.color === "#2f7d4f") },
  { title: "Color this shot again", anchor: "color-shot", words: "Only the shot that you mended is colored anew: first a quick draft, then the final. “Write file” saves the film with its sound. Then open a film of your own from the menu above." },
];

export function beginTour() {
  if (localStorage.getItem(KEY) === "done") return;
  if (step < 0) show(0);
}
export function againTour() { localStorage.removeItem(KEY); show(0); }
export const tourIsOn = () => step >= 0;

function show(number) {
  step = number;
  const box = $("tour");
  if (number < 0 || number >= STEPS.length) { end(); return; }
  const now = STEPS[number];
  now.enter?.();
  const last = number === STEPS.length - 1;
  box.replaceChildren(h("h3", {}, now.title), h("p", {}, now.words), h("div", { class: "end" },
    h("span", { class: "dots" }, `${number + 1} of ${STEPS.length}`),
    last ? null : h("button", { class: "quiet", onclick: end }, "Skip"),
    h("button", { class: "primary", onclick: () => show(number + 1) }, last ? "Done" : "Next")));
  box.hidden = false;
  position(now.anchor);
}

function position(anchor) {
  const box = $("tour"), target = $(anchor).getBoundingClientRect(), own = box.getBoundingClientRect();
  let left = target.left + 12, top = target.top + 46;
  if (anchor === "tools") { left = $("stage").getBoundingClientRect().right - own.width - 12; top = target.top + 12; }
  if (anchor === "timeline") { left = target.left + target.width * 0.5; top = $("stage").getBoundingClientRect().bottom - own.height - 12; }
  if (anchor === "color-shot") { left = target.right - own.width; top = target.top - own.height - 14; }
  box.style.left = `${Math.max(8, Math.min(innerWidth - own.width - 8, left))}px`;
  box.style.top = `${Math.max(8, Math.min(innerHeight - own.height - 8, top))}px`;
}

function end() {
  step = -1;
  localStorage.setItem(KEY, "done");
  $("tour").hidden = true;
}

draws(() => { if (step >= 0 && STEPS[step].done?.()) show(step + 1); });
addEventListener("resize", () => { if (step >= 0) position(STEPS[step].anchor); });
