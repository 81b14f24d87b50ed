// Which operations a document holds, found without parsing it: names and kinds at the top level.

const TOKEN = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*|[_A-Za-z][_0-9A-Za-z]*|[^]/g;
const KINDS = new Set(["query", "mutation", "subscription"]);

/** The operations of `document`, as `{kind, name}`; the name is null where there is none. */
export function operationsOf(document) {
  const found = [];
  let depth = 0;
  let isDefined = false;
  for (const [token] of document.matchAll(TOKEN)) {
    if (/^[\s,#"]/.test(token)) continue;
    if (token === "{" || token === "(") {
      if (token === "{" && depth === 0 && !isDefined) found.push({ kind: "query", name: null });
      depth += 1;
    } else if (token === "}" || token === ")") {
      depth -= 1;
      if (token === "}" && depth === 0) isDefined = false;
    } else if (depth === 0 && !isDefined && (KINDS.has(token) || token === "fragment")) {
      isDefined = true;
      if (KINDS.has(token)) found.push({ kind: token, name: null, isOpen: true });
    } else if (depth === 0 && found.at(-1)?.isOpen && /^\w/.test(token)) {
      found.at(-1).name ??= token;
      found.at(-1).isOpen = false;
    }
    if (depth > 0 && found.length) found.at(-1).isOpen = false;
  }
  return found.map(({ kind, name }) => ({ kind, name }));
}
