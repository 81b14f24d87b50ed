// Clients whose documents were published, against a server that runs no others.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import relay from "relay-runtime";

import { CODES, ENDPOINT, PLANS, recording } from "./recorded.mjs";

const SHA256 = createHash("sha256").update(PLANS).digest("hex");
const RELAY_ID = createHash("md5").update(PLANS).digest("hex");
const MANIFEST = {
  format: "apollo-persisted-query-manifest",
  version: 1,
  operations: [{ id: SHA256, name: "Plans", type: "query", body: PLANS }],
};
const codes = (data) => data.plans.map(({ code }) => code);

test("Apollo Client sends the ids of its manifest", async () => {
  const { fetch, sent } = recording();
  const ids = generatePersistedQueryIdsFromManifest({ loadManifest: async () => MANIFEST });
  const link = new PersistedQueryLink(ids).concat(new HttpLink({ uri: ENDPOINT, fetch }));
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.query({ query: gql(PLANS) });
  assert.deepEqual(codes(data), CODES);
  assert.deepEqual(sent, [{ method: "POST", hasText: false, id: SHA256 }]);
});

test("urql sends hashes alone", async () => {
  for (const preferGetForPersistedQueries of [true, false]) {
    const { fetch, sent } = recording();
    const persisted = persistedExchange({
      preferGetForPersistedQueries,
      enforcePersistedQueries: true,
      generateHash: async () => SHA256,
    });
    const exchanges = [persisted, fetchExchange];
    const client = new Client({ url: ENDPOINT, exchanges, fetch, preferGetMethod: false });
    const { data, error } = await client.query(PLANS, {}).toPromise();
    assert.equal(error, undefined);
    assert.deepEqual(codes(data), CODES);
    const method = preferGetForPersistedQueries ? "GET" : "POST";
    assert.deepEqual(sent, [{ method, hasText: false, id: SHA256 }]);
  }
});

test("Relay posts the ids that its compiler gave", async () => {
  const { fetch, sent } = recording();
  const network = relay.Network.create(async ({ id }, variables) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ doc_id: id, variables });
    return (await fetch(ENDPOINT, { method: "POST", headers, body })).json();
  });
  const store = new relay.Store(new relay.RecordSource());
  const environment = new relay.Environment({ network, store });
  const data = await relay.fetchQuery(environment, compiled(RELAY_ID), {}).toPromise();
  assert.deepEqual(codes(data), CODES);
  assert.deepEqual(sent, [{ method: "POST", hasText: false, id: RELAY_ID }]);
});

test("whatever else they send is not run, and hints at nothing", async () => {
  const { fetch } = recording();
  const client = new Client({ url: ENDPOINT, exchanges: [fetchExchange], fetch });
  const { error } = await client.query("query Other { plan { code } }", {}).toPromise();
  assert.equal(error.graphQLErrors[0].message, "This document is not registered.");
});

/** What Relay's compiler makes of the document with persisted queries. */
function compiled(id) {
  const scalar = (name) => ({ alias: null, args: null, kind: "ScalarField", name, storageKey: null });
  const selections = [
    {
      alias: null,
      args: null,
      concreteType: "Plan",
      kind: "LinkedField",
      name: "plans",
      plural: true,
      selections: [scalar("code"), scalar("__typename")],
      storageKey: null,
    },
  ];
  const shared = { argumentDefinitions: [], name: "Plans", selections };
  return {
    fragment: { ...shared, kind: "Fragment", metadata: null, type: "Query", abstractKey: null },
    kind: "Request",
    operation: { ...shared, kind: "Operation" },
    params: { id, metadata: {}, name: "Plans", operationKind: "query", text: null },
  };
}
