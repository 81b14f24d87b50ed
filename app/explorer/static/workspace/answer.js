// The answer to one tab's request: whole, in parts, or event by event. Each request begins it anew.

import { paint } from "../editor/painting.js";
import { element } from "../element.js";
import { tokenize } from "../language/lexer.js";

const LONGEST_IN_COLOURS = 200_000;
const MOST_EVENTS = 1_000;

export class Answer {
  constructor() {
    this._status = element("div", { class: "status", role: "status" }, "Ctrl+Enter runs the operation.");
    this._problem = element("div", { class: "problem", role: "alert", hidden: true });
    this._result = element("pre", { class: "result", tabIndex: 0 });
    this.section = element("section", { class: "answer", "aria-label": "Answer" },
      this._status, this._problem, this._result);
    this._count = 0;
  }

  /** Forget what was there: no answer may stand under another request's status or error. */
  begin(status) {
    this._count = 0;
    this._status.textContent = status;
    this._problem.hidden = true;
    this._result.replaceChildren();
  }

  /** A request that was not sent, or not answered. */
  fail(message) {
    this.begin("");
    this._problem.textContent = message;
    this._problem.hidden = false;
  }

  /** A response, as far as it has come. */
  show({ status, requestId, retryAfter, ms, bytes, parts, body }) {
    const facts = [status, `${ms.toFixed(0)} ms`, `${bytes} bytes`];
    if (parts > 1) facts.push(`${parts} parts`);
    if (retryAfter) facts.push(`ask again in ${retryAfter} s`);
    this._status.textContent = [...facts, `request ${requestId ?? "unknown"}`].join(" · ");
    write(this._result, typeof body === "string" ? body : JSON.stringify(body, null, 2));
  }

  /** One event of a subscription. */
  next(result) {
    this._count += 1;
    this._status.textContent = `Following: ${this._count} received.`;
    const time = element("time", {}, new Date().toISOString().slice(11, 23));
    const text = element("div");
    write(text, JSON.stringify(result.errors ? result : result.data));
    this._result.append(element("div", { class: "event" }, time, text));
    if (this._count > MOST_EVENTS) this._result.firstChild.remove();
    this._result.lastChild.scrollIntoView({ block: "nearest" });
  }

  end(word) {
    this._status.textContent = `${word}: ${this._count} received.`;
  }
}

function write(place, text) {
  if (text.length > LONGEST_IN_COLOURS) place.textContent = text;
  else paint(place, text, asKeys(tokenize(text)));
}

/** Strings before a colon are keys. */
function asKeys(tokens) {
  tokens.forEach((token, index) => {
    if (token.kind === "string" && tokens[index + 1]?.text === ":") token.role = "argument";
  });
  return tokens;
}
