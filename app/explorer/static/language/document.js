// Reads a document in one pass: its operations, what is wrong with it, and what could stand where.

import { isComposite, isInput, namedType, typeText } from "../schema/types.js";
import { Cursor } from "./cursor.js";
import { isRequired, readFields, readValue } from "./values.js";
import { checkUses } from "./uses.js";

const KINDS = ["query", "mutation", "subscription"];

/**
 * What `text` says: `{operations, fragments, problems, tokens, expected}`.
 *
 * Without a schema (null) only the syntax is checked. It never throws: a document that is being
 * typed is seldom whole.
 */
export function readDocument(text, schema) {
  const reader = new DocumentReader(text, schema);
  reader.definitions();
  const { cursor, operations, fragments } = reader;
  if (!cursor.isBroken) checkUses(cursor, operations, fragments);
  const { tokens, problems, expected, isBroken } = cursor;
  return { operations, fragments, tokens, problems, expected, isBroken };
}

class DocumentReader {
  constructor(text, schema) {
    this.cursor = new Cursor(text);
    this.schema = schema;
    this.operations = [];
    this.fragments = [];
    this._definition = null;
    this._dialect = { schema, isJson: false, variable: (...given) => this.variableUse(...given) };
  }

  definitions() {
    const { cursor } = this;
    while (!cursor.isAtEnd) {
      cursor.expect({ kind: "definition" });
      if (cursor.is("{")) this.operation("query");
      else if (KINDS.some((kind) => cursor.is(kind))) this.operation(this.keyword().text);
      else if (cursor.is("fragment")) this.fragment();
      else {
        cursor.syntax("A document consists of queries, mutations, subscriptions and fragments.");
        cursor.skip();
      }
    }
    cursor.expect({ kind: "definition" });
  }

  keyword() {
    return Object.assign(this.cursor.skip(), { role: "keyword" });
  }

  begin(definition) {
    this._definition = { variables: new Map(), uses: [], spreads: [], ...definition };
    return this._definition;
  }

  operation(kind) {
    const { cursor } = this;
    const start = cursor.previous?.text === kind ? cursor.previous.start : cursor.token.start;
    const isNamed = cursor.token.kind === "name";
    const token = isNamed ? cursor.name("operation", "A name") : cursor.token;
    const operation = this.begin({ kind, name: isNamed ? token.text : null, token, start });
    this.operations.push(operation);
    const root = this.schema?.root(kind) ?? null;
    if (this.schema && !root) cursor.problem(`The schema has no ${kind}.`, token);
    if (cursor.is("(")) this.variableDefinitions();
    this.directives(kind.toUpperCase());
    this.selections(root);
    operation.end = cursor.previous?.end ?? start;
  }

  fragment() {
    const { cursor } = this;
    this.keyword();
    const token = cursor.name("fragment", "The fragment's name");
    const fragment = this.begin({ name: token?.text, token });
    if (token) this.fragments.push(fragment);
    if (cursor.is("on")) this.keyword();
    else cursor.syntax("“on” is missing here.");
    fragment.type = this.condition(null);
    this.directives("FRAGMENT_DEFINITION");
    this.selections(fragment.type);
  }

  variableDefinitions() {
    const { cursor, schema } = this;
    const open = cursor.skip();
    while (!cursor.isAtEnd && !cursor.is(")")) {
      if (!cursor.take("$")) {
        cursor.syntax("“$” is missing here.");
        cursor.skip();
        continue;
      }
      const token = cursor.name("variable", "The variable's name");
      if (!token) continue;
      const { variables } = this._definition;
      if (variables.has(token.text)) cursor.problem(`$${token.text} is declared twice.`, token);
      const type = cursor.need(":") && this.variableType();
      const hasDefault = cursor.take("=") !== null;
      const start = cursor.token.start;
      if (hasDefault) readValue(cursor, type, { schema, isJson: false, variable: constant });
      const text = hasDefault ? this.textFrom(start) : null;
      variables.set(token.text, { name: token.text, token, type, defaultValue: text });
      this.directives("VARIABLE_DEFINITION");
    }
    if (!cursor.take(")")) cursor.syntax("This is never closed.", open);
  }

  textFrom(start) {
    const { tokens, previous } = this.cursor;
    const within = tokens.filter((token) => token.start >= start && token.end <= previous.end);
    return within.map(({ text }) => text).join(" ");
  }

