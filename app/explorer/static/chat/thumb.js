// A thumb, up or down, drawn: not every system has a letter for it.

import { at } from "../element.js";

export function thumb(isDown) {
  const drawing = at("thumb").content.firstElementChild.cloneNode(true);
  if (isDown) drawing.firstElementChild.setAttribute("transform", "rotate(180 12 12)");
  return drawing;
}
