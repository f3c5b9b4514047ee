// The editor of a gate: numbered lines, and what the rules would say, a moment after each change.

import { complain } from "./messages.js";
import { text } from "./texts.js";

const WAIT_MILLISECONDS = 400;
const form = document.getElementById("gate-form");
const rules = document.getElementById("rules");
const place = document.getElementById("attempt");
let waiting;
let asked = 0;

if (rules && rules.tagName === "TEXTAREA") {
  const numbers = document.querySelector(".line-numbers");

  const number = () => {
    const wrong = Number(place.querySelector("[data-line]")?.dataset.line ?? 0);
    const lines = rules.value.split("\n").map((_, at) => {
      const line = document.createElement("span");
      line.textContent = `${at + 1}\n`;
      if (at + 1 === wrong) line.className = "wrong";
      return line;
    });
    numbers.replaceChildren(...lines);
    numbers.scrollTop = rules.scrollTop;
    if (wrong) rules.setAttribute("aria-invalid", "true");
    else rules.removeAttribute("aria-invalid");
  };

  const attempt = async () => {
    if (!rules.value.trim()) return;
    const turn = ++asked;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("part", "attempt");
    let answer;
    try {
      answer = await fetch(form.getAttribute("data-try"), { method: "POST", body: fields });
    } catch {
      complain(text("unreachable"));
      return;
    }
    // An older question may be answered after a newer one.
    if (turn !== asked) return;
    if (!answer.ok) {
      complain(text("failed"));
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== asked) return;
    place.replaceChildren(...page.body.childNodes);
    number();
  };

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(attempt, WAIT_MILLISECONDS);
  };

  rules.addEventListener("input", () => {
    number();
    soon();
  });
  rules.addEventListener("scroll", () => {
    numbers.scrollTop = rules.scrollTop;
  });
  document.getElementById("source").addEventListener("change", soon);
  number();
}
