// The form that records an evaluation: rows to add, names to find, samples of any size.

import { Combobox } from "./combobox.js";
import { get } from "./http.js";
import { text } from "./texts.js";
import { sendSurely } from "./upload_sending.js";

const REST = 150;
const form = document.getElementById("new-evaluation");

for (const rows of form.querySelectorAll("[data-rows]")) {
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const all = [...rows.querySelectorAll(".row:not(.heads)")];
    if (button.matches("[data-add-row]")) add(all);
    else if (button.matches("[data-remove-row]")) remove(button.closest(".row"), all);
  });
}

function add(rows) {
  const row = rows.at(-1).cloneNode(true);
  for (const each of row.querySelectorAll("[aria-label]")) {
    const label = each.getAttribute("aria-label");
    each.setAttribute("aria-label", label.replace(/\d+(?=\D*$)/, String(rows.length + 1)));
  }
  clear(row);
  rows.at(-1).after(row);
  row.querySelector("input").focus();
}

function remove(row, rows) {
  if (rows.length === 1) {
    clear(row);
    return;
  }
  const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
  row.remove();
  next.querySelector("input").focus();
}

function clear(row) {
  for (const input of row.querySelectorAll("input")) input.value = "";
}

for (const input of form.querySelectorAll("[data-names]")) {
  let waiting = null;
  new Combobox(input, async (value, caret) => {
    clearTimeout(waiting);
    await new Promise((done) => {
      waiting = setTimeout(done, REST);
    });
    const query = new URLSearchParams({ type: input.dataset.names, q: value.slice(0, caret) });
    try {
      return { from: 0, options: (await get(`/evaluations/names?${query}`)).filter((each) => each !== value) };
    } catch {
      return { from: 0, options: [] };
    }
  });
}

// Samples go ahead of the form, since they may be larger than a form can be.
form.addEventListener("submit", (event) => {
  const field = form.elements.samples;
  if (!field.files.length) return;
  event.preventDefault();
  void sendSamples(field);
});

async function sendSamples(field) {
  const [file] = field.files;
  const progress = form.querySelector("[data-progress]");
  const problem = form.querySelector("[data-problem]");
  problem.hidden = true;
  setBusy(true);
  try {
    const sent = await sendSurely("POST", "/apis/v1/evaluations/samples", file, {
      type: "application/octet-stream",
      progress: (bytes) => {
        progress.textContent = text("sending-samples", { part: Math.floor((100 * bytes) / Math.max(file.size, 1)) });
      },
      signal: new AbortController().signal,
    });
    form.elements.samples_id.value = sent.samplesId;
    field.value = "";
    setBusy(false);
    form.requestSubmit();
  } catch (error) {
    setBusy(false);
    progress.textContent = "";
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

function setBusy(busy) {
  form.querySelector("button.primary").disabled = busy;
}
