// The modules that need no page: a document read, completed and formatted; streams; types as text.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

const { EXPLORER, DOCUMENTS } = process.env;
const load = (name) => import(join(EXPLORER, "static", name));
const { completions } = await load("language/completion.js");
const { readDocument } = await load("language/document.js");
const { format } = await load("language/format.js");
const { filledIn, readVariables } = await load("language/variables.js");
const { typed } = await load("editor/typing.js");
const { eventReader } = await load("requests/events.js");
const { IncrementalResponse } = await load("requests/incremental.js");
const { boundaryOf, partReader } = await load("requests/multipart.js");
const { find } = await load("schema/introspection.js");
const { namedType, Schema, typeText } = await load("schema/types.js");
const { linkedOperation, linkTo } = await load("workspace/links.js");

const schema = new Schema(JSON.parse(readFileSync(join(EXPLORER, "schema.json"))));
const OURS = readdirSync(DOCUMENTS, { recursive: true })
  .filter((name) => name.endsWith(".graphql"))
  .map((name) => [name, readFileSync(join(DOCUMENTS, name), "utf8")]);

/** The problems of a text, each as its message and what it marks. */
const found = ({ problems }, text) =>
  problems.map(({ message, start, end }) => `${message} [${text.slice(start, end)}]`);

for (const [document, expected] of [
  ["", []],
  ["{ a }", ["query null"]],
  ["query { a }", ["query null"]],
  ["query A { a { b } } mutation B { c }", ["query A", "mutation B"]],
  ["subscription S($id: ID! = {a: 1}) @x { s(id: $id) { t } }", ["subscription S"]],
  ["fragment F on query { a } query A { ...F }", ["query A"]],
  ["# query No { a }\nquery Yes { a }", ["query Yes"]],
  ['query A { a(text: "} query B {") }', ["query A"]],
  ['query A { a(text: """ } " \\""" query B { """) }', ["query A"]],
  ["query query { query: mutation }", ["query query"]],
  ["query A {", ["query A"]],
]) {
  test(`operations of ${JSON.stringify(document)}`, () => {
    const operations = readDocument(document, null).operations;
    assert.deepEqual(operations.map(({ kind, name }) => `${kind} ${name}`), expected);
  });
}

for (const [name, text] of OURS) {
  test(`${name} has no problems, and formatting keeps it`, () => {
    assert.deepEqual(found(readDocument(text, schema), text), []);
    const formatted = format(text);
    assert.deepEqual(found(readDocument(formatted, schema), formatted), []);
    assert.equal(format(formatted), formatted);
  });
}

for (const [text, expected] of [
  ["{ viewer { foo } }", ["User has no field “foo”. [foo]"]],
  ["{ viewer }", ["“viewer” is User: choose its fields, in { }. [viewer]"]],
  ["{ viewer { email { a } } }", ["“email” is String!, which has no fields. [email]"]],
  ["{ viewer { email", ["This is never closed. [{]"]],
  ["{ viewer { } }", ["At least one field is needed here. [{]"]],
  ["{ node { id } }", ["“node” needs “id”, in ( ). [node]"]],
  ["{ node(id: 1.5) { id } }", ["1.5 is not ID!. [1.5]"]],
  ["{ node(id: $id) { id } }", ["The query does not declare $id. [id]"]],
  ["query Q($a: Int) { plans { code } }", ["$a is never used. [a]"]],
  ["query Q($a: Nope) { plans { code } }",
    ["There is no input type “Nope”. [Nope]", "$a is never used. [a]"]],
  ["query Q($a: String!) { viewer { conversations(first: $a) { totalCount } } }",
    ["$a is String!, and Int is needed here. [a]"]],
  ["query Q($a: Int) { ...F } fragment F on Query { viewer { conversations(first: $a) { edges { cursor } } } }", []],
  ["{ ...F }", ["There is no fragment “F”. [F]"]],
  ["{ plans { code } } fragment F on User { id }", ["No operation uses the fragment “F”. [F]"]],
  ["{ viewer { ... on Message { id } } }", ["User is never Message. [Message]"]],
  ["{ viewer { id @nope } }", ["@nope cannot stand here. [nope]"]],
  ["{ viewer { id @skip } }", ["“skip” needs “if”, in ( ). [skip]"]],
  ["query A { plans { code } } query A { plans { code } }", ["There are two operations “A”. [A]"]],
  ["mutation { stopReply(input: {id: 1}) { userErrors { code } } }",
    ["StopReplyInput has no “id”. There is messageId. [id]",
      "StopReplyInput needs “messageId: ID!”. [{]"]],
  ["{ __schema { types { name } } }", []],
  ["scalar A", ["A document consists of queries, mutations, subscriptions and fragments. [scalar]"]],
  ["{ a ] b }", ["Query has no field “a”. [a]", "A field is missing here. []]",
    "Query has no field “b”. [b]"]],
]) {
  test(`what is wrong with ${text}`, () => {
    assert.deepEqual(found(readDocument(text, schema), text), expected);
  });
}

