// Rows that are chosen to be compared: how many, and whether these can be.

import { text } from "./texts.js";

const FEWEST = 2;
const MOST = 8;

function update() {
  const boxes = [...document.querySelectorAll('input[form="choose"][name="e"]')];
  const count = boxes.filter((box) => box.checked).length;
  for (const button of document.querySelectorAll("[data-needs-chosen]")) button.disabled = count < FEWEST || count > MOST;
  for (const box of boxes) box.disabled = !box.checked && count >= MOST;
  for (const place of document.querySelectorAll("[data-chosen-count]")) place.textContent = count ? text("chosen-rows", { count }) : "";
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.('input[form="choose"]')) update();
});
document.addEventListener("live", update);
addEventListener("pageshow", update);
update();
