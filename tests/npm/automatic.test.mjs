// Automatic persisted queries of Apollo Client and urql, against a server that keeps what they send.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

import { CODES, ENDPOINT, recording } from "./recorded.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const plans = (name) => `query ${name} { plans { code } }`;

function apollo(options = {}) {
  const { fetch, sent } = recording();
  const link = new PersistedQueryLink({ sha256, ...options });
  const http = new HttpLink({ uri: ENDPOINT, fetch });
  const client = new ApolloClient({ link: link.concat(http), cache: new InMemoryCache() });
  return { client, sent };
}

function urql(options = {}) {
  const { fetch, sent } = recording();
  const persisted = persistedExchange({ generateHash: async (text) => sha256(text), ...options });
  const client = new Client({
    url: ENDPOINT,
    exchanges: [persisted, fetchExchange],
    fetch,
    preferGetMethod: false,
    requestPolicy: "network-only",
  });
  return { client, sent };
}

const codes = (data) => data.plans.map(({ code }) => code);
const how = (sent) => sent.map(({ method, hasText }) => `${method} ${hasText ? "text" : "hash"}`);

test("Apollo Client registers a text, and another one finds it by its hash", async () => {
  const query = gql(plans("Apollo"));
  const first = apollo();
  assert.deepEqual(codes((await first.client.query({ query })).data), CODES);
  assert.deepEqual(how(first.sent), ["POST hash", "POST text"]);
  const second = apollo({ useGETForHashedQueries: true });
  assert.deepEqual(codes((await second.client.query({ query })).data), CODES);
  assert.deepEqual(how(second.sent), ["GET hash"]);
});

test("urql registers a text, and finds it by its hash", async () => {
  const { client, sent } = urql({ preferGetForPersistedQueries: false });
  for (let time = 0; time < 2; time += 1) {
    const { data, error } = await client.query(plans("Urql"), {}).toPromise();
    assert.equal(error, undefined);
    assert.deepEqual(codes(data), CODES);
  }
  assert.deepEqual(how(sent), ["POST hash", "POST text", "POST hash"]);
});

test("urql with GET preferred registers a text by GET too", async () => {
  const { client, sent } = urql({ preferGetForPersistedQueries: true });
  for (let time = 0; time < 2; time += 1) {
    const { data, error } = await client.query(plans("UrqlByGet"), {}).toPromise();
    assert.equal(error, undefined);
    assert.deepEqual(codes(data), CODES);
  }
  assert.equal(sent[0].method, "GET");
  assert.deepEqual(sent.map(({ hasText }) => hasText), [false, true, false]);
  assert.equal(sent[2].method, "GET");
});

test("urql with GET for everything", async () => {
  const { fetch, sent } = recording();
  const client = new Client({
    url: ENDPOINT,
    exchanges: [persistedExchange({ generateHash: async (text) => sha256(text) }), fetchExchange],
    fetch,
    preferGetMethod: "force",
  });
  const { data, error } = await client.query(plans("UrqlForced"), {}).toPromise();
  assert.equal(error, undefined);
  assert.deepEqual(codes(data), CODES);
  assert.deepEqual(how(sent), ["GET hash", "GET text"]);
});
