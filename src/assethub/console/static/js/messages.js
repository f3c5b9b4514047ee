// Short messages at the edge of the page, read out by screen readers.

const SHOWN_MILLISECONDS = 6000;

// Says that something is done.
export function announce(message) {
  show(message, "");
}

// Says that something did not work; stays until it is closed.
export function complain(message) {
  show(message, "bad");
}

function show(message, kind) {
  const place = document.getElementById("toasts");
  const toast = document.createElement("div");
  toast.className = `toast ${kind}`;
  toast.textContent = message;
  if (kind === "bad") {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "quiet small";
    close.textContent = "×";
    close.setAttribute("aria-label", place.dataset.close);
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
  } else {
    setTimeout(() => toast.remove(), SHOWN_MILLISECONDS);
  }
  place.append(toast);
}
