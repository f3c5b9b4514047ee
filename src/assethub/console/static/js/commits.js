// A button that waits for a reason: the field says by `data-fills` which one.

for (const field of document.querySelectorAll("[data-fills]")) {
  const button = document.getElementById(field.dataset.fills);
  const follow = () => {
    button.disabled = !field.value.trim();
  };
  field.addEventListener("input", follow);
  addEventListener("pageshow", follow);
  follow();
}
