// A thumb, up or down, drawn: not every system has a letter for it.

const SVG = "http://www.w3.org/2000/svg";
const UP = "M7 11v9H3v-9zl4-8a2 2 0 0 1 2.9 2.3L13 9h6a2 2 0 0 1 2 2.3l-1.2 7a2 2 0 0 1-2 1.7H7z";

export function thumb(isDown) {
  const drawing = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", UP);
  if (isDown) path.setAttribute("transform", "rotate(180 12 12)");
  drawing.append(path);
  return drawing;
}
