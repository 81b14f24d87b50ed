/** Say what is left of the day, send a message, and show the reply as it is written. */

import { address, check, token } from "../node.js";
import { connect, keepQuota } from "./client.js";
import { ME, REPLY, SEND } from "./operations.js";

const client = connect(address, token);
const { data: me } = await client.query({ query: ME });
console.log(`${me?.viewer?.email} may send ${me?.viewer?.quota.remaining} messages today.`);

const idempotencyKey = crypto.randomUUID(); // chosen once, however often it has to be sent
const { data: sent } = await client.mutate({
  mutation: SEND,
  variables: { input: { content: "How do I begin?", idempotencyKey, delivery: "STREAM" } },
  update(cache, { data }) {
    if (data?.sendMessage.quota) keepQuota(cache, data.sendMessage.quota);
  },
});
check(sent!.sendMessage.userErrors);

await new Promise<void>((resolve, reject) => {
  const variables = { id: sent!.sendMessage.reply!.id, after: 0 };
  client.subscribe({ query: REPLY, variables }).subscribe({
    next({ data, error }) {
      if (error) return reject(error);
      const event = data!.replyStream;
      if (event.__typename === "ReplyDelta") process.stdout.write(event.text);
      if (event.__typename === "ReplyCompleted") keepQuota(client.cache, event.quota);
      if (event.__typename === "ReplyFailed") reject(new Error(event.error.message));
    },
    error: reject,
    complete: resolve,
  });
});

const kept = client.readQuery({ query: ME }); // from the cache: nothing is asked
console.log(`\n${kept?.viewer?.quota.remaining} are left.`);
client.stop();
