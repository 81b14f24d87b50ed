// The clients that front ends use, and the page for people, against the server at ADDRESS.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import * as sse from "graphql-sse";
import * as ws from "graphql-ws";
import WebSocket from "ws";

const { ADDRESS, TOKEN } = process.env;
const COUNT = "subscription Count($to: Int!) { count(to: $to) { number } }";
const ENDLESS = "subscription Endless($name: String!) { endless(name: $name) { number } }";

/** The results of an operation, until it completes; rejects as the client does. */
function results(client, payload) {
  return new Promise((resolve, reject) => {
    const heard = [];
    client.subscribe(payload, {
      next: (result) => heard.push(result),
      error: reject,
      complete: () => resolve(heard),
    });
  });
}

const socketClient = (options) =>
  ws.createClient({
    url: `${ADDRESS.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...options,
  });
const eventClient = (options) =>
  sse.createClient({ url: `${ADDRESS}/graphql`, retryAttempts: 0, ...options });

const count = (to) => ({ query: COUNT, variables: { to } });
const counted = (to) =>
  Array.from({ length: to }, (_, index) => ({ data: { count: { number: index + 1 } } }));

for (const [name, createClient] of [["graphql-ws", socketClient], ["graphql-sse", eventClient]]) {
  test(`${name}: subscriptions at once, and a query`, async () => {
    const client = createClient();
    const heard = await Promise.all([1, 5, 50].map((to) => results(client, count(to))));
    assert.deepEqual(heard, [counted(1), counted(5), counted(50)]);
    assert.deepEqual(await results(client, { query: "{ who }" }), [{ data: { who: "nobody" } }]);
    client.dispose();
  });

  test(`${name}: a mutation`, async () => {
    const client = createClient();
    const query = `mutation { waitAtGate(name: "sent by ${name}") }`;
    assert.deepEqual(await results(client, { query }), [{ data: { waitAtGate: true } }]);
    client.dispose();
  });

  test(`${name}: taking a stream up where it broke`, async () => {
    const client = createClient();
    const query = "subscription { count(to: 5, after: 3) { number } }";
    assert.deepEqual(await results(client, { query }), counted(5).slice(3));
    client.dispose();
  });

  test(`${name}: leaving a stream in the middle`, async () => {
    const client = createClient();
    const variables = { name: `left by ${name}` };
    for await (const result of client.iterate({ query: ENDLESS, variables })) {
      assert.deepEqual(result, { data: { endless: { number: 1 } } });
      break;
    }
    assert.deepEqual(await results(client, count(2)), counted(2));
    client.dispose();
  });

  test(`${name}: a field that fails`, async () => {
    const client = createClient();
    const query = "subscription { count(to: 2) { even } }";
    const [first, second] = await results(client, { query });
    assert.equal(first.errors[0].extensions.code, "FORBIDDEN");
    assert.deepEqual(second, { data: { count: { even: true } } });
    client.dispose();
  });
}

test("graphql-ws: a token, and one that is not accepted", async () => {
  const client = socketClient({ connectionParams: { Authorization: `Bearer ${TOKEN}` } });
  assert.deepEqual(await results(client, { query: "{ who }" }), [{ data: { who: "person 1" } }]);
  client.dispose();
  const stranger = socketClient({ connectionParams: { Authorization: "Bearer nonsense" } });
  await assert.rejects(results(stranger, { query: "{ who }" }), { code: 4403 });
});

test("graphql-ws: an operation that is not valid rejects with its errors", async () => {
  const client = socketClient();
  await assert.rejects(results(client, { query: "{ nothing }" }), (errors) => {
    assert.equal(errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    return true;
  });
  client.dispose();
});

test("graphql-sse: a token, and one that is not accepted", async () => {
  const client = eventClient({ headers: { Authorization: `Bearer ${TOKEN}` } });
  assert.deepEqual(await results(client, { query: "{ who }" }), [{ data: { who: "person 1" } }]);
  const stranger = eventClient({ headers: { Authorization: "Bearer nonsense" } });
  await assert.rejects(results(stranger, { query: "{ who }" }), (error) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});

test("graphql-sse: taking a stream up by the last event's id", async () => {
  const client = eventClient({ headers: { "Last-Event-ID": "48" } });
  assert.deepEqual(await results(client, count(50)), counted(50).slice(48));
});

test("graphql-sse: an operation that is not valid is a result with errors", async () => {
  const [result] = await results(eventClient(), { query: "{ nothing }" });
  assert.equal(result.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});

test("the page for people follows subscriptions both ways", async () => {
  const { followEvents, followSocket } = await pageTransport();
  for (const follow of [followEvents, followSocket]) {
    const heard = [];
    const headers = { Authorization: `Bearer ${TOKEN}` };
    await follow(count(3), headers, new AbortController().signal, (one) => heard.push(one));
    assert.deepEqual(heard, counted(3));
  }
  const stopping = new AbortController();
  const endless = { query: ENDLESS, variables: { name: "left by the page" } };
  await followSocket(endless, {}, stopping.signal, () => stopping.abort());
});

/** The page's module, with what a browser would give it. */
async function pageTransport() {
  const encoded = (text) => `data:text/javascript,${encodeURIComponent(text)}`;
  const read = (name) =>
    readFile(new URL(`../../app/explorer/static/requests/${name}`, import.meta.url), "utf8");
  let transport = await read("transport.js");
  for (const name of ["events.js", "incremental.js", "multipart.js"]) {
    transport = transport.replace(`./${name}`, encoded(await read(name)));
  }
  const browserFetch = globalThis.fetch;
  globalThis.location = new URL(ADDRESS);
  globalThis.WebSocket = WebSocket;
  globalThis.fetch = (path, options) => browserFetch(new URL(path, ADDRESS), options);
  return import(encoded(transport));
}
