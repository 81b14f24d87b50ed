// The question that asks a server for its schema, and the search in what it gave.

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } } } }";
const INPUT = `name description defaultValue type { ${TYPE} }`;

export const INTROSPECTION = `query Introspection { __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  directives { name description locations args { ${INPUT} } }
  types { kind name description
    fields(includeDeprecated: true) { name description isDeprecated deprecationReason
      args { ${INPUT} } type { ${TYPE} } }
    inputFields { ${INPUT} }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    interfaces { name } possibleTypes { name }
  }
} }`;

/** The types, and the fields of types, whose names hold `text`, names that begin with it first. */
export function find(types, text) {
  const wanted = text.toLowerCase();
  const rank = (name) => {
    const place = name.toLowerCase().indexOf(wanted);
    return place < 0 ? null : Math.min(place, 1);
  };
  const found = [];
  for (const type of types) {
    if (rank(type.name) !== null) found.push({ type, field: null, rank: rank(type.name) });
    for (const field of type.fields ?? []) {
      if (rank(field.name) !== null) found.push({ type, field, rank: rank(field.name) + 0.5 });
    }
  }
  return found.sort((one, other) => one.rank - other.rank).slice(0, 60);
}
