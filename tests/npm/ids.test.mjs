// The client against a server that takes the ids of published documents and no texts.

import assert from "node:assert/strict";
import test from "node:test";

import { Guidance } from "guidance-client";
import WebSocket from "ws";

const { ADDRESS: address, TOKEN } = process.env;
const socket = { webSocketImpl: WebSocket };

test("sending, answering again, following and stopping by ids", async () => {
  const guidance = new Guidance({ address, token: () => TOKEN, sendsIds: true, socket });
  const { message, reply } = await guidance.send("How do I begin?");
  await guidance.stop(reply.id);
  const edited = await guidance.edit(message.id, "How do I end?");
  await guidance.stop(edited.reply.id);
  const again = await guidance.regenerate(message.id);
  const texts = [];
  for await (const event of guidance.follow(again.reply.id)) texts.push(event.text ?? event.message);
  const { content, status } = texts.pop();
  assert.deepEqual([texts.join(""), status], [content, "COMPLETE"]);
  await guidance.close();
});
