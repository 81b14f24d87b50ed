// The set-ups of docs/clients/libraries.md, as they are written there, against the server at ADDRESS.

import assert from "node:assert/strict";
import test from "node:test";

import { gql } from "@apollo/client";
import WebSocket from "ws";

import { documented } from "./documented.mjs";

globalThis.WebSocket ??= WebSocket; // as browsers have it, and newer versions of Node

const { ADDRESS, TOKEN } = process.env;
const token = () => TOKEN;
const WHO = "query Who { who }";
const COUNT = "subscription Count { count(to: 3) { number } }";
const LATER = '{ who ... @defer { same(text: "later") } }';
const NUMBERS = [1, 2, 3];

/** What an observable gives until it completes. */
const all = (observable, most = Infinity) =>
  new Promise((resolve, reject) => {
    const heard = [];
    const subscription = observable.subscribe({
      next: (value) => {
        heard.push(value);
        if (heard.length === most) {
          setTimeout(() => subscription.unsubscribe());
          resolve(heard);
        }
      },
      error: reject,
      complete: () => resolve(heard),
    });
  });

test("Apollo Client", async () => {
  const client = (await documented("apollo")).connect(ADDRESS, token);
  assert.deepEqual((await client.query({ query: gql(WHO) })).data, { who: "person 1" });
  const events = await all(client.subscribe({ query: gql(COUNT) }));
  assert.deepEqual(events.map(({ data }) => data.count.number), NUMBERS);
  const later = await client.query({ query: gql(LATER) });
  assert.deepEqual([later.data.who, later.data.same], ["person 1", "later"]);
  await assert.rejects(client.query({ query: gql("{ nothing }") }), (error) => {
    assert.match(JSON.stringify(error.errors ?? error.bodyText ?? ""), /GRAPHQL_VALIDATION_FAILED/);
    return true;
  });
  client.stop();
});

test("urql", async () => {
  const client = (await documented("urql")).connect(ADDRESS, token);
  assert.deepEqual((await client.query(WHO, {}).toPromise()).data, { who: "person 1" });
  const events = await observed(client.subscription(COUNT, {}), NUMBERS.length);
  assert.deepEqual(events.map(({ data }) => data.count.number), NUMBERS);
  const parts = await observed(client.query(LATER, {}), 2);
  assert.deepEqual(parts.map(({ hasNext }) => hasNext), [true, false]);
  const [first, whole] = parts.map(({ data }) => [data.who, data.same]);
  assert.deepEqual([first, whole], [["person 1", undefined], ["person 1", "later"]]);
  const { error } = await client.query("{ nothing }", {}).toPromise();
  assert.equal(error.graphQLErrors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});

/** The first results of one of urql's sources. */
const observed = (source, most) =>
  new Promise((resolve) => {
    const heard = [];
    const { unsubscribe } = source.subscribe((result) => {
      heard.push(result);
      if (heard.length === most) {
        setTimeout(() => unsubscribe());
        resolve(heard);
      }
    });
  });

test("Relay", async () => {
  const environment = (await documented("relay")).connect(ADDRESS, token);
  const ask = (text, name, operationKind) =>
    all(environment.getNetwork().execute({ text, name, operationKind }, {}, {}));
  assert.deepEqual(await ask(WHO, "Who", "query"), [{ data: { who: "person 1" } }]);
  const events = await ask(COUNT, "Count", "subscription");
  assert.deepEqual(events.map(({ data }) => data.count.number), NUMBERS);
  const [refused] = await ask("{ nothing }", undefined, "query");
  assert.equal(refused.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});