/** The labels that complete a text at its bar, and what the first of them inserts. */
const completed = (marked) => {
  const text = marked.replace("|", "");
  const candidates = completions(readDocument(text, schema), marked.indexOf("|"), schema);
  return candidates && [candidates.items.map(({ label }) => label), candidates.items[0].insert];
};

for (const [text, expected] of [
  ["|", [["query", "mutation", "subscription", "fragment"], "query "]],
  ["{ vie| }", [["viewer"], "viewer {  }"]],
  ["{ nod| }", [["node", "nodes"], "node(id: ) {  }"]],
  ["{ viewer { quo|", [["quota"], "quota {  }"]],
  ["{ viewer { quo| { used } } }", [["quota"], "quota"]],
  ["{ viewer { conversations(fi|) { edges { cursor } } } }", [["first"], "first: "]],
  ["{ viewer { conversations(status: |) { edges { cursor } } } }", [["ACTIVE", "ARCHIVED"], "ACTIVE"]],
  ["{ node(id: 1) { ... on Us| } }", [["User"], "User"]],
  ["{ node(id: 1) { ... on Nope| } }", null],
  ["{ viewer { id @in| } }", [["include"], "include(if: )"]],
  ["query Q($number: ID!) { node(id: $|) { id } }", [["number"], "number"]],
  ["query Q($a: CheckoutI|) { plans { code } }", [["CheckoutInput"], "CheckoutInput"]],
  ["{ plans { code } } # vie|", null],
]) {
  test(`completions of ${text}`, () => assert.deepEqual(completed(text), expected));
}

const SEND = readDocument(
  "mutation M($input: SendMessageInput!, $kind: DeliveryMode) { sendMessage(input: $input) { userErrors { code } } }",
  schema,
).operations[0];

for (const [text, expected] of [
  ["", ["The operation needs “input: SendMessageInput!”. []"]],
  ['{"input": {"content": "a", "idempotencyKey": "b"}}', []],
  ['{"input": {"content": 1, "idempotencyKey": "b"}}', ["1 is not String!. [1]"]],
  ['{"inputs": 1}', ["The operation has no “inputs”. There is input. [\"inputs\"]",
    "The operation needs “input: SendMessageInput!”. [{]"]],
  ["[]", ["Variables are a JSON object: { }. [[]"]],
]) {
  test(`variables ${text}`, () => {
    assert.deepEqual(found(readVariables(text, SEND, schema), text), expected);
  });
}

test("what is no JSON has no value, and is marked", () => {
  for (const text of ['{"input": }', '{"a": 1 "b": 2}', "{'a': 1}", '{"a": 1,}', "{", '{"a": 1} x']) {
    const { value, problems } = readVariables(text, null, null);
    assert.equal(value, null, text);
    assert.ok(problems.length > 0, text);
  }
});

test("missing variables are filled in", () => {
  assert.deepEqual(filledIn({}, SEND, schema), { input: { content: "", idempotencyKey: "" } });
});

