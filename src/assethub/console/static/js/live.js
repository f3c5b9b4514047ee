// Follows what others change. A part of the page with `data-live` and an id gets its new content
// from the page itself, asked for again; where somebody is at work in it, a button offers that.

import { text } from "./texts.js";

const SETTLE = 200;
// All who look at the same do not ask for it in the same moment, nor in each.
const SPREAD = 300;
const REST = 2000;
const FIRST_WAIT = 5000;
const LONGEST_WAIT = 300000;
const MOST_FAILURES = 12;

let source = null;
let since = document.querySelector('meta[name="live"]')?.content ?? "";
let failures = 0;
let timer = null;
let settling = null;
let asking = null;
let looked = -REST;

function parts() {
  return [...document.querySelectorAll("[data-live][id]")];
}

function listen() {
  const shown = parts();
  if (source || !shown.length || document.hidden || failures > MOST_FAILURES) return;
  const paths = new Set(shown.map((part) => part.dataset.live));
  const query = new URLSearchParams({ since });
  if (paths.size === 1) query.set("about", [...paths][0]);
  source = new EventSource(`/live?${query}`);
  source.addEventListener("open", () => {
    failures = 0;
  });
  source.addEventListener("change", (event) => {
    since = event.lastEventId;
    clearTimeout(settling);
    const rest = Math.max(0, looked + REST - performance.now());
    settling = setTimeout(() => void look(), rest + SETTLE + SPREAD * Math.random());
  });
  source.addEventListener("error", () => {
    // A lost connection the browser makes anew by itself; after a refusal it does not.
    if (source?.readyState !== EventSource.CLOSED) return;
    leave();
    failures += 1;
    timer = setTimeout(listen, Math.min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT));
  });
}

function leave() {
  source?.close();
  source = null;
  clearTimeout(timer);
}

async function look() {
  looked = performance.now();
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  try {
    const headers = { Accept: "text/html" };
    const response = await fetch(location.href, { headers, signal: mine.signal, redirect: "error" });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const old of parts()) {
      const fresh = page.getElementById(old.id);
      if (fresh && differs(old, fresh)) offer(old, fresh);
    }
  } catch {
    // Gone meanwhile, or overtaken by a later look: the next change brings all.
  }
}

// What a look at the clock or a press on a box changes makes no difference.
function differs(old, fresh) {
  return plain(old) !== plain(fresh);
}

function plain(part) {
  const copy = part.cloneNode(true);
  for (const each of copy.querySelectorAll("[data-live-more]")) each.remove();
  for (const each of copy.querySelectorAll("time")) each.textContent = "";
  for (const each of copy.querySelectorAll('input[name="form_token"]')) each.remove();
  for (const each of copy.querySelectorAll("details[open], dialog[open]")) each.removeAttribute("open");
  for (const each of copy.querySelectorAll("[data-set-by-script], [data-needs-name]")) each.removeAttribute("disabled");
  return copy.innerHTML;
}

function offer(old, fresh) {
  const script = old.dataset.liveOffers !== undefined;
  if (!script && !isInUse(old)) {
    swap(old, fresh);
    return;
  }
  old.querySelector("[data-live-more]")?.remove();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "live-more";
  button.dataset.liveMore = "";
  button.textContent = text("live-more");
  button.addEventListener("click", () => (script ? location.reload() : swap(old, fresh)));
  old.prepend(button);
  say(text("live-news"));
}

// Whether somebody types, has chosen, opened or marked something there.
function isInUse(part) {
  const active = document.activeElement;
  if (active && active !== part && part.contains(active) && active.matches("input, select, textarea")) return true;
  if (part.querySelector("details[open].menu, dialog[open]")) return true;
  for (const field of part.querySelectorAll("input, textarea, select")) {
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked !== field.defaultChecked) return true;
    } else if (field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue) return true;
  }
  const marked = getSelection();
  return Boolean(marked && !marked.isCollapsed && part.contains(marked.anchorNode));
}

function swap(old, fresh) {
  const focus = describeFocus(old);
  const scrolled = [...old.querySelectorAll(".scroll")].map((each) => [each.scrollLeft, each.scrollTop]);
  const opened = new Set([...old.querySelectorAll("details[open][id]")].map((each) => each.id));
  const added = document.adoptNode(fresh);
  old.replaceWith(added);
  added.classList.add("live-changed");
  [...added.querySelectorAll(".scroll")].forEach((each, index) => {
    [each.scrollLeft, each.scrollTop] = scrolled[index] ?? [0, 0];
  });
  for (const each of added.querySelectorAll("details[id]")) if (opened.has(each.id)) each.open = true;
  for (const each of added.querySelectorAll("[data-confirms]")) each.dispatchEvent(new Event("input", { bubbles: true }));
  restoreFocus(added, focus);
  say(text("live-done"));
  document.dispatchEvent(new CustomEvent("live", { detail: added }));
}

function describeFocus(part) {
  const active = document.activeElement;
  if (!active || !part.contains(active)) return null;
  return { id: active.id, href: active.getAttribute("href"), name: active.getAttribute("name"), value: active.value };
}

function restoreFocus(part, focus) {
  if (!focus) return;
  const all = [...part.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")];
  const same = (each) =>
    (focus.id && each.id === focus.id) ||
    (focus.href && each.getAttribute("href") === focus.href) ||
    (focus.name && each.getAttribute("name") === focus.name && each.value === focus.value);
  const found = all.find(same) ?? part;
  if (found === part && !part.hasAttribute("tabindex")) part.tabIndex = -1;
  found.focus({ preventScroll: true });
}

function say(message) {
  const place = document.getElementById("live-said");
  if (place) place.textContent = message;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) leave();
  else listen();
});
addEventListener("pagehide", leave);
addEventListener("pageshow", listen);
listen();
