// Elements from words. Text is always text: names of files come from anywhere and are never markup.
export const $ = (id) => document.getElementById(id);

export function h(tag, about = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [k, v] of Object.entries(value)) made.style.setProperty(k, v);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.flat().filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

export function icon(name, small = false) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", small ? "icon small" : "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function toast(words, bad = false) {
  const made = h("div", { class: bad ? "toast bad" : "toast", role: bad ? "alert" : "status" },
    bad ? icon("warn") : null, h("span", {}, words),
    h("button", { "aria-label": "Close", onclick: () => made.remove() }, icon("close", true)));
  const shown = $("toasts");
  for (const old of [...shown.children].slice(0, -2)) old.remove();
  shown.append(made);
  setTimeout(() => made.remove(), bad ? 14000 : 5000);
}

export function clock(seconds) {
  const s = Math.max(0, seconds);
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  const rest = (s % 60).toFixed(2).padStart(5, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two((s / 60) % 60)}:${rest}` : `${two(s / 60)}:${rest}`;
}

export function about(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 50) return `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  if (seconds < 5400) return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

export function bytes(count) {
  if (count < 1024) return `${count} bytes`;
  for (const [unit, size] of [["GB", 2 ** 30], ["MB", 2 ** 20], ["kB", 2 ** 10]]) {
    if (count >= size) return `${(count / size).toFixed(count / size < 10 ? 1 : 0)} ${unit}`;
  }
  return "";
}
