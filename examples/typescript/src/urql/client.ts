/** urql, with everything that this API wants to be known. */

import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { openSocket, retryingFetch, resuming } from "guidance-client";
import { forwardTo } from "guidance-client/urql";

/** Its cache asks again what has a type that a mutation brought anew, as `Quota`. */
export function connect(address: string, token: () => string): Client {
  const forwardSubscription = forwardTo(resuming(openSocket(address, token)));
  // Hashes in the place of texts, over HTTP and over the socket: only registered documents run.
  const ids = persistedExchange({
    enforcePersistedQueries: true,
    enableForMutation: true,
    enableForSubscriptions: true,
    preferGetForPersistedQueries: false,
  });
  return new Client({
    url: `${address}/graphql`,
    preferGetMethod: false,
    fetch: retryingFetch(token),
    exchanges: [cacheExchange, ids, fetchExchange, subscriptionExchange({ forwardSubscription })],
  });
}
