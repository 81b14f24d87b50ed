// One operation on the page: its text, variables, headers and answer, which no other tab shares.

import { Editor } from "../editor/editor.js";
import { button, element } from "../element.js";
import { completions } from "../language/completion.js";
import { readDocument } from "../language/document.js";
import { format } from "../language/format.js";
import { filledIn, readVariables } from "../language/variables.js";
import { typeText } from "../schema/types.js";
import { Answer } from "./answer.js";

export class Tab {
  /** A tab with what was `stored`; `page` has `schema`, `callers`, and `changed(tab)`. */
  constructor(page, stored) {
    this._page = page;
    this.operation = stored.operation ?? "";
    this.transport = stored.transport ?? "sse";
    this.running = null;
    this.answer = new Answer();
    const hosts = { query: host("query", "Operation"), variables: host("variables", "Variables"),
      headers: host("headers", "Headers") };
    this._types = element("span", { class: "types" });
    this._callers = element("select", { "aria-label": "Ask as", onchange: () => this._askAs() });
    this.section = element("section", { class: "request", "aria-label": "Request" }, hosts.query,
      element("div", { class: "beside" },
        part(element("h2", {}, "Variables"), this._types, button("Fill in", () => this._fillIn()),
          hosts.variables),
        part(element("h2", {}, "Headers"), this._callers, element("span"), hosts.headers)));
    this._create(hosts, stored);
  }

  _create(hosts, stored) {
    const complete = (isJson) => (reading, offset) =>
      completions(reading, offset, this._page.schema, isJson);
    this.headers = new Editor(hosts.headers, { read: (text) => readVariables(text, null, null),
      complete: () => null }, () => this._page.changed(this));
    this.variables = new Editor(hosts.variables, {
      read: (text) => readVariables(text, this.chosen, this._page.schema),
      complete: complete(true),
    }, () => this._page.changed(this));
    this.query = new Editor(hosts.query, {
      read: (text) => readDocument(text, this._page.schema),
      complete: complete(false),
    }, () => this._readQuery());
    this.headers.field.placeholder = '{"Authorization": "Bearer …"}';
    this.headers.setText(stored.headers ?? "");
    this.variables.setText(stored.variables ?? "");
    this.query.setText(stored.query ?? "");
    this.refresh();
  }

  get stored() {
    const { query, variables, headers, operation, transport } = this;
    return { query: query.text, variables: variables.text, headers: headers.text, operation, transport };
  }

  get title() {
    const [first] = this.query.reading?.operations ?? [];
    return first?.name ?? first?.kind ?? "New";
  }

  /** The operation that would run, of those in the document. */
  get chosen() {
    const operations = this.query?.reading?.operations ?? [];
    return operations.find(({ name }) => name === this.operation) ?? operations[0] ?? null;
  }

  /** Read everything again, as the schema or the callers are known now. */
  refresh() {
    const options = Object.keys(this._page.callers).map((name) => new Option(`as ${name}`, name));
    this._callers.hidden = options.length === 0;
    this._callers.replaceChildren(new Option("own", ""), ...options, new Option("as nobody", "-"));
    this._callers.value = this._caller();
    this.headers.refresh();
    this.query.refresh();
  }

  /** Choose which operation of the document runs. */
  choose(operation) {
    this.operation = operation;
    this._readQuery();
  }

  prettify() {
    const { isBroken, problems } = this.query.reading;
    if (isBroken) return problems.at(-1).message;
    this.query.setText(format(this.query.text), true);
    const { value } = this.variables.reading;
    if (value && this.variables.text.trim()) this._setVariables(value);
    return "";
  }

  focus() {
    this.query.field.focus();
  }

  show(isShown) {
    this.section.hidden = !isShown;
    this.answer.section.hidden = !isShown;
  }

  _readQuery() {
    this.variables.refresh();
    const declared = [...(this.chosen?.variables.values() ?? [])];
    const text = declared.map(({ name, type, defaultValue }) =>
      `$${name}: ${type ? typeText(type) : "?"}${defaultValue ? ` = ${defaultValue}` : ""}`);
    this._types.textContent = text.join("  ");
    this._types.title = text.join("\n");
    this._page.changed(this);
  }

  _fillIn() {
    const { value } = this.variables.reading;
    if (this.chosen && value) this._setVariables(filledIn(value, this.chosen, this._page.schema));
  }

  _setVariables(value) {
    this.variables.setText(JSON.stringify(value, null, 2), true);
  }

  _askAs() {
    const caller = this._page.callers[this._callers.value];
    this.headers.setText(caller ? JSON.stringify(caller, null, 2) : "");
  }

  _caller() {
    const text = this.headers.text;
    const isSame = ([, headers]) => JSON.stringify(headers, null, 2) === text;
    return Object.entries(this._page.callers).find(isSame)?.[0] ?? (text.trim() ? "" : "-");
  }
}

function host(name, label) {
  return element("div", { class: name, "data-label": label });
}

function part(...children) {
  return element("div", { class: "part" }, ...children);
}
