// Clients of others over connections that break, set up as the documentation says, and `resuming`.

import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { gql } from "@apollo/client";
import { createClient } from "graphql-ws";
import { ConnectionLost, Guidance, resuming } from "guidance-client";

import { documented } from "./documented.mjs";
import { CONTENT, CUTS, REPLY, TOKEN, check, cut, cutInManyWays, token } from "./following.mjs";

/** Cuts behind at least one piece, so that those who wait as usual wait no longer each time. */
const IN_THE_STREAM = { count: 4, least: 600 };
const DOCUMENT = `subscription Reply($id: ID!, $after: Int!) {
  replyStream(messageId: $id, after: $after) {
    __typename
    ... on ReplyDelta { index text }
    ... on ReplyCompleted { message { id status content } }
  }
}`;
const VARIABLES = { id: REPLY, after: 0 };

/** The events that a sink was given until the operation completed. */
const heard = (subscribe, eventOf = ({ data }) => data.replyStream) =>
  new Promise((resolve, reject) => {
    const events = [];
    subscribe({
      next: (result) => events.push(eventOf(result)),
      error: reject,
      complete: () => resolve(events),
    });
  });

test("graphql-ws alone, as documented", async () => {
  const { connect, follow } = await documented("graphql-ws", "front-end");
  const retryWait = () => new Promise((resolve) => setTimeout(resolve, 5));
  const read = (address) => {
    const client = connect(address, token, { retryWait, retryAttempts: CUTS });
    return new Promise((resolve, reject) => {
      const texts = [];
      const end = (failure) => (failure ? reject(failure) : resolve(texts.join("")));
      follow(client, REPLY, (text) => texts.push(text), end);
    });
  };
  for (const text of await cutInManyWays(read)) assert.equal(text, CONTENT);
});

test("graphql-ws without that gives the text more than once", async () => {
  const follow = (address) => {
    const url = `${address.replace("http", "ws")}/graphql`;
    const connectionParams = { authorization: `Bearer ${TOKEN}` };
    const retryWait = async () => {};
    const options = { shouldRetry: () => true, retryWait, retryAttempts: CUTS };
    const client = createClient({ url, connectionParams, ...options });
    return heard((sink) => client.subscribe({ query: DOCUMENT, variables: VARIABLES }, sink));
  };
  const events = await cut(5, follow);
  const text = events.map((event) => event.text ?? "").join("");
  assert.ok(text.length > CONTENT.length && text.endsWith(CONTENT), text);
});

describe("the set-ups of the documentation, which wait as usual", { concurrency: true }, () => {
  test("graphql-sse, as documented", async () => {
    const { connect } = await documented("graphql-sse", "front-end");
    const follow = (address) =>
      heard((sink) =>
        connect(address, token).subscribe({ query: DOCUMENT, variables: VARIABLES }, sink),
      );
    check(await cut(9, follow, IN_THE_STREAM));
  });

  test("Apollo Client, as documented", async () => {
    const { connect } = await documented("apollo");
    const follow = (address) => {
      const followed = connect(address, token).subscribe({
        query: gql(DOCUMENT),
        variables: VARIABLES,
      });
      return heard((sink) => followed.subscribe(sink));
    };
    check(await cut(6, follow, IN_THE_STREAM));
  });

  test("urql, as documented", async () => {
    const { connect } = await documented("urql");
    const follow = (address) =>
      new Promise((resolve, reject) => {
        const events = [];
        connect(address, token)
          .subscription(DOCUMENT, VARIABLES)
          .subscribe(({ data, error }) => {
            if (error) reject(error);
            events.push(data.replyStream);
            if (data.replyStream.message) resolve(events);
          });
      });
    check(await cut(7, follow, IN_THE_STREAM));
  });

  test("Relay, as documented", async () => {
    const { connect } = await documented("relay");
    const operation = { text: DOCUMENT, name: "Reply", operationKind: "subscription" };
    const follow = (address) =>
      heard((sink) =>
        connect(address, token).getNetwork().execute(operation, VARIABLES, {}).subscribe(sink),
      );
    check(await cut(8, follow, IN_THE_STREAM));
  });
});

test("what Apollo, urql and Relay ask over HTTP, as documented", async () => {
  const [apollo, urql, relay] = await Promise.all(
    ["apollo", "urql", "relay"].map((name) => documented(name)),
  );
  const query = "query Me { viewer { email } }";
  const operation = { text: query, name: "Me", operationKind: "query" };
  const ways = [
    (address) => apollo.connect(address, token).query({ query: gql(query) }),
    (address) => urql.connect(address, token).query(query, {}).toPromise(),
    (address) => relay.connect(address, token).getNetwork().execute(operation, {}, {}).toPromise(),
  ];
  const cuts = { count: 2, most: 200 };
  const answers = await Promise.all(ways.map((ask, seed) => cut(seed, ask, cuts)));
  for (const { data } of answers) assert.equal(data.viewer.email, "ada@example.com");
});

/** Follow with a document of another kind; gives the texts, and the error that ended it, if any. */
function follow(query, variables, seed, options) {
  return cut(
    seed,
    async (address) => {
      const guidance = new Guidance({ address, token, backoff: { firstSeconds: 0.01 } });
      const texts = [];
      const next = ({ data }) => texts.push(Object.values(data)[0].text ?? "");
      const failure = await new Promise((resolve) => {
        guidance.transport.subscribe(
          { query, variables },
          { next, error: resolve, complete: resolve },
        );
      });
      await guidance.close();
      return [texts.join(""), failure];
    },
    options,
  );
}

test("resuming around a client that tries again by itself", async () => {
  const { connect } = await documented("graphql-ws", "front-end");
  const retryWait = async () => {};
  const follow = (address) => {
    const transport = resuming(connect(address, token, { retryWait, retryAttempts: 2 }));
    return heard((sink) => transport.subscribe({ query: DOCUMENT, variables: VARIABLES }, sink));
  };
  check(await cut(10, follow, IN_THE_STREAM));
});

test("a document with names of its own and no variable to go on with", async () => {
  const query = `subscription Mine($reply: ID!) {
    mine: replyStream(messageId: $reply) { ... on ReplyDelta { index text } }
  }`;
  assert.deepEqual(await follow(query, { reply: REPLY }, 9), [CONTENT, undefined]);
});

test("a document that does not ask for the index ends with the first break after a piece", async () => {
  const query = `subscription ($id: ID!) {
    replyStream(messageId: $id) { ... on ReplyDelta { text } ... on ReplyCompleted { message { id } } }
  }`;
  const [text, failure] = await follow(query, { id: REPLY }, 0, { count: 1, most: 1_500 });
  assert.ok(text && text !== CONTENT && CONTENT.startsWith(text), text);
  assert.ok(failure instanceof ConnectionLost);
});
