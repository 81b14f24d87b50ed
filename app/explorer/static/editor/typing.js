// What keys do beyond inserting themselves: indents and pairs of brackets. Decisions only.

const PAIRS = { "{": "}", "(": ")", "[": "]" };
const CLOSING = new Set(Object.values(PAIRS));

/**
 * What to do for `key` with `text` before and after the caret: null for nothing special, or
 * `{insert, back, skip, erase}`: text, how far the caret then moves back, characters to pass over,
 * characters to erase on both sides.
 */
export function typed(key, before, after, selected) {
  if (key === "Enter") return newLine(before, after);
  if (key in PAIRS && /^([\s)\]}]|$)/.test(after)) return { insert: key + PAIRS[key], back: 1 };
  if (CLOSING.has(key) && after.startsWith(key) && !selected) return { skip: 1 };
  const isBetween = PAIRS[before.at(-1)] !== undefined && after.startsWith(PAIRS[before.at(-1)]);
  if (key === "Backspace" && isBetween && !selected) return { erase: 1 };
  return null;
}

function newLine(before, after) {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const indent = /^ */.exec(line)[0];
  const isOpen = /[{([]\s*$/.test(line);
  const closes = isOpen && /^[ ]*[})\]]/.test(after);
  const next = `\n${indent}${isOpen ? "  " : ""}`;
  const rest = closes ? `\n${indent}` : "";
  return { insert: next + rest, back: rest.length };
}
