// The stills of the film as cards, the place to drop more, and what to color next.
import { attempt, filmPath, post } from "./api.js";
import { $, clock, h, icon } from "./dom.js";
import { draws, frames, goTo, isReady, state } from "./state.js";

let drawn = "";
let hooks = { choose() {}, paint() {} };
export function onSide(given) { hooks = given; }

const at = (frame) => clock(frame / (state.film.facts.rate || 24));

export function renderSide() {
  const side = $("side");
  const film = state.film;
  const looking = state.look && state.look.what ? state.look : null;
  const key = isReady() ? JSON.stringify([film.name, film.stills, film.suggestions, film.suggesting, film.shots.length, state.frame, looking, Boolean(state.painting)]) : `none ${Boolean(film)}`;
  if (key === drawn) return;
  drawn = key;
  const focus = side.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const scroll = side.scrollTop;
  if (!isReady()) {
    side.replaceChildren(h("h2", {}, "Stills"), h("p", { class: "hint" }, film ? "The film's shots are being found first." : "Open a film first. Its color stills, and the frames that are worth painting, are shown here."));
    return;
  }
  side.replaceChildren(...stillCards(film), dropPlace(), ...nextCards(film, looking));
  side.scrollTop = scroll;
  if (focus) side.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
}

function stillCards(film) {
  const count = film.stills.length;
  const made = [h("h2", {}, "Stills", h("small", {}, count ? `${count} for ${film.shots.length} ${film.shots.length === 1 ? "shot" : "shots"}` : ""))];
  if (!count) made.push(h("p", { class: "hint" }, "Colors come from color stills: frames of this film that are painted, or photographs of the same things."));
  const order = [...film.stills].sort((a, b) => (a.frame ?? 1e12) - (b.frame ?? 1e12));
  for (const still of order) made.push(stillCard(film, still));
  return made;
}

function stillCard(film, still) {
  const go = () => { if (still.frame !== null) goTo(still.frame); };
  const reach = film.planned ? `colors ${still.reach} of ${film.shots.length} ${film.shots.length === 1 ? "shot" : "shots"}` : "";
  const place = still.frame === null ? "Photograph, no frame" : `Frame ${still.frame}, ${at(still.frame)}`;
  return h("article", { class: still.frame === state.frame && still.frame !== null ? "card current" : "card" },
    h("button", { class: "thumb-button", onclick: go, "aria-label": still.frame === null ? still.name : `Go to frame ${still.frame}`, "data-key": `t${still.id}` },
      h("img", { class: "thumb", alt: "", loading: "lazy", src: filmPath(film.name, `/still/${still.id}?small`) })),
    h("div", {},
      h("strong", { title: still.name }, still.name),
      h("small", {}, place),
      reach ? h("small", {}, reach) : null,
      still.note ? h("small", { class: "bad" }, still.note) : null,
      still.there ? null : h("small", { class: "bad" }, "The file is gone."),
      still.frame === null ? h("div", { class: "row" },
        h("button", { class: "link", "data-key": `b${still.id}`, onclick: () => attempt(() => post(filmPath(film.name, "/edit"), { do: "bind still", still: still.id, frame: state.frame })) }, "It is this frame"),
        h("button", { class: "link", "data-key": `f${still.id}`, onclick: () => attempt(() => post(filmPath(film.name, "/edit"), { do: "find still", still: still.id })) }, "Find its frame")) : null),
    h("button", { class: "quiet icon-only away", "aria-label": `Leave ${still.name} out`, title: "Leave this still out", "data-key": `x${still.id}`,
      onclick: () => attempt(() => post(filmPath(film.name, "/edit"), { do: "remove still", still: still.id })) }, icon("trash", true)));
}

function dropPlace() {
  return h("div", { class: "still-drop" }, h("span", {}, "Drop a color still or photograph here"),
    h("div", { class: "row" },
      h("button", { class: "secondary", "data-key": "choose", onclick: () => hooks.choose() }, "Choose a file"),
      h("button", { class: state.film.stills.length ? "secondary" : "primary", "data-key": "paint", disabled: Boolean(state.painting), title: "Paint the frame that is shown (s)", onclick: () => hooks.paint(state.frame) }, "Paint this frame")));
}

function nextCards(film, looking) {
  const made = [h("h2", {}, "What to color next", looking ? null : h("small", {}, film.suggestions.length ? "by what each adds" : ""))];
  if (film.suggesting || (looking && /film|cuts|frame/i.test(looking.what))) {
    const share = looking?.total ? ` ${Math.round(100 * looking.done / looking.total)} %` : "";
    made.push(h("p", { class: "hint" }, (looking?.what || "Looking for frames worth painting") + share + " …"));
  }
  if (!film.suggestions.length && !film.suggesting) made.push(h("p", { class: "hint" }, film.stills.length ? "Another still would bring little." : "No suggestion yet."));
  for (const each of film.suggestions) {
    if (each.frame >= frames() || film.stills.some((still) => still.frame === each.frame)) continue;
    made.push(h("article", { class: each.frame === state.frame ? "card current" : "card" },
      h("button", { class: "thumb-button", "aria-label": `Go to frame ${each.frame}`, "data-key": `n${each.frame}`, onclick: () => goTo(each.frame) },
        h("img", { class: "thumb", alt: "", loading: "lazy", src: filmPath(film.name, `/thumb/${each.frame}`) })),
      h("div", {},
        h("strong", {}, `Frame ${each.frame}`),
        h("div", { class: "gain", role: "img", "aria-label": `adds ${Math.round(100 * each.gain)} percent of the film` }, h("i", { style: { width: `${Math.max(2, Math.round(100 * each.gain))}%` } })),
        h("small", {}, `adds ${each.gain < 0.01 ? "under 1" : Math.round(100 * each.gain)} % of the film`),
        h("div", { class: "row" },
          h("button", { class: "link", "data-key": `p${each.frame}`, onclick: () => { goTo(each.frame); hooks.paint(each.frame); } }, "Paint it"),
          h("a", { class: "save", "data-key": `s${each.frame}`, title: "Save the frame, paint it in another program, and drop it here", download: `ref_${String(each.frame).padStart(6, "0")}.png`, href: filmPath(film.name, `/frame/${each.frame}/png`) }, "Save as PNG")))));
  }
  return made;
}
draws(renderSide);
