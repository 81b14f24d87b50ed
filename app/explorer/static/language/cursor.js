// A place in a list of tokens, with what was found wrong and what could stand there.

import { tokenize } from "./lexer.js";

export class Cursor {
  constructor(text) {
    this.tokens = tokenize(text);
    this.problems = [];
    /** For the index of a token: what could stand there, for completion. */
    this.expected = new Map();
    this._read = this.tokens.filter(({ kind }) => kind !== "comment");
    this._end = { kind: "end", text: "", start: text.length, end: text.length };
    this._at = 0;
    this._isBroken = false;
  }

  get token() {
    return this._read[this._at] ?? this._end;
  }

  get previous() {
    return this._read[this._at - 1];
  }

  get isAtEnd() {
    return this._at >= this._read.length;
  }

  is(text) {
    return this.token.text === text && this.token.kind !== "string";
  }

  /** The token, if it is the text that is asked for; then the cursor stands behind it. */
  take(text) {
    return this.is(text) ? this.skip() : null;
  }

  skip() {
    const token = this.token;
    this._at += 1;
    return token;
  }

  /** A name in the given role, by which it is coloured; null, and a problem, if there is none. */
  name(role, what) {
    if (this.token.kind !== "name") {
      this.syntax(`${what} is missing here.`);
      return null;
    }
    return Object.assign(this.skip(), { role });
  }

  need(text) {
    return this.take(text) ?? this.syntax(`“${text}” is missing here.`);
  }

  /** Say what could stand at the cursor. */
  expect(possibility) {
    const all = this.expected.get(this.token.start) ?? [];
    this.expected.set(this.token.start, [...all, { ...possibility, token: this.token }]);
  }

  problem(message, token = this.token) {
    const { start, end } = token.kind === "end" ? (this._read.at(-1) ?? token) : token;
    this.problems.push({ message, start, end });
    return null;
  }

  /** Only the first error of syntax is a problem: others mostly follow from it. */
  syntax(message, token = this.token) {
    if (!this._isBroken) this.problem(message, token);
    this._isBroken = true;
    return null;
  }

  get isBroken() {
    return this._isBroken;
  }
}
