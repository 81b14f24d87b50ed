/** Say what is left of the day, send a message, and show the reply as it is written. */

import relay from "relay-runtime";

import { address, check, token } from "../node.js";
import ME, { type operationsMeQuery } from "./__generated__/operationsMeQuery.graphql.js";
import REPLY, {
  type operationsReplySubscription,
} from "./__generated__/operationsReplySubscription.graphql.js";
import SEND, {
  type operationsSendMutation,
} from "./__generated__/operationsSendMutation.graphql.js";
import { connect } from "./environment.js";

const { commitMutation, fetchQuery, requestSubscription } = relay;
const environment = connect(address, token);
const me = () =>
  fetchQuery<operationsMeQuery>(environment, ME, {}, { fetchPolicy: "store-or-network" });

const before = await me().toPromise();
console.log(`${before?.viewer?.email} may send ${before?.viewer?.quota.remaining} messages today.`);

const idempotencyKey = crypto.randomUUID(); // chosen once, however often it has to be sent
const sent = await new Promise<operationsSendMutation["response"]>((resolve, reject) => {
  commitMutation<operationsSendMutation>(environment, {
    mutation: SEND,
    variables: { input: { content: "How do I begin?", idempotencyKey, delivery: "STREAM" } },
    updater(store) {
      // The quota has no id: it is put where the viewer's is shown.
      const quota = store.getRootField("sendMessage")?.getLinkedRecord("quota");
      if (quota) store.getRoot().getLinkedRecord("viewer")?.setLinkedRecord(quota, "quota");
    },
    onCompleted: resolve,
    onError: reject,
  });
});
check(sent.sendMessage.userErrors);

await new Promise<void>((resolve, reject) => {
  requestSubscription<operationsReplySubscription>(environment, {
    subscription: REPLY,
    variables: { id: sent.sendMessage.reply!.id, after: 0 },
    onNext(response) {
      const event = response?.replyStream;
      if (event?.__typename === "ReplyDelta") process.stdout.write(event.text);
      if (event?.__typename === "ReplyFailed") reject(new Error(event.error.message));
    },
    onError: reject,
    onCompleted: () => resolve(),
  });
});

const after = await me().toPromise(); // from the store: nothing is asked
console.log(`\n${after?.viewer?.quota.remaining} are left.`);
