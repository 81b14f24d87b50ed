// Text in colours: lines of tokens, with marks under what is wrong.

import { element } from "../element.js";

/** Fill `place` with `text` as lines, each token in its own colour, marks under the `problems`. */
export function paint(place, text, tokens, problems = []) {
  const lines = [element("div", { class: "line" })];
  const put = (piece, names) => {
    piece.split("\n").forEach((part, index) => {
      if (index) lines.push(element("div", { class: "line" }));
      if (part) lines.at(-1).append(names ? element("span", { class: names }, part) : part);
    });
  };
  let at = 0;
  for (const token of tokens) {
    put(text.slice(at, token.start), "");
    put(text.slice(token.start, token.end), classes(token, problems));
    at = token.end;
  }
  put(text.slice(at), "");
  place.replaceChildren(...lines);
}

function classes({ kind, role, start, end }, problems) {
  const isWrong = problems.some((problem) => problem.start < end && start < problem.end);
  return `${role ?? kind}${isWrong ? " wrong" : ""}`;
}

/** The offset at which a line, counted from 1, and a column begin. */
export function offsetOf(text, line, column) {
  const before = text.split("\n").slice(0, line - 1);
  return before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
}

/** Line and column of an offset, counted from 1. */
export function lineOf(text, offset) {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1).length + 1 };
}

/** Where a line and a column are on the screen. */
export function placeOnScreen(painted, { line, column }) {
  const range = document.createRange();
  const row = painted.children[line - 1] ?? painted;
  range.selectNodeContents(row);
  let left = column - 1;
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left <= node.length) {
      range.setStart(node, left);
      break;
    }
    left -= node.length;
  }
  range.collapse(true);
  const found = range.getBoundingClientRect();
  return found.height ? found : row.getBoundingClientRect();
}
