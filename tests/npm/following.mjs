// Replies followed over connections that are cut, for the tests of those who follow them.

import assert from "node:assert/strict";

import WebSocket from "ws";

import { cutting, lengths } from "./cutting.mjs";

globalThis.WebSocket ??= WebSocket; // as browsers have it, and newer versions of Node

export const { ADDRESS, TOKEN, STALE_TOKEN, REPLY, CONTENT } = process.env;
export const CUTS = 6;
const AT_ONCE = 8;
export const token = () => TOKEN;

/** Check the events of a reply: its pieces in order, each once, its end once, and nothing else. */
export function check(events, content = CONTENT, status = "COMPLETE") {
  const pieces = events.slice(0, -1);
  assert.equal(pieces.map(({ text }) => text).join(""), content);
  assert.deepEqual(
    pieces.map(({ index }) => index),
    pieces.map((_, place) => place + 1),
  );
  assert.ok(pieces.length > CUTS, `${pieces.length} pieces`);
  assert.equal(events.at(-1).__typename, "ReplyCompleted");
  assert.equal(events.at(-1).message.status, status);
}

/** Use a proxy that cuts its first connections: twice at least before the use is over. */
export async function cut(seed, use, { count = CUTS, least = 1, most = 1_500, kinds } = {}) {
  const proxy = await cutting(ADDRESS, lengths(seed, count, most, least), kinds);
  try {
    const used = await use(proxy.address);
    assert.ok(proxy.cuts >= Math.min(2, count), `${proxy.cuts} cuts`);
    return used;
  } finally {
    proxy.close();
  }
}

/** Cut in as many ways as are wanted, a few at a time: a server has only so many sockets for one. */
export async function cutInManyWays(use) {
  const all = [];
  for (let seed = 0; seed < Number(process.env.WAYS); seed += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, more) => cut(seed + more, use));
    all.push(...(await Promise.all(some)));
  }
  return all;
}
