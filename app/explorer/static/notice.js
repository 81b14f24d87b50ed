// A line that is shown for a moment, and read aloud.

import { at } from "./element.js";

let timer = 0;

export function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { at("notice").hidden = true; }, 5_000);
}
