// A field with a list of what may be put into it. `suggest(text, caret)` gives, perhaps later,
// `{from, options}`: options are texts that replace what stands from there to the caret.

let count = 0;

export class Combobox {
  constructor(input, suggest) {
    this.input = input;
    this.suggest = suggest;
    this.active = -1;
    this.turn = 0;
    this.list = document.createElement("ul");
    this.list.className = "options";
    this.list.id = `options-${(count += 1)}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.labels[0]?.textContent.trim() ?? "");
    this.list.hidden = true;
    input.after(this.list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    input.addEventListener("input", () => void this.update());
    input.addEventListener("click", () => void this.update());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("blur", () => this.close());
    // The field keeps the focus while an option is pressed.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  async update() {
    const turn = (this.turn += 1);
    const { from, options } = await this.suggest(this.input.value, this.input.selectionStart);
    if (turn !== this.turn || document.activeElement !== this.input) return;
    this.from = from;
    this.options = options;
    this.list.replaceChildren(...options.map((text, place) => this.draw(text, place)));
    this.list.hidden = options.length === 0;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.choose(-1);
  }

  draw(text, place) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.textContent = text;
    return option;
  }

  choose(place) {
    this.active = place;
    [...this.list.children].forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === place));
      if (index === place) option.scrollIntoView({ block: "nearest" });
    });
    if (place < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `${this.list.id}-${place}`);
  }

  press(event) {
    if (event.isComposing) return;
    const size = this.list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) void this.update();
      else this.choose(event.key === "ArrowDown" ? (this.active + 1) % size : (Math.max(this.active, 0) - 1 + size) % size);
    } else if ((event.key === "Enter" || event.key === "Tab") && this.isOpen && this.active >= 0) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  take(place) {
    const taken = this.options[place];
    const rest = this.input.value.slice(this.input.selectionStart);
    // A name that goes on with a dot is not whole yet.
    const end = /[.(]$/.test(taken) || rest.startsWith(" ") ? "" : " ";
    const start = this.input.value.slice(0, this.from) + taken + (this.input.dataset.whole === undefined ? end : "");
    this.input.value = start + rest;
    this.input.setSelectionRange(start.length, start.length);
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    if (this.input.dataset.whole !== undefined) this.close();
  }

  close() {
    this.turn += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.choose(-1);
  }
}
