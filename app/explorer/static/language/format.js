// Prettify: a document with its lines and indents as people write them; comments stay.

import { tokenize } from "./lexer.js";

const WIDTH = 80;
const INDENT = "  ";
const CLOSING = { "(": ")", "[": "]", "{": "}" };
const KEYWORDS = new Set(["query", "mutation", "subscription", "fragment"]);

/** `text` formatted; it must be free of errors of syntax. */
export function format(text) {
  return new Formatter(text).document();
}

class Formatter {
  constructor(text) {
    this._text = text;
    this._tokens = tokenize(text);
    this._at = 0;
  }

  get _token() {
    return this._tokens[this._at];
  }

  _next() {
    const token = this._token;
    this._at += 1;
    return token;
  }

  document() {
    const parts = [];
    let comments = [];
    while (this._token) {
      if (this._token.kind === "comment") comments.push(this._next().text);
      else {
        parts.push([...comments, this._definition()].join("\n"));
        comments = [];
      }
    }
    return `${[...parts, ...(comments.length ? [comments.join("\n")] : [])].join("\n\n")}\n`;
  }

  _definition() {
    const keyword = KEYWORDS.has(this._token.text) ? `${this._next().text} ` : "";
    return keyword + this._until("{", "") + this._selections("");
  }

  /** What stands before a selection, or the next field, on one line. */
  _until(end, indent) {
    let line = "";
    while (this._token && this._token.text !== end) line += this._piece(line, indent);
    return line && `${line} `;
  }

  _piece(line, indent) {
    const { text, kind } = this._token;
    if (text === "(") return this._group(indent, line.length);
    this._next();
    if (kind === "comment") return ` ${text}\n${indent}`;
    if (text === "@") return `${line ? " " : ""}@${this._next().text}`;
    return line === "" || text === ":" ? text : ` ${text}`;
  }

  _selections(indent) {
    this._next();
    const deeper = indent + INDENT;
    const lines = ["{"];
    while (this._token && this._token.text !== "}") {
      if (this._token.kind === "comment") this._comment(lines, deeper);
      else lines.push(deeper + this._selection(deeper));
    }
    this._next();
    return [...lines, `${indent}}`].join("\n");
  }

  /** A comment stays beside what it stood beside. */
  _comment(lines, indent) {
    const { text, start } = this._next();
    const before = this._tokens[this._at - 2];
    const isBeside = before && !this._text.slice(before.end, start).includes("\n");
    if (isBeside && lines.length > 1) lines[lines.length - 1] += ` ${text}`;
    else lines.push(indent + text);
  }

  _selection(indent) {
    let line = this._next().text;
    if (line === "...") {
      if (this._token?.kind === "name") {
        const isType = this._token.text === "on";
        line += isType ? ` ${this._next().text} ${this._next()?.text ?? ""}` : this._next().text;
      }
    } else if (this._token?.text === ":") {
      this._next();
      line += `: ${this._next()?.text ?? ""}`;
    }
    while (this._token && ["(", "@"].includes(this._token.text)) line += this._piece(line, indent);
    return this._token?.text === "{" ? `${line} ${this._selections(indent)}` : line;
  }

  /** Arguments, a list or an object: on one line if they fit. */
  _group(indent, column) {
    const open = this._next().text;
    const deeper = indent + INDENT;
    const items = [];
    let isLong = false;
    while (this._token && this._token.text !== CLOSING[open]) {
      if (this._token.kind === "comment") {
        items.push(this._next().text);
        isLong = true;
      } else items.push(this._item(deeper));
    }
    this._next();
    const [first, last] = open === "{" && items.length ? ["{ ", " }"] : [open, CLOSING[open]];
    const line = first + items.join(", ") + last;
    const fits = indent.length + column + line.length <= WIDTH && !line.includes("\n");
    if (fits && !isLong) return line;
    return [open, ...items.map((item) => deeper + item), indent + CLOSING[open]].join("\n");
  }

  /** One value, argument or variable's definition, up to where the next one begins. */
  _item(indent) {
    let line = "";
    do {
      const { text } = this._token;
      if (text in CLOSING) line += this._group(indent, line.length);
      else if (text === "@") line += this._piece(line, indent);
      else if (text === ":") line += `${this._next().text} `;
      else if (text === "=") line += ` ${this._next().text} `;
      else line += this._next().text;
    } while (this._token && this._continues());
    return line;
  }

  /** Whether the token belongs to the item before it. */
  _continues() {
    const { text } = this._token;
    const before = this._tokens[this._at - 1].text;
    return [":", "=", "$", "@"].includes(before) || [":", "=", "!", "@"].includes(text)
      || (text === "(" && this._tokens[this._at - 2]?.text === "@");
  }
}
