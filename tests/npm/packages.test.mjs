// What our packages say of themselves and of the schema, and how the client waits.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import test, { describe } from "node:test";

import { buildSchema, isAbstractType, parse, validate } from "graphql";
import { DOCUMENTS, Guidance, USUAL_BACKOFF } from "guidance-client";
import WebSocket from "ws";

globalThis.WebSocket ??= WebSocket; // as browsers have it, and newer versions of Node

const text = await readFile(new URL("../../gql/schema.graphql", import.meta.url), "utf8");
const schema = buildSchema(text);

test("the client's documents fit the schema, and their ids are the hashes of their texts", () => {
  for (const { id, text } of DOCUMENTS) {
    assert.deepEqual(validate(schema, parse(text)), []);
    assert.equal(createHash("sha256").update(text).digest("hex"), id);
  }
});

test("the example for Apollo knows all interfaces and unions", async () => {
  const { possibleTypes } = await import(`${process.env.EXAMPLES}/apollo/client.js`);
  const names = Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name).sort()]);
  assert.deepEqual(possibleTypes, Object.fromEntries(names));
});

/** What `guidance.stop` comes to against a server that gives these answers, one after the other. */
async function stopped(answers, options = {}) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(performance.now());
    const { status, headers, body } = answers[asked.length - 1];
    response.writeHead(status, headers).end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  const backoff = { firstSeconds: 0.001, ...options };
  const guidance = new Guidance({ address, token: () => "a token", backoff });
  const pauses = () => asked.slice(1).map((at, place) => (at - asked[place]) / 1000);
  try {
    return { reply: await guidance.stop("a reply"), pauses: pauses() };
  } catch (problem) {
    return { problem, pauses: pauses() };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const REPLY = { id: "a reply", status: "STOPPED", content: "So" };
const GOOD = { status: 200, body: { data: { stopReply: { reply: REPLY, userErrors: [] } } } };
const refused = (status, code, seconds) => ({
  status,
  headers: seconds === undefined ? {} : { "retry-after": `${seconds}` },
  body: { errors: [{ message: "Later.", extensions: { code } }] },
});

describe("the client over HTTP", { concurrency: true }, () => {
  test("it waits for the seconds of Retry-After, and for its date", async () => {
    const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000).toUTCString();
    const first = await stopped([refused(429, "THROTTLED", 1), GOOD]);
    assert.deepEqual(first.reply, REPLY);
    assert.ok(first.pauses[0] >= 1, `${first.pauses}`);
    const second = await stopped([refused(503, "OVERLOADED", date), GOOD]);
    assert.ok(Date.now() >= Date.parse(date));
    assert.deepEqual(second.reply, REPLY);
  });

  test("it asks again after what a proxy says in the server's place, and after half an answer", async () => {
    const half = { status: 200, headers: { "content-length": "3" }, body: "no JSON" };
    const { reply, pauses } = await stopped([{ status: 502, body: "" }, half, GOOD]);
    assert.deepEqual(reply, REPLY);
    assert.equal(pauses.length, 2);
  });

  test("it asks once where the answer would be the same, and no more often than it may", async () => {
    const invalid = await stopped([refused(400, "GRAPHQL_VALIDATION_FAILED")]);
    assert.equal(invalid.problem.code, "GRAPHQL_VALIDATION_FAILED");
    const away = refused(503, "SERVICE_UNAVAILABLE", 0);
    const given = await stopped([away, away, away], { attempts: 3 });
    assert.equal(given.problem.code, "SERVICE_UNAVAILABLE");
    assert.equal(given.pauses.length, 2);
    assert.ok(USUAL_BACKOFF.attempts > 3);
  });
});
