// The schema browser: types with their descriptions, and the way back and forth between them.

import { button, element, prose } from "../element.js";
import { find } from "./introspection.js";
import { namedType, typeText } from "./types.js";

export class Documentation {
  /** A browser in the elements `place`, `search`, `back` and `forth`. */
  constructor({ place, search, back, forth }) {
    Object.assign(this, { _place: place, _search: search, _back: back, _forth: forth });
    this._schema = null;
    this._steps = [{ type: null, field: null }];
    this._at = 0;
    search.oninput = () => this._draw();
    back.onclick = () => this._move(-1);
    forth.onclick = () => this._move(1);
  }

  show(schema) {
    this._schema = schema;
    this._draw();
  }

  /** Show a type, and one of its fields in view; without a type all of them. */
  go(type, field = null) {
    this._steps = [...this._steps.slice(0, this._at + 1), { type, field }];
    this._move(1);
  }

  _move(by) {
    this._at += by;
    this._search.value = "";
    this._draw();
  }

  _draw() {
    this._back.disabled = this._at === 0;
    this._forth.disabled = this._at === this._steps.length - 1;
    if (!this._schema) return;
    const { type, field } = this._steps[this._at];
    const text = this._search.value.trim();
    const shown = this._schema.type(type);
    if (text) this._place.replaceChildren(...this._results(text));
    else this._place.replaceChildren(...(shown ? this._page(shown) : this._roots()));
    this._place.scrollTop = 0;
    const row = field && this._place.querySelector(`[data-name="${CSS.escape(field)}"]`);
    row?.classList.add("sought");
    row?.scrollIntoView({ block: "center" });
  }

  _roots() {
    const named = Object.values(this._schema.roots).filter(Boolean).map((name) => this._schema.type(name));
    const others = this._schema.types.filter((type) => !named.includes(type));
    const row = (type) => [this._link(type.name), about(type)];
    return [
      element("h3", {}, "Where operations begin"), list(named.map(row)),
      element("h3", {}, "All types"), list(others.map(row)),
    ];
  }

  _results(text) {
    const found = find(this._schema.types, text);
    if (!found.length) return [element("p", {}, `Nothing is called “${text}”.`)];
    return [list(found.map(({ type, field }) => [
      this._link(type.name, field ? `${type.name}.${field.name}` : type.name, field?.name),
      about(field ?? type),
    ]))];
  }

  _page(type) {
    const kind = type.kind.toLowerCase().replace("_", " ");
    const parts = [this._link(null, "All types"), element("h2", {}, type.name),
      element("p", {}, kind), about(type)];
    const names = ({ name }) => [this._link(name)];
    section(parts, "Implements", type.interfaces, names);
    section(parts, "Fields", type.fields, (one) => this._field(one));
    section(parts, "Fields", type.inputFields, (one) => this._argument(one));
    section(parts, "Values", type.enumValues, (one) => [element("code", {}, one.name), ...notes(one)]);
    section(parts, "One of", type.possibleTypes, names);
    section(parts, "Where it is found", this._users(type), ({ owner, field }) =>
      [this._link(owner.name, `${owner.name}.${field.name}`, field.name)]);
    return parts;
  }

  /** The fields that give a type, or take it. */
  _users(type) {
    const isOf = (one) => namedType(one.type) === type.name;
    return this._schema.types.flatMap((owner) =>
      [...(owner.fields ?? []), ...(owner.inputFields ?? [])]
        .filter((field) => isOf(field) || field.args?.some(isOf))
        .map((field) => ({ owner, field })));
  }

  _field(one) {
    const line = element("code", {}, one.name);
    if (one.args.length) line.append("(", one.args.map((arg) => arg.name).join(", "), ")");
    line.append(": ", this._typeLink(one.type));
    const parts = [line, ...notes(one)];
    if (one.args.length) parts.push(list(one.args.map((arg) => this._argument(arg))));
    return parts;
  }

  _argument(one) {
    const line = element("code", {}, one.name, ": ", this._typeLink(one.type));
    if (one.defaultValue !== null) line.append(` = ${one.defaultValue}`);
    return [line, ...notes(one)];
  }

  _typeLink(type) {
    return this._link(namedType(type), typeText(type));
  }

  _link(name, text = name, field = null) {
    return button(text, () => this.go(name, field), { class: "link" });
  }
}

function section(parts, title, items, render) {
  if (!items?.length) return;
  const rows = list(items.map(render));
  items.forEach(({ name }, index) => {
    if (name) rows.children[index].dataset.name = name;
  });
  parts.push(element("h3", {}, title), rows);
}

function notes(one) {
  const parts = [about(one)];
  if (one.isDeprecated) parts.push(element("p", {}, `Deprecated: ${one.deprecationReason ?? ""}`));
  return parts;
}

function about({ description }) {
  return element("p", {}, ...prose(description));
}

function list(items) {
  return element("ul", {}, ...items.map((parts) => element("li", {}, ...parts)));
}