for (const [text, expected] of [
  ["{a}", "{\n  a\n}\n"],
  ["query A($a:[Int!]!=[1,2]@b){c(d:{e:$a,f:[]})@g(h:true){i}}",
    "query A($a: [Int!]! = [1, 2] @b) {\n  c(d: { e: $a, f: [] }) @g(h: true) {\n    i\n  }\n}\n"],
  ["# one\n{ a # two\n# three\nb: c ...F ... on D { e } ... @f { g } }",
    "# one\n{\n  a # two\n  # three\n  b: c\n  ...F\n  ... on D {\n    e\n  }\n  ... @f {\n    g\n  }\n}\n"],
  ["query A{a}fragment F on B@c{d}", "query A {\n  a\n}\n\nfragment F on B @c {\n  d\n}\n"],
  ['{ a(b: """x\n  y""") }', '{\n  a(\n    b: """x\n  y"""\n  )\n}\n'],
]) {
  test(`formatted ${JSON.stringify(text)}`, () => assert.equal(format(text), expected));
}

test("no text, however broken, stops the reader or the formatter", () => {
  const whole = OURS.map(([, text]) => text).join("\n").slice(0, 1_500);
  for (let at = 0; at < whole.length; at += 11) {
    const text = whole.slice(0, at) + "}{)(@$:..."[at % 10] + whole.slice(at + 3);
    readDocument(text, schema);
    completions(readDocument(text.slice(0, at), schema), at, schema);
    format(text);
  }
});

for (const [key, before, after, expected] of [
  ["{", "a ", "", { insert: "{}", back: 1 }],
  ["{", "a ", "b", null],
  ["}", "a {", "}", { skip: 1 }],
  ["Backspace", "a {", "}", { erase: 1 }],
  ["Backspace", "a", "}", null],
  ["Enter", "  a", "", { insert: "\n  ", back: 0 }],
  ["Enter", "  a {", "}", { insert: "\n    \n  ", back: 3 }],
]) {
  test(`typed ${key} between ${before}|${after}`, () => {
    assert.deepEqual(typed(key, before, after, ""), expected);
  });
}

test("a link has the operation in its fragment, and is read again", () => {
  const operation = { query: "query A { a }", variables: '{"b": "&#"}', operation: "A" };
  const link = linkTo(operation, { origin: "http://h", pathname: "/graphql" });
  assert.ok(link.startsWith("http://h/graphql#query=query+A"));
  const { hash, search } = new URL(link);
  assert.deepEqual(linkedOperation({ hash, search }), operation);
  const other = new URL("http://h/graphql?query={a}");
  assert.deepEqual(linkedOperation(other), { query: "{a}", variables: "", operation: "" });
  assert.equal(linkedOperation({ hash: "", search: "" }), null);
});

const MULTIPART =
  '\r\n--part\r\ncontent-type: application/json\r\n\r\n{"a": 1}\r\n--part\r\n\r\n{"b": "--part"}\r\n--part--\r\n';

test("parts of a body, wherever it is cut", () => {
  assert.equal(boundaryOf('multipart/mixed; boundary="part"; incrementalSpec=v0.2'), "part");
  assert.equal(boundaryOf("application/json"), null);
  for (let cut = 0; cut <= MULTIPART.length; cut += 1) {
    const parts = [];
    const feed = partReader("part", (text) => parts.push(text));
    feed(MULTIPART.slice(0, cut));
    feed(MULTIPART.slice(cut));
    assert.deepEqual(parts, ['{"a": 1}', '{"b": "--part"}']);
  }
});

test("a response in parts is put together", () => {
  const response = new IncrementalResponse();
  response.add({ data: { a: { b: 1 }, l: [1] }, hasNext: true,
    pending: [{ id: "0", path: ["a"] }, { id: "1", path: ["l"] }, { id: "2", path: [] }] });
  response.add({ incremental: [{ id: "0", data: { c: 2 } }, { id: "1", items: [2, 3] }],
    completed: [{ id: "0" }], hasNext: true });
  response.add({ incremental: [{ id: "2", subPath: ["a"], data: { d: 3 } }],
    completed: [{ id: "1", errors: [{ message: "m" }] }], hasNext: false });
  assert.deepEqual(response.body,
    { data: { a: { b: 1, c: 2, d: 3 }, l: [1, 2, 3] }, errors: [{ message: "m" }] });
  assert.equal(response.parts, 3);
});

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