  /** A type as a variable declares it; null if it is not known. */
  variableType() {
    const { cursor, schema } = this;
    let type = null;
    if (cursor.take("[")) {
      const ofType = this.variableType();
      cursor.need("]");
      type = ofType && { kind: "LIST", ofType };
    } else {
      cursor.expect({ kind: "type", isFor: isInput });
      const token = cursor.name("type", "A type");
      const found = token && schema?.type(token.text);
      if (token && schema && !isInput(found)) {
        cursor.problem(`There is no input type “${token.text}”.`, token);
      }
      if (token && found) token.about = { type: found };
      type = found ? { kind: found.kind, name: found.name } : null;
    }
    return cursor.take("!") && type ? { kind: "NON_NULL", ofType: type } : type;
  }

  variableUse(cursor, type, hasDefault) {
    cursor.skip();
    cursor.expect({ kind: "variable", type, definition: this._definition });
    const token = cursor.name("variable", "The variable's name");
    if (token) this._definition.uses.push({ token, type, hasDefault });
  }

  /** The type after `on`, which an object of type `parent` must be able to have. */
  condition(parent) {
    const { cursor, schema } = this;
    cursor.expect({ kind: "type", isFor: (type) => isComposite(type) && this.fits(type, parent) });
    const token = cursor.name("type", "A type");
    const found = (token && schema?.type(token.text)) ?? null;
    if (found) token.about = { type: found };
    if (token && schema && !isComposite(found)) {
      cursor.problem(`There is no type “${token.text}” with fields.`, token);
      return null;
    }
    if (found && !this.fits(found, parent)) {
      cursor.problem(`${parent.name} is never ${found.name}.`, token);
    }
    return found;
  }

  fits(type, parent) {
    return !parent || this.schema.overlaps(type, parent);
  }

  selections(parent) {
    const { cursor } = this;
    const open = cursor.need("{");
    if (!open) return;
    const first = cursor.token;
    while (!cursor.isAtEnd && !cursor.is("}")) {
      cursor.expect({ kind: "selection", parent });
      if (cursor.take("...")) this.spread(parent);
      else if (cursor.token.kind === "name") this.field(parent);
      else {
        cursor.syntax("A field is missing here.");
        cursor.skip();
      }
    }
    if (cursor.token === first) cursor.syntax("At least one field is needed here.", open);
    cursor.expect({ kind: "selection", parent });
    if (!cursor.take("}")) cursor.syntax("This is never closed.", open);
  }

  spread(parent) {
    const { cursor, fragments } = this;
    cursor.expect({ kind: "spread", parent, fragments });
    if (cursor.token.kind === "name" && !cursor.is("on")) {
      this._definition.spreads.push({ token: cursor.name("fragment", "A name"), parent });
      this.directives("FRAGMENT_SPREAD");
      return;
    }
    const type = cursor.is("on") && this.keyword() ? this.condition(parent) : parent;
    this.directives("INLINE_FRAGMENT");
    this.selections(type);
  }

  field(parent) {
    const { cursor, schema } = this;
    let token = cursor.name("field", "A field");
    if (cursor.take(":")) {
      token.role = "alias";
      cursor.expect({ kind: "selection", parent });
      token = cursor.name("field", "A field");
      if (!token) return;
    }
    const field = parent && schema ? schema.field(parent, token.text) : null;
    if (field) token.about = { type: parent, field };
    else if (parent) cursor.problem(`${parent.name} has no field “${token.text}”.`, token);
    this.arguments(field ? field.args : null, token);
    this.directives("FIELD");
    const named = field && schema.type(namedType(field.type));
    if (cursor.is("{")) {
      if (named && !isComposite(named)) {
        cursor.problem(`“${token.text}” is ${typeText(field.type)}, which has no fields.`, token);
      }
      this.selections(isComposite(named) ? named : null);
    } else if (isComposite(named)) {
      const about = `“${token.text}” is ${typeText(field.type)}: choose its fields, in { }.`;
      cursor.problem(about, token);
    }
  }

  directives(location) {
    const { cursor, schema } = this;
    while (cursor.take("@")) {
      cursor.expect({ kind: "directive", location });
      const token = cursor.name("directive", "The directive's name");
      if (!token) return;
      const found = schema?.directives.find(({ name }) => name === token.text);
      if (schema && !found?.locations.includes(location)) {
        cursor.problem(`@${token.text} cannot stand here.`, token);
      }
      this.arguments(found?.args ?? null, token);
    }
  }

  arguments(definitions, owner) {
    const { cursor } = this;
    const within = { open: cursor.token, close: ")", what: `“${owner.text}”`, owner };
    if (cursor.take("(")) readFields(cursor, definitions, within, this._dialect);
    else if (definitions?.some(isRequired)) {
      const names = definitions.filter(isRequired).map(({ name }) => `“${name}”`);
      cursor.problem(`“${owner.text}” needs ${names.join(", ")}, in ( ).`, owner);
    }
  }
}

function constant(cursor) {
  cursor.problem("A default is no variable.");
  cursor.skip();
  cursor.skip();
}
