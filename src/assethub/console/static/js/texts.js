// The texts that scripts say, in the page's language: `<template id="texts" data-copied="…">`.

const all = document.getElementById("texts");

// The text of a name, with `{place}` replaced by what `values` holds for it.
export function text(name, values = {}) {
  const own = document.querySelector(`[data-text-${name}]`);
  const found = own?.getAttribute(`data-text-${name}`) ?? all?.getAttribute(`data-${name}`) ?? name;
  return found.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}
