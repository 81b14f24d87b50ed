// The client while the server that writes its reply is told to stop: another one goes on.

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import test from "node:test";

import { Guidance } from "guidance-client";

import { TOKEN, check } from "./following.mjs";

const { FIRST, SECOND, FIRST_PROCESS } = process.env;

/** Leads to the first server as long as that takes connections, and then to the second. */
async function balancer() {
  const servers = [FIRST, SECOND].map((address) => new URL(address));
  const lead = (client, [target, ...others]) => {
    const server = connect(target.port, target.hostname);
    server.on("connect", () => client.pipe(server).pipe(client));
    server.on("error", () => (others.length ? lead(client, others) : client.destroy()));
    client.on("close", () => server.destroy());
  };
  const listener = createServer((client) => lead(client.on("error", () => {}), servers));
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return listener;
}

test("each piece comes once, though its server is told to stop in the middle", async () => {
  const listener = await balancer();
  const address = `http://127.0.0.1:${listener.address().port}`;
  const guidance = new Guidance({ address, token: () => TOKEN });
  try {
    const { reply } = await guidance.send("How do I begin?", { idempotencyKey: "restarting" });
    const events = [];
    for await (const event of guidance.follow(reply.id)) {
      events.push(event);
      if (events.length === 3) process.kill(Number(FIRST_PROCESS), "SIGTERM");
    }
    check(events, events.at(-1).message.content);
    assert.ok(events.at(-1).message.content.split(" ").length === 40);
  } finally {
    await guidance.close();
    listener.close();
  }
});
