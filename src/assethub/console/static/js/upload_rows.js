// The list of chosen files, and how far each and all of them are.

import { text } from "./texts.js";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export class Rows {
  constructor(form, removed) {
    this.area = form.querySelector("[data-files]");
    this.body = this.area.querySelector("tbody");
    this.bar = this.area.querySelector(".total progress");
    this.total = this.area.querySelector("[data-total]");
    this.removed = removed;
    this.rows = new Map();
    this.place = "";
    this.waiting = this.waiting.bind(this);
  }

  add(path, file) {
    this.rows.get(path)?.row.remove();
    const row = this.body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = path;
    row.append(head);
    const size = row.insertCell();
    size.className = "number";
    size.textContent = showSize(file.size);
    const state = row.insertCell();
    state.className = "state-cell";
    state.textContent = text("waiting");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "quiet icon-only small";
    remove.textContent = "×";
    remove.setAttribute("aria-label", text("remove", { name: path }));
    remove.addEventListener("click", () => this.remove(path));
    row.insertCell().append(remove);
    this.rows.set(path, { row, state, remove, size: file.size, sent: 0 });
    this.area.hidden = false;
    this.count();
  }

  remove(path) {
    this.rows.get(path).row.remove();
    this.rows.delete(path);
    this.removed(path);
    this.area.hidden = this.rows.size === 0;
    this.count();
  }

  setBusy(busy) {
    for (const each of this.rows.values()) each.remove.disabled = busy;
  }

  // Of a path in the branch, that of the list.
  find(path) {
    return this.rows.get(this.place ? path.slice(this.place.length + 1) : path);
  }

  sent(path, bytes) {
    const found = this.find(path);
    found.sent = bytes;
    const part = found.size ? Math.floor((100 * bytes) / found.size) : 100;
    found.state.textContent = `${text("sending")} ${part} %`;
    this.count();
  }

  there(path) {
    const { state } = this.find(path);
    state.textContent = text("there");
    state.classList.add("there");
  }

  waiting(is) {
    this.isWaiting = is;
    this.count();
  }

  count() {
    let sent = 0;
    let whole = 0;
    for (const each of this.rows.values()) {
      sent += each.sent;
      whole += each.size;
    }
    this.bar.value = whole ? sent / whole : 0;
    const told = text("total", { done: showSize(sent), whole: showSize(whole) });
    this.say(this.isWaiting ? `${told} · ${text("retrying")}` : told);
  }

  say(message) {
    this.total.textContent = message;
  }
}

function showSize(bytes) {
  let shown = bytes;
  let power = 0;
  while (shown >= 999.5 && power < UNITS.length - 1) {
    shown /= 1000;
    power += 1;
  }
  const digits = power && shown < 99.95 ? 1 : 0;
  const number = shown.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits });
  return `${number} ${UNITS[power]}`;
}
