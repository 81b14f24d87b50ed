// The client over connections that break: every character of a reply is there once.

import assert from "node:assert/strict";
import test from "node:test";

import { Guidance } from "guidance-client";

import { cutting } from "./cutting.mjs";
import {
  ADDRESS,
  CONTENT,
  CUTS,
  REPLY,
  STALE_TOKEN,
  TOKEN,
  check,
  cut,
  cutInManyWays,
  token,
} from "./following.mjs";

const QUICKLY = { firstSeconds: 0.01 };

/** What `guidance` gives of a reply, to its end. */
async function followed(guidance, id = REPLY, options = {}) {
  const events = [];
  for await (const event of guidance.follow(id, options)) events.push(event);
  return events;
}

async function withGuidance(address, use, options = {}) {
  const guidance = new Guidance({ address, token, backoff: QUICKLY, ...options });
  try {
    return await use(guidance);
  } finally {
    await guidance.close();
  }
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
  assert.deepEqual(
    events.slice(0, 2).map(({ index }) => index),
    [5, 6],
  );
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
  await withGuidance(
    ADDRESS,
    async (guidance) => {
      await assert.rejects(guidance.send("Hello?"), {
        name: "AnswerError",
        code: "UNAUTHENTICATED",
      });
      await assert.rejects(followed(guidance), { name: "ConnectionLost" });
    },
    stale,
  );
});

test("a token that has expired is asked for anew", async () => {
  let asked = 0;
  const renewed = { token: () => (asked++ % 2 ? TOKEN : STALE_TOKEN) };
  await withGuidance(
    ADDRESS,
    async (guidance) => {
      check(await followed(guidance));
      assert.equal((await guidance.stop(REPLY)).content, CONTENT);
    },
    renewed,
  );
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
  await withGuidance(
    nowhere.address,
    async (guidance) => {
      const both = [guidance.send("Hello?"), guidance.follow(REPLY).next()];
      const ends = both.map((one) => assert.rejects(one, /the client was closed/));
      await guidance.close();
      await Promise.all(ends);
    },
    { backoff },
  );
});

test("a server that is not there is given up after so many attempts", async () => {
  const nowhere = await cutting(ADDRESS, []);
  nowhere.close();
  const backoff = { firstSeconds: 0.001, attempts: 3 };
  await withGuidance(
    nowhere.address,
    async (guidance) => {
      await assert.rejects(guidance.send("Hello?"), { name: "ConnectionLost" });
      await assert.rejects(followed(guidance), { name: "ConnectionLost" });
    },
    { backoff },
  );
});
