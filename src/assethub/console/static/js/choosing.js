// Choosing many rows of a list at once, and saying how many are chosen.

import { text } from "./texts.js";

const form = document.getElementById("chosen-files");
const all = form?.querySelector("[data-choose-all]");
const boxes = [...(form?.querySelectorAll('input[name="chosen"]') ?? [])];
const opener = form?.querySelector('[data-dialog="delete-dialog"]');
const count = form?.querySelector("[data-chosen-count]");

function update() {
  const chosen = boxes.filter((box) => box.checked).length;
  all.checked = chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
  opener.hidden = chosen === 0;
  count.textContent = chosen ? text("chosen", { count: chosen }) : "";
  form.querySelector(".chosen-bar").hidden = chosen === 0;
}

if (form && all) {
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  form.addEventListener("change", update);
  addEventListener("pageshow", update);
  update();
}
