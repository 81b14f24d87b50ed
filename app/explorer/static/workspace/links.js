// Links to an operation. It is in the fragment, which no server is sent and no log holds.

/** The address of the page with an operation filled in. */
export function linkTo({ query, variables, operation }, { origin, pathname }) {
  const parameters = new URLSearchParams({ query });
  if (variables.trim()) parameters.set("variables", variables);
  if (operation) parameters.set("operationName", operation);
  return `${origin}${pathname}#${parameters}`;
}

/** The operation that an address names, in its fragment or, as other tools do, its query. */
export function linkedOperation({ hash, search }) {
  for (const text of [hash.slice(1), search.slice(1)]) {
    const parameters = new URLSearchParams(text);
    const query = parameters.get("query");
    if (query) {
      const variables = parameters.get("variables") ?? "";
      return { query, variables, operation: parameters.get("operationName") ?? "" };
    }
  }
  return null;
}
