// What may come next in a filter: fields, operators, values. The language is that of the hub's
// searches; whether a filter is right, only the hub says.

const TOKEN = /\s+|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[()]|,|[=<>!~]+|[^\s()"',=<>!~]+/g;
const MOST = 40;

// The words before the caret, and the one at it: `{before, from, typed}`.
function read(text, caret) {
  const tokens = [...text.slice(0, caret).matchAll(TOKEN)];
  const last = tokens.at(-1);
  const open = last && !/^(\s+|[(),])$/.test(last[0]);
  const typed = open ? last[0] : "";
  const words = (open ? tokens.slice(0, -1) : tokens).map((token) => token[0]).filter((token) => token.trim());
  return { words, typed, from: caret - typed.length };
}

// After which word what is expected: a field, an operator, a value, or how it goes on.
function expected(words) {
  let state = "field";
  let field = "";
  let listed = false;
  for (const word of words) {
    const small = word.toLowerCase();
    if (state === "field") {
      if (small === "not" || word === "(") continue;
      field = word;
      state = "operator";
    } else if (state === "operator") {
      if (small === "exists") state = "joint";
      else if (small !== "not") {
        listed = small === "in";
        state = "value";
      }
    } else if (state === "value") {
      if (word === "(") continue;
      state = listed ? "listed" : "joint";
    } else if (state === "listed") {
      if (word === ",") state = "value";
      else if (word === ")") state = "joint";
    } else if (small === "and" || small === "or") state = "field";
    else if (small === "ago" || word === ")") continue;
  }
  return { state, field };
}

function offers(words, { state, field }) {
  if (state === "field") return [...words.metrics, ...words.params, ...words.fields, "not", "("];
  if (state === "operator") return words.operators;
  if (state === "value") {
    if (field === "created") return words.times;
    return (words.values[field] ?? []).map((value) => (/^[\w./-]+$/.test(value) ? value : JSON.stringify(value)));
  }
  return state === "joint" ? words.joints : [", ", ")"];
}

// What may stand at the caret: `{from, options}`, those that begin as typed before those that hold it.
export function complete(words, text, caret) {
  const { words: before, typed, from } = read(text, caret);
  const all = [...new Set(offers(words, expected(before)))];
  const small = typed.toLowerCase().replace(/^["']/, "");
  const matching = all.filter((each) => each.toLowerCase().includes(small) && each !== typed);
  matching.sort((a, b) => begins(b, small) - begins(a, small));
  return { from, options: matching.slice(0, MOST) };
}

function begins(option, typed) {
  return Number(option.toLowerCase().replace(/^["']/, "").startsWith(typed));
}
