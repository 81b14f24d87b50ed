// One message on the page: its text, which is never HTML, and what can be done with it.

import { button, element } from "../element.js";
import { thumb } from "./thumb.js";

const AUTHORS = { USER: "You", ASSISTANT: "Reply" };
const STATES = { STREAMING: "is being written …", STOPPED: "was stopped", FAILED: "could not be written" };

export class MessageView {
  /** `actions` are functions of this view: `edit(text)`, `regenerate`, `turn(step)`, `rate`, `remove`. */
  constructor(message, actions) {
    this.message = message;
    this._actions = actions;
    this._text = element("div", { class: "text", dir: "auto" }, message.content);
    this._state = element("span", { class: "state" });
    this._tools = element("div", { class: "tools" });
    this._below = element("div");
    this.node = element("li", { class: message.role === "USER" ? "person" : "model", tabIndex: -1 },
      element("h3", {}, AUTHORS[message.role], this._state), this._text, this._tools, this._below);
    this.node.dataset.id = message.id;
    this.show(message);
  }

  /** Show the message as it is now; text that was streamed stays. */
  show(message) {
    this.message = message;
    const { status, generation, role, siblingCount, siblingIndex, feedback } = message;
    const seen = JSON.stringify([status, generation, siblingCount, siblingIndex, feedback]);
    // Whoever is at one of the buttons stays there while nothing changes.
    if (seen === this._seen) return;
    this._seen = seen;
    const model = role === "ASSISTANT" ? generation?.model : "";
    this._state.textContent = [model, STATES[status]].filter(Boolean).join(" · ");
    this.node.classList.toggle("failed", status === "FAILED");
    this.node.setAttribute("aria-busy", String(status === "STREAMING"));
    this._tools.replaceChildren(...(status === "STREAMING" ? [] : this._buttons()));
  }

  set text(text) {
    this._text.textContent = text;
  }

  get text() {
    return this._text.textContent;
  }

  append(text) {
    this._text.append(text);
  }

  _buttons() {
    const { role, siblingCount } = this.message;
    const { edit, regenerate, remove } = this._actions;
    return [
      ...(siblingCount > 1 ? this._versions() : []),
      ...(role === "USER" ? [this._tool("Edit", () => this._edit(edit))] : [
        this._tool("Answer again", regenerate),
        ...this._ratings(),
      ]),
      this._tool("Delete", remove),
    ];
  }

  _tool(content, act, properties = {}) {
    return button(content, () => act(this), { class: "tool", ...properties });
  }

  _versions() {
    const { siblingCount, siblingIndex } = this.message;
    const turn = (label, sign, step) => button(sign, () => this._actions.turn(this, step),
      { class: "tool", "aria-label": label, disabled: !(siblingIndex + step in Array(siblingCount).fill(0)) });
    return [
      turn("Version before", "‹", -1),
      element("span", { class: "place" }, `${siblingIndex + 1}/${siblingCount}`),
      turn("Version after", "›", 1),
    ];
  }

  _ratings() {
    const { rating, comment } = this.message.feedback ?? {};
    const rate = (value, label) => this._tool(thumb(value === "DOWN"),
      () => this._actions.rate(this, rating === value ? null : value, ""),
      { "aria-label": label, title: label, "aria-pressed": String(rating === value) });
    const say = () => this._ask(comment ?? "", "Save", (view, text) => this._actions.rate(view, rating, text), "Comment on the reply");
    return [
      rate("UP", "A good reply"),
      rate("DOWN", "Not a good reply"),
      ...(rating ? [this._tool(comment ? "Comment: " + short(comment) : "Comment", say)] : []),
    ];
  }

  /** A field in the place of the text. */
  _edit(act) {
    this._ask(this.text, "Send anew", act, "The message");
    this._text.hidden = true;
  }

  /** A field below the message, with a text to be changed. */
  _ask(text, label, act, name) {
    const field = element("textarea", { value: text, rows: 3, "aria-label": name });
    const close = () => {
      this._below.replaceChildren();
      this._tools.hidden = false;
      this._text.hidden = false;
      this.node.focus();
    };
    const save = () => {
      close();
      act(this, field.value);
    };
    field.onkeydown = (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        save();
      }
    };
    this._tools.hidden = true;
    this._below.replaceChildren(field, element("div", { class: "actions" },
      button("Cancel", close), button(label, save, { class: "main" })));
    field.focus();
  }
}

function short(text) {
  const letters = [...text];
  return letters.length > 30 ? `${letters.slice(0, 30).join("")}…` : text;
}
