// What every page does beyond plain HTML: copying, dialogs, menus, shortcuts.
// Texts for people are never written here: they stand in the page, in its language.

import { announce } from "./messages.js";
import { text } from "./texts.js";

document.documentElement.classList.add("js");

document.addEventListener("click", (event) => {
  const element = event.target instanceof Element ? event.target : null;
  const copier = element?.closest("[data-copy], [data-copy-from]");
  if (copier) void copy(copier);
  const opener = element?.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    show(document.getElementById(opener.dataset.dialog));
  }
  if (element?.closest("[data-close]")) {
    event.preventDefault();
    element.closest("dialog")?.close();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(element)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.getElementById("search")?.focus();
  }
});

// A button that ends something opens only when its name is typed; the server asks again.
document.addEventListener("input", (event) => {
  const name = event.target.dataset?.confirms;
  if (name === undefined) return;
  event.target.form.querySelector("[data-needs-name]").disabled = event.target.value !== name;
});
for (const field of document.querySelectorAll("[data-confirms]")) {
  field.form.querySelector("[data-needs-name]").disabled = field.value !== field.dataset.confirms;
}

// A choice that takes effect at once, where a form without script has a button.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
});

// A second press must not send a form twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "get") return;
  // Not by `dataset`: a form's field of that name would stand before it.
  if (event.target.hasAttribute("data-sent")) event.preventDefault();
  event.target.setAttribute("data-sent", "yes");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) form.removeAttribute("data-sent");
});

// Where the tabs scroll, on phones, the current one has to be in sight.
for (const tab of document.querySelectorAll(":is(.tabs, .admin > .side) [aria-current]")) {
  const [own, whole] = [tab, tab.parentElement].map((each) => each.getBoundingClientRect());
  tab.parentElement.scrollLeft += own.left + own.width / 2 - whole.left - whole.width / 2;
}

// Without script a dialog with a problem is the page's target; with it, it opens as it should.
show(document.querySelector("dialog[data-open]"));

// Not by `autofocus`: browsers look for it in dialogs that are closed, too, and complain.
function show(dialog) {
  dialog?.showModal();
  dialog?.querySelector("[data-first]")?.focus();
}

async function copy(button) {
  const source = button.dataset.copyFrom;
  const value = source ? document.querySelector(source).textContent : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    // Browsers give the clipboard to https and to loopback only.
    const area = document.createElement("textarea");
    area.value = value;
    (button.closest("dialog") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  announce(text("copied"));
}
