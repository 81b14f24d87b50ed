// Types as introspection gives them, found by name, and written as text.

/** The innermost type's name. */
export function namedType(type) {
  return type.ofType ? namedType(type.ofType) : type.name;
}

/** A type as the schema language writes it. */
export function typeText(type) {
  if (type.kind === "NON_NULL") return `${typeText(type.ofType)}!`;
  if (type.kind === "LIST") return `[${typeText(type.ofType)}]`;
  return type.name;
}

const META = {
  __typename: { name: "__typename", args: [], description: "The name of the object's type.",
    type: { kind: "NON_NULL", ofType: { kind: "SCALAR", name: "String" } } },
  __schema: { name: "__schema", args: [], description: "The schema of this API.",
    type: { kind: "NON_NULL", ofType: { kind: "OBJECT", name: "__Schema" } } },
  __type: { name: "__type", description: "A type of the schema by its name.",
    args: [{ name: "name", defaultValue: null, description: null,
      type: { kind: "NON_NULL", ofType: { kind: "SCALAR", name: "String" } } }],
    type: { kind: "OBJECT", name: "__Type" } },
};

/** A schema, out of what introspection gave, by the names in it. */
export class Schema {
  constructor(introspected) {
    this.types = introspected.types
      .filter(({ name }) => !name.startsWith("__"))
      .sort((one, other) => one.name.localeCompare(other.name));
    this.directives = introspected.directives ?? [];
    this.roots = {
      query: introspected.queryType?.name,
      mutation: introspected.mutationType?.name,
      subscription: introspected.subscriptionType?.name,
    };
    this._byName = new Map(introspected.types.map((type) => [type.name, type]));
  }

  type(name) {
    return this._byName.get(name) ?? null;
  }

  /** The type on which an operation of a kind begins. */
  root(kind) {
    return this.type(this.roots[kind]);
  }

  /** All fields that may be selected on a type, those of introspection included. */
  fields(type) {
    const isRoot = type.name === this.roots.query;
    const meta = isRoot ? [META.__typename, META.__schema, META.__type] : [META.__typename];
    return [...(type.fields ?? []), ...meta];
  }

  field(type, name) {
    return this.fields(type).find((field) => field.name === name) ?? null;
  }

  /** The types that an object of a type may have, the type itself among them. */
  possible(type) {
    const names = [type.name, ...(type.possibleTypes ?? []).map(({ name }) => name)];
    return names.map((name) => this.type(name)).filter(Boolean);
  }

  /** Whether an object can have both types. */
  overlaps(one, other) {
    const names = new Set(this.possible(one).filter(isObject).map(({ name }) => name));
    return this.possible(other).some(({ name }) => names.has(name));
  }
}

export function isComposite(type) {
  return ["OBJECT", "INTERFACE", "UNION"].includes(type?.kind);
}

export function isInput(type) {
  return ["SCALAR", "ENUM", "INPUT_OBJECT"].includes(type?.kind);
}

function isObject({ kind }) {
  return kind === "OBJECT";
}
