// A supergraph of this API and a small subgraph of its own, composed and run by Apollo's packages.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before, describe } from "node:test";

import { composeServices } from "@apollo/composition";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { createHandler } from "graphql-http/lib/use/http";

const { ADDRESS, TOKEN, ROUTER_KEY } = process.env;
const IDS = JSON.parse(process.env.IDS);
const MISSING = JSON.parse(process.env.MISSING);

// Reviews of conversations, which this API knows nothing of.
const reviews = buildSubgraphSchema({
  typeDefs: parse(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])
    type Query { reviews(first: Int!): [Review!]! missing: [Review!]! }
    type Review { stars: Int! about: Conversation }
    type Conversation @key(fields: "id") { id: ID! stars: Int! }
    type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  `),
  resolvers: {
    Query: {
      reviews: (_, { first }) =>
        Array.from({ length: first }, (_, place) => ({
          stars: place % 5,
          about: { id: IDS[place % IDS.length] },
        })),
      missing: () => [IDS[0], ...MISSING, IDS[1]].map((id) => ({ stars: 1, about: { id } })),
    },
    Conversation: { stars: ({ id }) => IDS.indexOf(id) },
  },
});

const sent = [];

class Ours extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    request.http.headers.set("x-router-key", ROUTER_KEY);
    if (context?.token) request.http.headers.set("authorization", `Bearer ${context.token}`);
    sent.push(request);
  }
}

let server, gateway, schema;

async function sdlOf(url, headers) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: "{ _service { sdl } }" }),
  });
  return (await answer.json()).data._service.sdl;
}

before(async () => {
  server = createServer(createHandler({ schema: reviews }));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ours = { name: "guidance", url: `${ADDRESS}/graphql` };
  const theirs = { name: "reviews", url: `http://127.0.0.1:${server.address().port}/` };
  const [first, second] = await Promise.all([
    sdlOf(ours.url, { "x-router-key": ROUTER_KEY }),
    sdlOf(theirs.url),
  ]);
  const composed = composeServices([
    { ...ours, typeDefs: parse(first) },
    { ...theirs, typeDefs: parse(second) },
  ]);
  assert.deepEqual(composed.errors, undefined);
  gateway = new ApolloGateway({
    supergraphSdl: composed.supergraphSdl,
    buildService: ({ name, url }) =>
      name === "guidance" ? new Ours({ url }) : new RemoteGraphQLDataSource({ url }),
  });
  ({ schema } = await gateway.load());
});

after(async () => {
  await gateway.stop();
  server.close();
  server.closeAllConnections();
});

async function ask(query, { variables = {}, token = TOKEN } = {}) {
  sent.length = 0;
  const request = { query, variables };
  const cache = { get: async () => undefined, set: async () => {}, delete: async () => {} };
  const { data, errors } = await gateway.executor({
    request,
    document: parse(query),
    operationName: undefined,
    context: { token },
    schema,
    logger: console,
    cache,
    queryHash: query,
    operation: parse(query).definitions[0],
    metrics: {},
    source: query,
    overallCachePolicy: {},
  });
  return JSON.parse(JSON.stringify({ data, errors }));
}

describe("a supergraph", () => {
  test("has both subgraphs, and nothing of how they are joined", () => {
    assert.deepEqual(
      ["viewer", "node", "reviews", "plans"].filter((name) => !schema.getQueryType().getFields()[name]),
      [],
    );
    assert.equal(schema.getQueryType().getFields()._entities, undefined);
  });

  for (const size of [1, 10, 100]) {
    test(`from theirs to ours: ${size} entities in one request`, async () => {
      const { data, errors } = await ask(
        "query ($size: Int!) { reviews(first: $size) { stars about { id title stars } } }",
        { variables: { size } },
      );
      assert.equal(errors, undefined);
      assert.equal(data.reviews.length, size);
      for (const [place, { about }] of data.reviews.entries()) {
        assert.equal(about.id, IDS[place % IDS.length]);
        assert.equal(typeof about.title, "string");
        assert.equal(about.stars, place % IDS.length);
      }
      assert.equal(sent.length, 1);
    });
  }

  test("from ours to theirs and back", async () => {
    const { data, errors } = await ask(
      "{ viewer { conversations(first: 5) { edges { node { title stars } } } } }",
    );
    assert.equal(errors, undefined);
    assert.equal(data.viewer.conversations.edges.length, 5);
    assert.ok(data.viewer.conversations.edges.every(({ node }) => node.stars >= 0));
  });

  test("strangers' conversations are null, like missing ones", async () => {
    const { data, errors } = await ask("{ missing { about { title } } }");
    assert.equal(errors, undefined);
    assert.deepEqual(
      data.missing.map(({ about }) => about !== null),
      [true, ...MISSING.map(() => false), true],
    );
  });

  test("for nobody in particular nothing of anybody's is shown", async () => {
    const { data } = await ask("{ plans { code } reviews(first: 2) { about { title } } }", {
      token: null,
    });
    assert.ok(data.plans.length > 0);
    assert.deepEqual(data.reviews, [{ about: null }, { about: null }]);
  });
});
