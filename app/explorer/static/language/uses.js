// What the definitions of a document use of each other: variables and fragments.

import { namedType, typeText } from "../schema/types.js";

/** Compare what is used with what is declared, across fragments. */
export function checkUses(cursor, operations, fragments) {
  const byName = new Map(fragments.map((fragment) => [fragment.name, fragment]));
  const isSpread = new Set();
  for (const definition of [...operations, ...fragments]) {
    for (const { token } of definition.spreads) {
      if (!byName.has(token.text)) cursor.problem(`There is no fragment “${token.text}”.`, token);
    }
  }
  for (const operation of operations) {
    const reached = reachable(operation, byName);
    reached.forEach((definition) => isSpread.add(definition));
    checkVariables(cursor, operation, reached.flatMap(({ uses }) => uses));
  }
  for (const fragment of fragments.filter((one) => operations.length && !isSpread.has(one))) {
    cursor.problem(`No operation uses the fragment “${fragment.name}”.`, fragment.token);
  }
  checkNames(cursor, operations);
}

/** The definition, and all fragments that it spreads, directly or not. */
function reachable(definition, byName, found = []) {
  if (!definition || found.includes(definition)) return found;
  found.push(definition);
  definition.spreads.forEach(({ token }) => reachable(byName.get(token.text), byName, found));
  return found;
}

function checkVariables(cursor, { variables, kind, name }, uses) {
  for (const { token, type, hasDefault } of uses) {
    const declared = variables.get(token.text);
    if (!declared) {
      cursor.problem(`The ${name ?? kind} does not declare $${token.text}.`, token);
    } else if (type && declared.type && !isAccepted(declared, type, hasDefault)) {
      const [given, wanted] = [typeText(declared.type), typeText(type)];
      cursor.problem(`$${token.text} is ${given}, and ${wanted} is needed here.`, token);
    }
  }
  const used = new Set(uses.map(({ token }) => token.text));
  for (const { name: variable, token } of variables.values()) {
    if (!used.has(variable)) cursor.problem(`$${variable} is never used.`, token);
  }
}

// https://spec.graphql.org/draft/#IsVariableUsageAllowed()
function isAccepted({ type, defaultValue }, wanted, hasDefault) {
  if (wanted.kind === "NON_NULL" && type.kind !== "NON_NULL") {
    return (defaultValue !== null || hasDefault) && isSubtype(type, wanted.ofType);
  }
  return isSubtype(type, wanted);
}

function isSubtype(type, wanted) {
  if (wanted.kind === "NON_NULL") {
    return type.kind === "NON_NULL" && isSubtype(type.ofType, wanted.ofType);
  }
  if (type.kind === "NON_NULL") return isSubtype(type.ofType, wanted);
  if (wanted.kind === "LIST") return type.kind === "LIST" && isSubtype(type.ofType, wanted.ofType);
  return type.kind !== "LIST" && namedType(type) === namedType(wanted);
}

function checkNames(cursor, operations) {
  const seen = new Set();
  for (const { name, token } of operations) {
    if (name === null && operations.length > 1) {
      cursor.problem("An operation without a name must be the only one.", token);
    } else if (name !== null && seen.has(name)) {
      cursor.problem(`There are two operations “${name}”.`, token);
    }
    seen.add(name);
  }
}
