"""Pages in a real browser. A package, so that the browser can end with it."""
