// The list of completions below the caret.

import { element, prose } from "../element.js";

let count = 0;

/** A list in `host` for the text field `field`; `onChoose` gets the item that is chosen. */
export class Popup {
  constructor(host, field, onChoose) {
    count += 1;
    this._list = element("ul", { role: "listbox", id: `completions-${count}` });
    this._about = element("p", { class: "about" });
    this._box = element("div", { class: "popup", hidden: true }, this._list, this._about);
    this._field = field;
    this._onChoose = onChoose;
    this._items = [];
    host.append(this._box);
    field.setAttribute("aria-controls", this._list.id);
    // The field keeps the focus.
    this._box.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get isOpen() {
    return !this._box.hidden;
  }

  /** Show items at a place on the screen, within the window. */
  show(items, place) {
    this._items = items;
    this._list.replaceChildren(...items.map((item, index) => this._row(item, index)));
    this._box.hidden = false;
    const { width, height } = this._box.getBoundingClientRect();
    const isBelow = place.bottom + height < innerHeight || place.top < height;
    this._box.style.left = `${Math.max(4, Math.min(place.left, innerWidth - width - 4))}px`;
    this._box.style.top = `${isBelow ? place.bottom + 2 : place.top - height - 2}px`;
    this._choose(0);
  }

  hide() {
    this._box.hidden = true;
    this._field.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was one of the list's. */
  key(key) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (key in steps) this._choose(this._at + steps[key]);
    else if (key === "Enter" || key === "Tab") this._onChoose(this._items[this._at]);
    else if (key === "Escape") this.hide();
    else return false;
    return true;
  }

  _row(item, index) {
    const onclick = () => this._onChoose(item);
    const properties = { role: "option", id: `${this._list.id}-${index}`, onclick };
    const name = element("span", { class: item.isDeprecated ? "deprecated" : "" }, item.label);
    return element("li", properties, name, element("small", {}, item.detail));
  }

  _choose(index) {
    this._at = (index + this._items.length) % this._items.length;
    [...this._list.children].forEach((row, at) =>
      row.setAttribute("aria-selected", String(at === this._at)));
    const chosen = this._list.children[this._at];
    chosen.scrollIntoView({ block: "nearest" });
    this._field.setAttribute("aria-activedescendant", chosen.id);
    this._about.replaceChildren(...prose(this._items[this._at].description));
  }
}
