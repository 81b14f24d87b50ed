// What our packages say of themselves and of the schema, and how the client waits.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import test, { describe } from "node:test";

import { buildSchema, isAbstractType, parse, validate, validateSchema } from "graphql";
import { DOCUMENTS, Guidance, USUAL_BACKOFF, resuming } from "guidance-client";
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

test("graphql-js reads the printed schema, and our own documents against it", async () => {
  assert.deepEqual(validateSchema(schema), []);
  const folder = new URL("../../gql/documents/files/", import.meta.url);
  const files = await readdir(folder, { recursive: true });
  const documents = files.filter((name) => name.endsWith(".graphql"));
  assert.ok(documents.length > 50, `${documents.length} documents`);
  for (const name of documents) {
    const document = parse(await readFile(new URL(name, folder), "utf8"));
    assert.deepEqual(validate(schema, document), [], name);
  }
});

test("the example for Apollo knows all interfaces and unions", async () => {
  const { possibleTypes } = await import(`${process.env.EXAMPLES}/apollo/client.js`);
  const names = Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [
      type.name,
      schema
        .getPossibleTypes(type)
        .map(({ name }) => name)
        .sort(),
    ]);
  assert.deepEqual(possibleTypes, Object.fromEntries(names));
});

const HALF = Symbol("an answer that breaks off");

/** What `guidance.stop` comes to against a server that gives these answers, one after the other. */
async function stopped(answers, options = {}) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(performance.now());
    const { status, headers, body } = answers[asked.length - 1];
    response.writeHead(status, headers);
    if (body === HALF) response.write('{"data": ', () => response.destroy());
    else response.end(JSON.stringify(body));
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
    const half = { status: 200, body: HALF };
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

/** What a sink is given, and what is asked for, when connections bring these results and problems. */
function scripted(connections, attempts = 5, said = ({ data }) => data.replyStream.text ?? "end") {
  const asked = [];
  const client = {
    subscribe(payload, sink) {
      const script = connections[asked.length];
      asked.push(payload.variables);
      setImmediate(() => {
        for (const [name, value] of script) sink[name](value);
      });
      return () => {};
    },
  };
  const transport = resuming(client, { ...USUAL_BACKOFF, firstSeconds: 0.001, attempts });
  return new Promise((resolve) => {
    const heard = [];
    const end = (problem) => resolve({ heard, asked, problem });
    const next = (result) => heard.push(said(result));
    const payload = { query: "…", variables: { id: "a reply", after: 0 } };
    transport.subscribe(payload, { next, error: end, complete: end });
  });
}

const piece = (index, text) => ["next", { data: { replyStream: { index, text } } }];
const ENDED = ["next", { data: { replyStream: { message: { id: "a reply" } } } }];
const BROKEN = ["error", { code: 1006, reason: "" }];
const BUSY = [{ message: "Later.", extensions: { code: "OVERLOADED" } }];

describe("the client over sockets", { concurrency: true }, () => {
  test("it asks for what follows the last piece, and drops what it has", async () => {
    const { heard, asked, problem } = await scripted([
      [piece(1, "a"), piece(2, "b"), BROKEN],
      [piece(1, "a"), piece(2, "b"), piece(3, "c"), BROKEN],
      [ENDED, ["complete"]],
    ]);
    assert.deepEqual(heard, ["a", "b", "c", "end"]);
    assert.deepEqual(
      asked.map(({ after }) => after),
      [0, 2, 3],
    );
    assert.equal(problem, undefined);
  });

  test("what is whole in each event is asked for again", async () => {
    const state = (status) => ["next", { data: { subscriptionChanged: { status } } }];
    const connections = [[state("ACTIVE"), BROKEN], [state("PAST_DUE"), BROKEN], [["complete"]]];
    const { heard, asked, problem } = await scripted(connections, 5, ({ data }) => data.subscriptionChanged.status);
    assert.deepEqual([heard, asked.length, problem], [["ACTIVE", "PAST_DUE"], 3, undefined]);
  });

  test("a connection that breaks behind the end is not missed", async () => {
    const { heard, asked, problem } = await scripted([[piece(1, "a"), ENDED, BROKEN]]);
    assert.deepEqual([heard, asked.length, problem], [["a", "end"], 1, undefined]);
  });

  test("a server that is busy is asked again, whichever way it says so", async () => {
    const { heard } = await scripted([
      [["error", BUSY]],
      [["next", { data: null, errors: BUSY }], piece(1, "not any more")],
      [piece(1, "a"), ENDED, ["complete"]],
    ]);
    assert.deepEqual(heard, ["a", "end"]);
  });

  test("what would be closed again is not opened again, and a row of failures has an end", async () => {
    const invalid = await scripted([[["error", { code: 4400, reason: "No." }]]]);
    assert.match(invalid.problem.message, /No\., code 4400/);
    const away = await scripted([[BROKEN], [piece(1, "a"), BROKEN], [BROKEN], [BROKEN]], 3);
    assert.deepEqual([away.heard, away.asked.length], [["a"], 4]);
    assert.equal(away.problem.name, "ConnectionLost");
  });
});
