// Replies followed over connections that break: every character of them is there once.

import assert from "node:assert/strict";
import test, { describe } from "node:test";

import { gql } from "@apollo/client";
import { createClient } from "graphql-ws";
import { ConnectionLost, Guidance, resuming } from "guidance-client";
import WebSocket from "ws";

import { cutting, lengths } from "./cutting.mjs";
import { documented } from "./documented.mjs";

globalThis.WebSocket ??= WebSocket; // as browsers have it, and newer versions of Node

const { ADDRESS, TOKEN, STALE_TOKEN, REPLY, CONTENT, WAYS } = process.env;
const CUTS = 6;
const AT_ONCE = 8;
const QUICKLY = { firstSeconds: 0.01 };
/** Cuts behind at least one piece, so that those who wait as usual wait no longer each time. */
const IN_THE_STREAM = { count: 4, least: 600 };
const token = () => TOKEN;
const DOCUMENT = `subscription Reply($id: ID!, $after: Int!) {
  replyStream(messageId: $id, after: $after) {
    __typename
    ... on ReplyDelta { index text }
    ... on ReplyCompleted { message { id status content } }
  }
}`;
const VARIABLES = { id: REPLY, after: 0 };

/** Check the events of a reply: its pieces in order, each once, its end once, and nothing else. */
function check(events, content = CONTENT, status = "COMPLETE") {
  const pieces = events.slice(0, -1);
  assert.equal(pieces.map(({ text }) => text).join(""), content);
  assert.deepEqual(pieces.map(({ index }) => index), pieces.map((_, place) => place + 1));
  assert.ok(pieces.length > CUTS, `${pieces.length} pieces`);
  assert.equal(events.at(-1).__typename, "ReplyCompleted");
  assert.equal(events.at(-1).message.status, status);
}

/** Use a proxy that cuts its first connections: twice at least before the use is over. */
async function cut(seed, use, { count = CUTS, least = 1, most = 1_500, kinds } = {}) {
  const proxy = await cutting(ADDRESS, lengths(seed, count, most, least), kinds);
  try {
    const used = await use(proxy.address);
    assert.ok(proxy.cuts >= Math.min(2, count), `${proxy.cuts} cuts`);
    return used;
  } finally {
    proxy.close();
  }
}

/** What `guidance` gives of a reply, to its end. */
async function followed(guidance, id = REPLY, options = {}) {
  const events = [];
  for await (const event of guidance.follow(id, options)) events.push(event);
  return events;
}

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

async function withGuidance(address, use, options = {}) {
  const guidance = new Guidance({ address, token, backoff: QUICKLY, ...options });
  try {
    return await use(guidance);
  } finally {
    await guidance.close();
  }
}

/** Cut in as many ways as are wanted, a few at a time: a server has only so many sockets for one. */
async function cutInManyWays(use) {
  const all = [];
  for (let seed = 0; seed < WAYS; seed += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, more) => cut(seed + more, use));
    all.push(...(await Promise.all(some)));
  }
  return all;
}

test("two replies of one client, cut anywhere: in the handshake, between messages, within one", async () => {
  const two = (guidance) => Promise.all([followed(guidance), followed(guidance)]);
  const follow = (address) => withGuidance(address, two);
  for (const events of (await cutInManyWays(follow)).flat()) check(events);
});

test("the client, left by a connection that says nothing more", async () => {
  const socket = { silenceSeconds: 0.3 };
  const follow = (address) => withGuidance(address, followed, { socket });
  check(await cut(1, follow, { count: 3, kinds: ["silence"] }));
});

test("the client, going on behind what a page had kept", async () => {
  const follow = (address) => withGuidance(address, (one) => followed(one, REPLY, { after: 4 }));
  const events = await cut(2, follow, { count: 3 });
  assert.deepEqual(events.slice(0, 2).map(({ index }) => index), [5, 6]);
});

test("a message sent over connections that break is sent once, and its reply followed", async () => {
  const talk = (address) =>
    withGuidance(address, async (guidance) => {
      const sent = await guidance.send("How do I begin?");
      return [sent, await followed(guidance, sent.reply.id)];
    });
  const [sent, events] = await cut(3, talk, { most: 900 });
  assert.equal(sent.reply.status, "STREAMING");
  check(events, events.at(-1).message.content);
  await withGuidance(ADDRESS, async (guidance) => {
    const again = await guidance.send("And then?", { conversationId: sent.conversation.id });
    assert.equal(again.quota.used, sent.quota.used + 1);
    await guidance.stop(again.reply.id);
  });
});

