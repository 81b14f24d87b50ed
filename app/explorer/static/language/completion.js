// What could stand at a place of a text, and what choosing it inserts.

import { isComposite, namedType, typeText } from "../schema/types.js";
import { isRequired } from "./values.js";

const MOST = 80;
const WORD = /^["_A-Za-z]/;
const DEFINITIONS = ["query", "mutation", "subscription", "fragment"];

/**
 * The candidates at `offset` as `{start, end, items}`, best first; null where nothing can stand.
 *
 * An item has `label`, `detail`, `description`, `insert` and, from its end, the place of the `caret`.
 */
export function completions({ tokens, expected }, offset, schema, isJson = false) {
  const inside = tokens.find(({ start, end }) => start < offset && offset <= end);
  if (["comment", "block"].includes(inside?.kind)) return null;
  if (inside?.kind === "string" && !isJson) return null;
  const word = inside && WORD.test(inside.text) ? inside : null;
  if (inside && !word && inside.end > offset) return null;
  const next = tokens.find(({ start, kind }) => start >= offset && kind !== "comment");
  const place = word ? word.start : (next?.start ?? Math.max(...expected.keys()));
  const [start, end] = word ? [word.start, word.end] : [offset, offset];
  const text = (word?.text.slice(0, offset - start) ?? "").replace(/^"/, "");
  const follows = tokens.find((token) => token.start >= end)?.text ?? "";
  // What the reader expected first is what is missing; the rest it expected after giving that up.
  const [expectation] = expected.get(place) ?? [];
  if (!expectation || !schema) return null;
  const all = MAKE[expectation.kind](expectation, schema, { isJson, follows });
  const items = ranked(all, text.toLowerCase());
  const isDone = items.length === 1 && items[0].label === text;
  return items.length && !isDone ? { start, end, items } : null;
}

function ranked(items, text) {
  const rank = ({ label }) => label.toLowerCase().replace(/^\$/, "").indexOf(text);
  return items
    .filter((item) => rank(item) >= 0)
    .sort((one, other) => Math.min(rank(one), 1) - Math.min(rank(other), 1))
    .slice(0, MOST);
}

function item(label, detail, about, insert = label, caret = 0) {
  const description = about?.description ?? "";
  return { label, detail, description, insert, caret, isDeprecated: about?.isDeprecated ?? false };
}

function definition(_expectation, schema) {
  return DEFINITIONS.filter((kind) => kind === "fragment" || schema.root(kind)).map((kind) =>
    item(kind, "", null, `${kind} `));
}

function selection({ parent }, schema, { follows }) {
  if (!parent) return [];
  const fields = schema.fields(parent).filter(({ name }) => !name.startsWith("__"));
  const found = fields.map((field) => {
    const needed = field.args.filter(isRequired).map(({ name }) => `${name}: `);
    const call = needed.length && follows !== "(" ? `(${needed.join(", ")})` : "";
    const isOpen = isComposite(schema.type(namedType(field.type))) && !["{", "("].includes(follows);
    const body = isOpen ? " {  }" : "";
    // The first thing to fill in: the first argument, or else the selection.
    const caret = call ? call.length + body.length - needed[0].length - 1 : isOpen ? 2 : 0;
    return item(field.name, typeText(field.type), field, `${field.name}${call}${body}`, caret);
  });
  return [...found, item("__typename", "String!", { description: "The name of the object's type." })];
}

function spread({ parent, fragments }, schema) {
  const named = fragments.filter(({ type }) => type && parent && schema.overlaps(type, parent));
  const types = parent ? schema.types.filter((one) => isComposite(one) && schema.overlaps(one, parent)) : [];
  return [
    ...named.map(({ name, type }) => item(name, `on ${type.name}`, null)),
    ...types.map((one) => item(`on ${one.name}`, "", one, `on ${one.name} {  }`, 2)),
  ];
}

function type({ isFor }, schema) {
  return schema.types.filter(isFor).map((one) => item(one.name, "", one));
}

function variable({ definition: { variables } }) {
  return [...variables.values()].map(({ name, type: declared }) =>
    item(name, declared ? typeText(declared) : "", null));
}

function directive({ location }, schema) {
  return schema.directives.filter(({ locations }) => locations.includes(location)).map((one) => {
    const needed = one.args.filter(isRequired);
    const call = needed.length ? `(${needed[0].name}: )` : "";
    return item(one.name, "", one, one.name + call, call ? 1 : 0);
  });
}

function key({ definitions, given }, _schema, { isJson, follows }) {
  const end = follows === ":" ? "" : ": ";
  return (definitions ?? []).filter(({ name }) => !given.has(name) || follows === ":").map((one) =>
    item(one.name, typeText(one.type), one, (isJson ? `"${one.name}"` : one.name) + end));
}

function value({ type: wanted }, schema, { isJson }) {
  const named = wanted && schema.type(namedType(wanted));
  if (named?.kind === "ENUM") {
    return named.enumValues.map((one) =>
      item(one.name, named.name, one, isJson ? `"${one.name}"` : one.name));
  }
  if (named?.kind === "INPUT_OBJECT") return [item("{ }", named.name, named, "{  }", 2)];
  return named?.name === "Boolean" ? [item("true", "Boolean"), item("false", "Boolean")] : [];
}

const MAKE = { definition, selection, spread, type, variable, directive, key, value };
