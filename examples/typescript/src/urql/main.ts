/** Say what is left of the day, send a message, and show the reply as it is written. */

import { address, check, token } from "../node.js";
import { connect } from "./client.js";
import { ME, REPLY, SEND } from "./operations.js";

const client = connect(address, token);
const me = await client.query(ME, {});
if (me.error) throw me.error;
console.log(
  `${me.data?.viewer?.email} may send ${me.data?.viewer?.quota.remaining} messages today.`,
);

const idempotencyKey = crypto.randomUUID(); // chosen once, however often it has to be sent
const input = { content: "How do I begin?", idempotencyKey, delivery: "STREAM" } as const;
const sent = await client.mutation(SEND, { input });
if (sent.error) throw sent.error;
check(sent.data!.sendMessage.userErrors);

await new Promise<void>((resolve, reject) => {
  const variables = { id: sent.data!.sendMessage.reply!.id, after: 0 };
  client.subscription(REPLY, variables).subscribe(({ data, error }) => {
    if (error) return reject(error);
    const event = data!.replyStream;
    if (event.__typename === "ReplyDelta") process.stdout.write(event.text);
    if (event.__typename === "ReplyCompleted") resolve();
    if (event.__typename === "ReplyFailed") reject(new Error(event.error.message));
  });
});

const left = await client.query(ME, {});
console.log(`\n${left.data?.viewer?.quota.remaining} are left.`);
