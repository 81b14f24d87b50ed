// The schema browser: types with their descriptions, each a step on a trail that leads back.

import { find, namedType, typeText } from "./schema.js";

/** A browser of `schema` in the given elements; `show()` begins at its roots. */
export function documentation(schema, { trail, place, search }) {
  const types = schema.types
    .filter((type) => !type.name.startsWith("__"))
    .sort((one, other) => one.name.localeCompare(other.name));
  const byName = new Map(types.map((type) => [type.name, type]));
  let steps = [];

  function go(name) {
    const at = steps.indexOf(name);
    steps = at < 0 ? [...steps, name] : steps.slice(0, at + 1);
    search.value = "";
    draw();
  }

  function draw() {
    trail.replaceChildren();
    if (steps.length) trail.append(link("Roots", () => { steps = []; draw(); }));
    steps.slice(0, -1).forEach((name) => trail.append(" › ", link(name, () => go(name))));
    if (search.value.trim()) place.replaceChildren(...results(search.value.trim()));
    else if (steps.length) place.replaceChildren(...page(byName.get(steps.at(-1))));
    else place.replaceChildren(...roots());
    place.scrollTop = 0;
  }

  function roots() {
    const named = [schema.queryType, schema.mutationType, schema.subscriptionType].filter(Boolean);
    const others = types.filter((type) => !named.some((root) => root.name === type.name));
    return [
      element("h3", "Roots"),
      list(named.map(({ name }) => [link(name, () => go(name)), about(byName.get(name))])),
      element("h3", "All types"),
      list(others.map((type) => [link(type.name, () => go(type.name)), about(type)])),
    ];
  }

  function results(text) {
    const found = find(types, text);
    if (!found.length) return [element("p", `Nothing is called “${text}”.`)];
    return [list(found.map(({ type, field }) => [
      link(field ? `${type.name}.${field.name}` : type.name, () => go(type.name)),
      about(field ?? type),
    ]))];
  }

  function page(type) {
    const kind = type.kind.toLowerCase().replace("_", " ");
    const parts = [element("h2", type.name), element("p", kind), about(type)];
    section(parts, "Implements", type.interfaces, ({ name }) => [link(name, () => go(name))]);
    section(parts, "Fields", type.fields, field);
    section(parts, "Fields", type.inputFields, argument);
    section(parts, "Values", type.enumValues, (value) => [code(value.name), ...notes(value)]);
    section(parts, "One of", type.possibleTypes, ({ name }) => [link(name, () => go(name))]);
    return parts;
  }

  function field(one) {
    const line = code(one.name);
    if (one.args.length) line.append("(", one.args.map((arg) => arg.name).join(", "), ")");
    line.append(": ", typeLink(one.type));
    const parts = [line, ...notes(one)];
    if (one.args.length) parts.push(list(one.args.map(argument)));
    return parts;
  }

  function argument(one) {
    const line = code(one.name);
    line.append(": ", typeLink(one.type));
    if (one.defaultValue !== null) line.append(` = ${one.defaultValue}`);
    return [line, ...notes(one)];
  }

  function typeLink(type) {
    const name = namedType(type);
    return byName.has(name) ? link(typeText(type), () => go(name)) : typeText(type);
  }

  search.oninput = draw;
  return { show: draw };
}

function section(parts, title, items, render) {
  if (items?.length) parts.push(element("h3", title), list(items.map(render)));
}

function notes(one) {
  const parts = [about(one)];
  if (one.isDeprecated) parts.push(element("p", `Deprecated: ${one.deprecationReason ?? ""}`));
  return parts;
}

/** A description; what stands between backticks is code. */
function about({ description }) {
  const made = document.createElement("p");
  const parts = (description ?? "").split("`");
  made.append(...parts.map((part, index) => (index % 2 ? code(part) : part)));
  return made;
}

function list(items) {
  const made = document.createElement("ul");
  for (const parts of items) {
    const item = document.createElement("li");
    item.append(...parts);
    made.append(item);
  }
  return made;
}

function code(text) {
  return element("code", text);
}

function link(text, onClick) {
  const made = element("button", text);
  made.type = "button";
  made.className = "link";
  made.onclick = onClick;
  return made;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
