/** For urql: streams that go on where they broke. */

import type { SubscriptionForwarder } from "@urql/core";

import { AnswerError } from "./problems.js";
import type { Payload, Sink, Transport } from "./transport.js";

/** What `subscriptionExchange` takes as `forwardSubscription`. */
export function forwardTo(transport: Transport): SubscriptionForwarder {
  return (request) => ({
    subscribe: (sink) => ({
      unsubscribe: transport.subscribe(request as Payload, {
        ...(sink as Sink),
        // urql knows the server's errors by the array that they come in.
        error: (problem) => sink.error(problem instanceof AnswerError ? problem.errors : problem),
      }),
    }),
  });
}