test("a reply that is stopped while it is followed", async () => {
  const talk = (address) =>
    withGuidance(address, async (guidance) => {
      const { reply } = await guidance.send("How do I begin?");
      const events = [];
      for await (const event of guidance.follow(reply.id)) {
        if (events.push(event) === CUTS + 1) await guidance.stop(reply.id);
      }
      return events;
    });
  const events = await cut(4, talk, { count: 3 });
  check(events, events.at(-1).message.content, "STOPPED");
});

test("what is refused is refused at once", async () => {
  await withGuidance(ADDRESS, async (guidance) => {
    await assert.rejects(guidance.send(""), { name: "Refused", code: "INVALID_INPUT" });
    await assert.rejects(followed(guidance, "rubbish"), { code: "NOT_FOUND" });
  });
  const stale = { token: () => STALE_TOKEN };
  await withGuidance(ADDRESS, async (guidance) => {
    await assert.rejects(guidance.send("Hello?"), { name: "AnswerError", code: "UNAUTHENTICATED" });
    await assert.rejects(followed(guidance), { name: "ConnectionLost" });
  }, stale);
});

test("a token that has expired is asked for anew", async () => {
  let asked = 0;
  const renewed = { token: () => (asked++ % 2 ? TOKEN : STALE_TOKEN) };
  await withGuidance(ADDRESS, async (guidance) => {
    check(await followed(guidance));
    assert.equal((await guidance.stop(REPLY)).content, CONTENT);
  }, renewed);
  assert.equal(asked, 4);
});

test("following ends with its signal, and with the client", async () => {
  await withGuidance(ADDRESS, async (guidance) => {
    const { reply } = await guidance.send("How do I begin?");
    const stopping = new AbortController();
    const following = guidance.follow(reply.id, { signal: stopping.signal });
    assert.equal((await following.next()).value.index, 1);
    stopping.abort("enough");
    await assert.rejects(following.next(), (reason) => reason === "enough");
    await guidance.stop(reply.id);
  });
  const nowhere = await cutting(ADDRESS, []);
  nowhere.close();
  const backoff = { firstSeconds: 60, attempts: Infinity };
  await withGuidance(nowhere.address, async (guidance) => {
    const both = [guidance.send("Hello?"), guidance.follow(REPLY).next()];
    const ends = both.map((one) => assert.rejects(one, /the client was closed/));
    await guidance.close();
    await Promise.all(ends);
  }, { backoff });
});

test("a server that is not there is given up after so many attempts", async () => {
  const nowhere = await cutting(ADDRESS, []);
  nowhere.close();
  const backoff = { firstSeconds: 0.001, attempts: 3 };
  await withGuidance(nowhere.address, async (guidance) => {
    await assert.rejects(guidance.send("Hello?"), { name: "ConnectionLost" });
    await assert.rejects(followed(guidance), { name: "ConnectionLost" });
  }, { backoff });
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
      heard((sink) => connect(address, token).subscribe({ query: DOCUMENT, variables: VARIABLES }, sink));
    check(await cut(9, follow, IN_THE_STREAM));
  });

  test("Apollo Client, as documented", async () => {
    const { connect } = await documented("apollo");
    const follow = (address) => {
      const followed = connect(address, token).subscribe({ query: gql(DOCUMENT), variables: VARIABLES });
      return heard((sink) => followed.subscribe(sink));
    };
    check(await cut(6, follow, IN_THE_STREAM));
  });

  test("urql, as documented", async () => {
    const { connect } = await documented("urql");
    const follow = (address) =>
      new Promise((resolve, reject) => {
        const events = [];
        connect(address, token).subscription(DOCUMENT, VARIABLES).subscribe(({ data, error }) => {
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
      heard((sink) => connect(address, token).getNetwork().execute(operation, VARIABLES, {}).subscribe(sink));
    check(await cut(8, follow, IN_THE_STREAM));
  });
});

/** Follow with a document of another kind; gives the texts, and the error that ended it, if any. */
function follow(query, variables, seed, options) {
  return cut(seed, async (address) => {
    const guidance = new Guidance({ address, token, backoff: QUICKLY });
    const texts = [];
    const next = ({ data }) => texts.push(Object.values(data)[0].text ?? "");
    const failure = await new Promise((resolve) => {
      guidance.transport.subscribe({ query, variables }, { next, error: resolve, complete: resolve });
    });
    await guidance.close();
    return [texts.join(""), failure];
  }, options);
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
