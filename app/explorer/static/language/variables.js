// The JSON of variables, compared with what the operation declares.

import { typeText } from "../schema/types.js";
import { Cursor } from "./cursor.js";
import { isRequired, readFields } from "./values.js";

/** What `text` says, in the form of `readDocument`, and `value`: the object, null if it is none. */
export function readVariables(text, operation, schema) {
  const cursor = new Cursor(text);
  const declared = operation ? [...operation.variables.values()].filter(({ type }) => type) : null;
  const isBlank = text.trim() === "";
  if (!isBlank && cursor.is("{")) {
    const within = { open: cursor.skip(), close: "}", what: "The operation" };
    readFields(cursor, declared, within, { schema, isJson: true });
    if (!cursor.isAtEnd) cursor.syntax("Nothing may follow the object.");
  } else if (!isBlank) cursor.syntax("Variables are a JSON object: { }.");
  const value = isBlank ? {} : parsed(cursor, text);
  const { tokens, problems, expected } = cursor;
  return { tokens, problems: isBlank ? missing(declared) : problems, expected, value };
}

/** JSON is stricter than what our cursor reads: commas and quotes count. */
function parsed(cursor, text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch (error) {
    const place = Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length);
    const token = cursor.tokens.findLast(({ start }) => start <= place) ?? cursor.token;
    cursor.syntax(`This is not JSON: ${error.message}`, token);
    return null;
  }
}

function missing(declared) {
  const names = (declared ?? []).filter(isRequired).map(({ name, type }) => `“${name}: ${typeText(type)}”`);
  return names.length ? [{ message: `The operation needs ${names.join(", ")}.`, start: 0, end: 0 }] : [];
}

/** `value` with every declared variable that it lacks: its default, or an example of its type. */
export function filledIn(value, operation, schema) {
  const filled = { ...value };
  for (const { name, type } of operation.variables.values()) {
    if (!(name in filled) && type) filled[name] = example(type, schema, 0);
  }
  return filled;
}

const EXAMPLES = { Int: 0, Float: 0, Boolean: false };
const DEEPEST = 4;

function example(type, schema, depth) {
  if (type.kind === "NON_NULL") return example(type.ofType, schema, depth);
  if (type.kind === "LIST") return [];
  const named = schema.type(type.name);
  if (named?.kind === "ENUM") return named.enumValues[0].name;
  if (named?.kind !== "INPUT_OBJECT") return EXAMPLES[type.name] ?? "";
  if (depth > DEEPEST) return {};
  const fields = named.inputFields.filter(isRequired);
  return Object.fromEntries(
    fields.map((field) => [field.name, example(field.type, schema, depth + 1)]),
  );
}
