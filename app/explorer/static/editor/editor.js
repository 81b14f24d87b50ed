// A field for text in colours: a transparent <textarea> over the painted text, which has its size.

import { element } from "../element.js";
import { lineOf, paint, placeOnScreen } from "./painting.js";
import { Popup } from "./popup.js";
import { typed } from "./typing.js";

/**
 * An editor in place of what `host` holds.
 *
 * `language` has `read(text)`, which gives `{tokens, problems, …}`, and `complete(reading, offset)`,
 * or null where nothing can be completed. `onChange(reading)` is called after each change of the
 * text or of its meaning.
 */
export class Editor {
  constructor(host, language, onChange) {
    const { id, label } = host.dataset;
    this._language = language;
    this._onChange = onChange;
    this._painted = element("pre", { "aria-hidden": "true" });
    this.field = element("textarea", {
      id, spellcheck: false, autocomplete: "off", autocapitalize: "off",
      "aria-label": label, "aria-autocomplete": "list", "aria-multiline": "true",
    });
    this._problems = element("ul", { class: "problems", hidden: true, "aria-live": "polite" });
    host.classList.add("editor");
    const sheet = element("div", { class: "sheet" }, this._painted, this.field);
    host.append(element("div", { class: "pane" }, sheet), this._problems);
    this._popup = new Popup(host, this.field, (item) => this._accept(item));
    this._marks = [];
    this._leavesOnTab = false;
    this._listen();
  }

  get text() {
    return this.field.value;
  }

  /** Replace the whole text; `isUndoable` keeps what was there for Ctrl+Z. */
  setText(text, isUndoable = false) {
    if (text === this.text) return;
    if (isUndoable) {
      this.field.focus();
      this.field.select();
      insert(this.field, text);
    } else {
      this.field.value = text;
      this._changed();
    }
  }

  /** Marks from elsewhere, such as the server's errors, until the text is changed. */
  mark(problems) {
    this._marks = problems;
    this.refresh();
  }

  /** Read the text again, as its language may know more now. */
  refresh() {
    this.reading = this._language.read(this.text);
    const found = this.reading.problems;
    const isKnown = (mark) => found.some(({ start, end }) => start < mark.end && mark.start < end);
    const problems = [...found, ...this._marks.filter((mark) => !isKnown(mark))];
    paint(this._painted, this.text, this.reading.tokens, problems);
    this._listProblems(problems);
    this._onChange(this.reading);
  }

  _listen() {
    const { field } = this;
    field.addEventListener("input", (event) => {
      this._changed();
      const isWord = /^[\w$@"]$/.test(event.data ?? "");
      if (isWord || this._popup.isOpen) this._suggest();
    });
    field.addEventListener("keydown", (event) => this._key(event));
    field.addEventListener("blur", () => this._popup.hide());
    field.addEventListener("pointerdown", () => this._popup.hide());
    field.closest(".pane").addEventListener("scroll", () => this._popup.hide());
  }

  _changed() {
    this._marks = [];
    this.refresh();
  }

  _key(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey, isComposing } = event;
    const leaves = this._leavesOnTab;
    this._leavesOnTab = key === "Escape" && !this._popup.isOpen;
    if (isComposing || altKey) return;
    if (ctrlKey || metaKey) {
      if (key === " ") this._do(event, () => this._suggest());
      return;
    }
    if (this._popup.isOpen && this._popup.key(key)) event.preventDefault();
    // Escape, then Tab, leaves the editor by keyboard.
    else if (key === "Tab" && !shiftKey && !leaves) this._do(event, () => insert(this.field, "  "));
    else if (!shiftKey || key !== "Enter") this._typed(event);
  }

  _do(event, act) {
    event.preventDefault();
    act();
  }

  _typed(event) {
    const { field, text } = this;
    const [start, end] = [field.selectionStart, field.selectionEnd];
    const action = typed(event.key, text.slice(0, start), text.slice(end), text.slice(start, end));
    if (!action) return;
    this._do(event, () => {
      if (action.skip) field.setSelectionRange(start + action.skip, start + action.skip);
      else if (action.erase) this._replace(start - action.erase, end + action.erase, "", 0);
      else this._replace(start, end, action.insert, action.back);
    });
  }

  _replace(start, end, text, back) {
    this.field.setSelectionRange(start, end);
    insert(this.field, text);
    const caret = this.field.selectionStart - back;
    this.field.setSelectionRange(caret, caret);
  }

  _suggest() {
    const { field } = this;
    const found = this._language.complete(this.reading, field.selectionStart);
    this._found = found;
    if (!found || field.selectionStart !== field.selectionEnd) this._popup.hide();
    else this._popup.show(found.items, placeOnScreen(this._painted, lineOf(this.text, found.start)));
  }

  _accept(item) {
    const { start, end } = this._found;
    const caret = this.field.selectionStart;
    // What stands behind the caret goes only if it is the end of the word that is completed.
    const isEnd = item.label.endsWith(this.text.slice(caret, end).replace(/"$/, ""));
    this._popup.hide();
    this._replace(start, isEnd ? end : caret, item.insert, item.caret);
    this._popup.hide();
    if (item.caret) this._suggest();
  }

  _listProblems(problems) {
    this._problems.hidden = problems.length === 0;
    this._problems.replaceChildren(...problems.slice(0, 5).map((problem) => {
      const { line } = lineOf(this.text, problem.start);
      const go = () => this._go(problem);
      const row = element("button", { type: "button", class: "link", onclick: go }, `Line ${line}`);
      return element("li", {}, row, ` ${problem.message}`);
    }));
  }

  _go({ start, end }) {
    this.field.focus();
    this.field.setSelectionRange(start, end);
    const { line } = lineOf(this.text, start);
    this._painted.children[line - 1]?.scrollIntoView({ block: "nearest" });
  }
}

/** Insert as typing does, so that it can be undone. */
function insert(field, text) {
  const isDone = text
    ? document.execCommand("insertText", false, text)
    : document.execCommand("delete");
  if (isDone) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
