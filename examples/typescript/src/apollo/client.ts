/** Apollo Client, with everything that this API wants to be known. */

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { openSocket, retryingFetch, resuming } from "guidance-client";
import { socketLink } from "guidance-client/apollo";

import { sha256 } from "../hash.js";
import { ME, type Quota } from "./operations.js";

/** Where the address is that of a page's own server, that server passes `/graphql` on. */
export function connect(address: string, token: () => string): ApolloClient {
  // Signs what is asked, and asks again what is lost or refused for now.
  const http = new HttpLink({ uri: `${address}/graphql`, fetch: retryingFetch(token) });
  const socket = socketLink(resuming(openSocket(address, token)));
  const split = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    socket,
    http,
  );
  return new ApolloClient({
    link: ApolloLink.from([ids(), split]),
    cache: makeCache(),
  });
}

/** Hashes in the place of texts, over HTTP and over the socket: only registered documents run. */
const ids = () => new PersistedQueryLink({ sha256, retry: () => false });

/** The interfaces and unions of the schema, and what they may be. */
export const possibleTypes = {
  Node: [
    "ApiCredential",
    "Conversation",
    "EnterpriseAccount",
    "Invoice",
    "Message",
    "PrivacyRequest",
    "User",
  ],
  ReplyEvent: ["ReplyCompleted", "ReplyDelta", "ReplyFailed"],
};

export const makeCache = () =>
  new InMemoryCache({
    possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          // A conversation that a list brought is there already.
          conversation: (known, { args, toReference }) =>
            known === undefined
              ? toReference({ __typename: "Conversation", id: args?.["id"] })
              : known,
        },
      },
      User: {
        fields: {
          conversations: relayStylePagination(["status"]),
          // It has no id of its own: what is new of it joins what is there.
          quota: { merge: true },
        },
      },
      Conversation: { fields: { messages: relayStylePagination() } },
    },
  });

/** Put a quota that a mutation or a stream brought where the viewer's is shown. */
export function keepQuota(cache: ApolloClient["cache"], quota: Quota): void {
  cache.updateQuery({ query: ME }, (me) => me?.viewer && { viewer: { ...me.viewer, quota } });
}
