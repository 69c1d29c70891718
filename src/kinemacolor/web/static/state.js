// What the page shows, and who draws it anew.
export const state = {
  films: [], limits: null, sample: false, name: null, film: null, frame: 0,
  tool: "hand", ink: "#b4532a", inks: [], divider: 0.5, veil: false, gray: false, playing: false, follow: false,
  live: null, look: null, painting: null, brush: 14, uploading: null, gone: false, keptHours: null,
};

const drawers = new Set();
let asked = false;
export function draws(drawer) { drawers.add(drawer); }
export function changed() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; for (const drawer of drawers) drawer(); });
}

export const frames = () => state.film?.facts?.frames || 0;
export const isReady = () => Boolean(state.film && state.film.shots && state.film.shots.length);

export function shotAt(frame) {
  const shots = state.film?.shots || [];
  let low = 0, high = shots.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (frame < shots[middle].start) high = middle - 1;
    else if (frame >= shots[middle].stop) low = middle + 1;
    else return { ...shots[middle], number: middle };
  }
  return null;
}

export const runningWork = () => (state.film?.works || []).find((work) => work.state === "running" || work.state === "queued") || null;

export function goTo(frame, keepFollowing = false) {
  const last = Math.max(0, frames() - 1);
  const next = Math.max(0, Math.min(last, Math.round(frame)));
  if (!keepFollowing) state.follow = false;
  if (next !== state.frame) state.frame = next;
  changed();
}
