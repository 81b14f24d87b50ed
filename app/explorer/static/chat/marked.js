// A text with ranges of it marked. Offsets are UTF-16 code units, as those of JavaScript.

import { element } from "../element.js";

export function marked(text, highlights) {
  const parts = [];
  let at = 0;
  for (const { start, end } of highlights) {
    parts.push(text.slice(at, start), element("mark", {}, text.slice(start, end)));
    at = end;
  }
  return [...parts, text.slice(at)];
}
