// Lexical tokens of GraphQL documents and of JSON, of which GraphQL's values are nearly a superset.
// https://spec.graphql.org/draft/#sec-Language.Source-Text.Lexical-Tokens

const TOKENS = [
  ["ignored", /[\s,\uFEFF]+/],
  ["comment", /#[^\n\r]*/],
  ["block", /"""(?:\\"""|[^])*?(?:"""|$)/],
  ["string", /"(?:\\.|[^"\\\n])*"?/],
  ["name", /[_A-Za-z][_0-9A-Za-z]*/],
  ["number", /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/],
  ["punctuator", /\.\.\.|[!$&()=:@[\]{|}]/],
  ["unknown", /[^]/u],
];
const PATTERN = new RegExp(TOKENS.map(([kind, { source }]) => `(?<${kind}>${source})`).join("|"), "gu");

/** Every token of `text`, comments included, as `{kind, text, start, end}`. */
export function tokenize(text) {
  const tokens = [];
  for (const match of text.matchAll(PATTERN)) {
    const [kind] = Object.entries(match.groups).find(([, found]) => found !== undefined);
    const [token, start] = [match[0], match.index];
    if (kind !== "ignored") tokens.push({ kind, text: token, start, end: start + token.length });
  }
  return tokens;
}
