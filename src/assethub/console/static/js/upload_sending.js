// Bytes on their way to the hub: with progress, tried again until they are there.

import { Refusal } from "./http.js";
import { text } from "./texts.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
const MOST_TRIES = 60;

// Sends a body; resolves to the JSON of the answer. `progress` gets the bytes sent of this try.
function sendOnce(method, url, body, { type, progress, signal, key }) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelled());
      return;
    }
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Form-Token", document.querySelector('meta[name="form-token"]').content);
    if (type) request.setRequestHeader("Content-Type", type);
    if (key) request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => progress?.(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(parse(request.responseText));
      else reject(refusal(request));
    };
    request.onerror = () => reject(new Refusal(0, "unreachable", text("unreachable"), null));
    request.onabort = () => reject(cancelled());
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.send(body);
  });
}

// The same, tried again while the connection or the hub is away; `waiting` is told when that is so.
export async function sendSurely(method, url, body, options) {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await sendOnce(method, url, body, options);
      options.waiting?.(false);
      return answer;
    } catch (error) {
      options.progress?.(0);
      if (!mayPass(error) || tries === MOST_TRIES) throw error;
      // A file that has changed since it was chosen cannot be sent, which looks like a lost network.
      if (body instanceof Blob) await body.slice(0, 1).arrayBuffer();
      options.waiting?.(true);
      await rest(Math.min(FIRST_WAIT * 2 ** tries, LONGEST_WAIT), options.signal);
    }
  }
}

function mayPass(error) {
  const cutOff = error.code === "upload_cut_off";
  return error instanceof Refusal && (cutOff || [0, 408, 429, 502, 503, 504].includes(error.status));
}

// Waits, but no longer than until the browser says that the network is back.
function rest(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(cancelled());
      else resolve();
    }
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}

// Under which the hub knows a change that is asked for again.
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function cancelled() {
  return new DOMException("cancelled", "AbortError");
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

function refusal(request) {
  const body = parse(request.responseText);
  const message = body.detail ?? body.title ?? text("failed");
  return new Refusal(request.status, body.code ?? "", message, body);
}
