// Calls to the program on this machine. Addresses are relative, so the page works below any path.
import { toast } from "./dom.js";

export const filmPath = (name, rest = "") => `api/films/${encodeURIComponent(name)}${rest}`;

async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response;
  let words = `The program refused this (${response.status}).`;
  try { words = (await response.json()).error || words; } catch { if (response.status === 401) words = "Open the address that “kinemacolor web” printed: it has the key."; }
  throw new Error(words);
}

export async function get(path) {
  return (await answer(await fetch(path, { credentials: "same-origin" }))).json();
}

export async function post(path, content = {}) {
  const response = await fetch(path, {
    method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify(content),
  });
  return (await answer(response)).json();
}

export async function send(path, body) {
  return answer(await fetch(path, { method: "POST", credentials: "same-origin", body }));
}

// A large upload, with its progress.
export function upload(path, file, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.upload.onprogress = (event) => progress(event.loaded, event.total);
    request.onload = () => {
      let content = {};
      try { content = JSON.parse(request.responseText); } catch { /* no words */ }
      if (request.status < 300) done(content);
      else failed(new Error(content.error || "The film was not taken in."));
    };
    request.onerror = () => failed(new Error("The film did not come in. Is the program still running?"));
    request.send(file);
  });
}

export async function attempt(action) {
  try { return await action(); } catch (error) {
    toast(error instanceof TypeError ? "The program does not answer. Start it again: kinemacolor web." : error.message, true);
    return undefined;
  }
}
