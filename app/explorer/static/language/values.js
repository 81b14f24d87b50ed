// Values as GraphQL and JSON write them, read from a cursor and compared with their type.

import { namedType, typeText } from "../schema/types.js";

const SCALARS = {
  Int: (token) => /^-?\d+$/.test(token.text),
  Float: (token) => token.kind === "number",
  Boolean: (token) => token.text === "true" || token.text === "false",
  String: (token) => token.kind === "string" || token.kind === "block",
  ID: (token) => token.kind === "string" || /^-?\d+$/.test(token.text),
};

/**
 * Read one value of `type`, which is null where it is not known.
 *
 * `dialect` says what differs: `schema`, `isJson`, and `variable(cursor, type, hasDefault)`, which
 * reads a variable.
 */
export function readValue(cursor, type, dialect, hasDefault = false) {
  cursor.expect({ kind: "value", type });
  const { token } = cursor;
  if (cursor.is("$") && !dialect.isJson) dialect.variable(cursor, type, hasDefault);
  else if (cursor.is("[")) readList(cursor, type, dialect);
  else if (cursor.is("{")) readObject(cursor, type, dialect);
  else if (["name", "number", "string", "block"].includes(token.kind)) {
    if (type) checkLeaf(cursor, cursor.skip(), type, dialect);
    else cursor.skip();
  } else cursor.syntax("A value is missing here.");
}

function readList(cursor, type, dialect) {
  const open = cursor.skip();
  const list = nullable(type);
  if (list && list.kind !== "LIST") cursor.problem(`A list is not ${typeText(type)}.`, open);
  const item = list?.kind === "LIST" ? list.ofType : null;
  while (!cursor.isAtEnd && !cursor.is("]")) {
    const before = cursor.token;
    readValue(cursor, item, dialect);
    if (cursor.token === before) cursor.skip();
  }
  if (!cursor.take("]")) cursor.syntax("This list is never closed.", open);
}

function readObject(cursor, type, dialect) {
  const open = cursor.skip();
  const found = type && dialect.schema?.type(namedType(type));
  const isInput = found?.kind === "INPUT_OBJECT";
  if (found && !isInput && !(found.kind === "SCALAR" && !(found.name in SCALARS))) {
    cursor.problem(`An object is not ${typeText(type)}.`, open);
  }
  const fields = isInput ? found.inputFields : null;
  readFields(cursor, fields, { open, close: "}", what: found?.name }, dialect);
}

/**
 * Read `name: value` until the closing bracket, and compare the names with `definitions`, which are
 * null where they are not known. `within` has the tokens and words that messages are about.
 */
export function readFields(cursor, definitions, within, dialect) {
  const given = new Set();
  const isKey = (token) => token.kind === (dialect.isJson ? "string" : "name");
  while (!cursor.isAtEnd && !cursor.is(within.close)) {
    cursor.expect({ kind: "key", definitions, given });
    if (!isKey(cursor.token)) {
      cursor.syntax("A name is missing here.");
      cursor.skip();
      continue;
    }
    const key = Object.assign(cursor.skip(), { role: "argument" });
    const name = dialect.isJson ? key.text.replace(/^"|"$/g, "") : key.text;
    const definition = definitions?.find((one) => one.name === name);
    if (definition) key.about = { argument: definition };
    if (definitions && !definition) {
      cursor.problem(`${within.what} has no “${name}”.${choices(definitions)}`, key);
    }
    if (given.has(name)) cursor.problem(`“${name}” is given twice.`, key);
    given.add(name);
    if (cursor.need(":")) {
      readValue(cursor, definition?.type ?? null, dialect, definition?.defaultValue != null);
    }
  }
  cursor.expect({ kind: "key", definitions, given });
  if (!cursor.take(within.close)) cursor.syntax("This is never closed.", within.open);
  const missing = (definitions ?? []).filter((one) => isRequired(one) && !given.has(one.name));
  if (missing.length) {
    const names = missing.map((one) => `“${one.name}: ${typeText(one.type)}”`).join(", ");
    cursor.problem(`${within.what} needs ${names}.`, within.owner ?? within.open);
  }
}

export function isRequired({ type, defaultValue }) {
  return type.kind === "NON_NULL" && defaultValue == null;
}

function checkLeaf(cursor, token, type, { schema, isJson }) {
  if (token.text === "null" && token.kind === "name") {
    if (type.kind === "NON_NULL") cursor.problem(`null is not ${typeText(type)}.`, token);
    return;
  }
  const named = schema?.type(namedType(type));
  if (named?.kind === "ENUM") {
    const isWord = token.kind === (isJson ? "string" : "name");
    const values = named.enumValues;
    token.role = "enum";
    if (isWord && values.some(({ name }) => name === token.text.replace(/^"|"$/g, ""))) return;
    cursor.problem(`${token.text} is not ${named.name}.${choices(values)}`, token);
  } else if (named?.kind === "INPUT_OBJECT" || SCALARS[named?.name]?.(token) === false) {
    cursor.problem(`${token.text} is not ${typeText(type)}.`, token);
  }
}

function choices(definitions) {
  const names = definitions.map(({ name }) => name);
  return names.length > 0 && names.length <= 8 ? ` There is ${names.join(", ")}.` : "";
}

function nullable(type) {
  return type?.kind === "NON_NULL" ? type.ofType : type;
}
