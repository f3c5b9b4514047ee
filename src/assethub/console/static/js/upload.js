// The form that brings files: choose or drop them, send them, commit them as one.

import { Refusal, send } from "./http.js";
import { readDrop, readInput } from "./upload_choice.js";
import { Memory } from "./upload_memory.js";
import { Rows } from "./upload_rows.js";
import { Transfer } from "./upload_transfer.js";
import { text } from "./texts.js";

for (const form of document.querySelectorAll("[data-upload]")) mount(form);

function mount(form) {
  const part = (name) => form.querySelector(`[data-${name}]`);
  const { asset, branch, done } = form.dataset;
  const memory = new Memory(asset, branch);
  const rows = new Rows(form, (path) => chosen.delete(path));
  const chosen = new Map();
  let reading = Promise.resolve();
  let running = null;
  let overwrite = false;

  if (memory.count) {
    part("message").textContent = text("unfinished", { count: memory.count });
    part("unfinished").hidden = false;
  }
  part("forget").addEventListener("click", () => void forget());
  for (const input of form.querySelectorAll("[data-choose]")) {
    input.addEventListener("change", () => {
      add(readInput(input));
      input.value = "";
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void start();
  });
  part("cancel").addEventListener("click", () => running?.abort());
  takeDrops(part("drop-here"), take);
  const page = document.querySelector(`[data-drop="${form.closest("dialog")?.id}"]`);
  if (page) {
    takeDrops(page, (dropped) => take(dropped).then(() => form.closest("dialog").showModal()));
  }
  addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });

  // A commit must not begin while folders that were dropped are read still.
  function take(dropped) {
    reading = Promise.all([reading, dropped.then(add, () => complain(text("unreadable")))]);
    return reading;
  }

  function add(files) {
    for (const each of files) {
      chosen.set(each.path, each.file);
      rows.add(each.path, each.file);
    }
    complain("");
  }

  async function start() {
    const message = form.elements.message.value.trim();
    await reading;
    if (running) return;
    if (!chosen.size || !message) {
      complain(text(chosen.size ? "nomessage" : "nofiles"));
      return;
    }
    complain("");
    running = new AbortController();
    setBusy(true);
    const transfer = new Transfer({ asset, branch, memory, tell: rows, signal: running.signal });
    try {
      const folder = form.elements.folder.value.trim().replace(/^\/+|\/+$/g, "");
      const files = [...chosen].map(([path, file]) => ({ path: folder ? `${folder}/${path}` : path, file }));
      rows.place = folder;
      await transfer.run(files);
      rows.say(text("committing"));
      await transfer.commit(message, overwrite);
      memory.forget();
      running = null;
      location.assign(done);
    } catch (error) {
      running = null;
      setBusy(false);
      rows.waiting(false);
      memory.save();
      if (error.name !== "AbortError") explain(error);
    }
  }

  function explain(error) {
    overwrite = error.code === "paths_changed";
    const known = { paths_changed: "overwrite", no_changes: "unchanged" };
    if (error.code === "gate_failed") complain(text("rules"), rulesOf(error.body));
    else if (error instanceof Refusal) complain(known[error.code] ? text(known[error.code]) : error.message);
    else complain(text("unreadable"));
  }

  function complain(message, list = []) {
    const place = part("problem");
    place.hidden = !message;
    place.textContent = message;
    if (!list.length) return;
    const lines = document.createElement("ul");
    for (const each of list) lines.append(Object.assign(document.createElement("li"), { textContent: each }));
    place.append(lines);
  }

  function setBusy(busy) {
    part("start").disabled = busy;
    part("cancel").hidden = !busy;
    for (const field of form.querySelectorAll("input")) field.disabled = busy;
    rows.setBusy(busy);
  }

  async function forget() {
    const operation = memory.operation;
    memory.forget();
    part("unfinished").hidden = true;
    if (operation) await send("DELETE", `/apis/v1/operation/${operation}`).catch(() => {});
  }
}

function rulesOf(body) {
  const failed = (body?.rules ?? []).filter((each) => !each.passed);
  return failed.map((each) => `${each.required}: ${each.reason}`);
}

function takeDrops(place, take) {
  const isOfFiles = (event) => event.dataTransfer?.types.includes("Files");
  place.addEventListener("dragover", (event) => {
    if (!isOfFiles(event)) return;
    event.preventDefault();
    place.classList.add("dragged");
  });
  place.addEventListener("dragleave", () => place.classList.remove("dragged"));
  place.addEventListener("drop", (event) => {
    if (!isOfFiles(event)) return;
    event.preventDefault();
    place.classList.remove("dragged");
    void take(readDrop(event.dataTransfer));
  });
}
