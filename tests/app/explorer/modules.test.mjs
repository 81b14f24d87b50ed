// The modules that need no page: operations in a document, events in a stream, types in text.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

// The files are modules for browsers, which Node knows by their names only: they come as data.
const load = async (name) => {
  const path = new URL(`../../../app/explorer/static/${name}`, import.meta.url);
  const text = await readFile(path, "utf8");
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
};
const { operationsOf } = await load("operations.js");
const { eventReader } = await load("events.js");
const { find, namedType, typeText } = await load("schema.js");

const query = (name) => ({ kind: "query", name });

for (const [document, expected] of [
  ["", []],
  ["{ a }", [query(null)]],
  ["query { a }", [query(null)]],
  ["query A { a { b } } mutation B { c }", [query("A"), { kind: "mutation", name: "B" }]],
  ["subscription S($id: ID! = {a: 1}) @x { s(id: $id) { t } }", [{ kind: "subscription", name: "S" }]],
  ["fragment F on query { a } query A { ...F }", [query("A")]],
  ["# query No { a }\nquery Yes { a }", [query("Yes")]],
  ['query A { a(text: "} query B {") }', [query("A")]],
  ['query A { a(text: """ } " \\""" query B { """) }', [query("A")]],
  ["query query { query: mutation }", [query("query")]],
  ["query A {", [query("A")]],
]) {
  test(`operations of ${JSON.stringify(document)}`, () => {
    assert.deepEqual(operationsOf(document), expected);
  });
}

const STREAM =
  ': hello\r\nid: 1\r\nevent: next\r\ndata: {"a":\r\ndata: 1}\r\n\r\n:\n\nevent: complete\ndata:\n\n';
const EVENTS = [
  { event: "next", data: '{"a":\n1}', id: "1" },
  { event: "complete", data: "", id: "1" },
];

test("events of a stream, wherever it is cut", () => {
  for (let first = 0; first <= STREAM.length; first += 1) {
    for (let second = first; second <= STREAM.length; second += 1) {
      const events = [];
      const feed = eventReader((event) => events.push(event));
      feed(STREAM.slice(0, first));
      feed(STREAM.slice(first, second));
      feed(STREAM.slice(second));
      assert.deepEqual(events, EVENTS);
    }
  }
});

const LIST = {
  kind: "NON_NULL",
  ofType: { kind: "LIST", ofType: { kind: "NON_NULL", ofType: { kind: "OBJECT", name: "A" } } },
};

test("types as text", () => {
  assert.equal(typeText(LIST), "[A!]!");
  assert.equal(namedType(LIST), "A");
});

test("finding names, those that begin with it first", () => {
  const types = [{ name: "Message", fields: [{ name: "id" }] }, { name: "User", fields: [{ name: "message" }] }];
  const found = find(types, "me").map(({ type, field }) => [type.name, field?.name]);
  assert.deepEqual(found, [["Message", undefined], ["User", "message"]]);
  assert.deepEqual(find(types, "nothing"), []);
});
