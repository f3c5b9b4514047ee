// Completes the filter of a table of evaluations.

import { Combobox } from "./combobox.js";
import { complete } from "./query_words.js";

for (const place of document.querySelectorAll("[data-complete]")) {
  const words = JSON.parse(place.dataset.complete);
  new Combobox(place.querySelector("input"), (text, caret) => complete(words, text, caret));
}
