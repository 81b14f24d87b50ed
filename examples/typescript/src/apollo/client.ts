/** Apollo Client, with everything that this API wants to be known. */

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, ServerError } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { RetryLink } from "@apollo/client/link/retry";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { openSocket, resuming } from "guidance-client";
import { socketLink } from "guidance-client/apollo";

import { sha256 } from "../hash.js";
import { ME, type Quota } from "./operations.js";

/** Where the address is that of a page's own server, that server passes `/graphql` on. */
export function connect(address: string, token: () => string): ApolloClient {
  const signed = new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${token()}` },
  }));
  const http = signed.concat(new HttpLink({ uri: `${address}/graphql` }));
  const socket = socketLink(resuming(openSocket(address, token)));
  const split = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    socket,
    http,
  );
  return new ApolloClient({
    link: ApolloLink.from([retrying(), ids(), split]),
    cache: makeCache(),
  });
}

/** Hashes in the place of texts, over HTTP and over the socket: only registered documents run. */
const ids = () => new PersistedQueryLink({ sha256, retry: () => false });

/** What was refused for now is asked again, when the server says so; mutations have their key. */
function retrying(): RetryLink {
  const isPassing = (error: unknown) =>
    !ServerError.is(error) || [429, 503].includes(error.statusCode);
  const pauseMs = (error: unknown) =>
    ServerError.is(error) ? 1000 * Number(error.response.headers.get("retry-after") ?? 1) : 0;
  return new RetryLink({
    attempts: (count, { operationType }, error) =>
      operationType !== OperationTypeNode.SUBSCRIPTION && count < 5 && isPassing(error),
    delay: (count, _operation, error) => pauseMs(error) + Math.random() * 200 * 2 ** count,
  });
}

/** `make run` prints the schema's interfaces and unions nowhere; a test compares these with it. */
export const possibleTypes = {
  Node: ["ApiCredential", "Conversation", "EnterpriseAccount", "Message", "PrivacyRequest", "User"],
  ReplyEvent: ["ReplyCompleted", "ReplyDelta", "ReplyFailed"],
};

export const makeCache = () =>
  new InMemoryCache({
    possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          // A conversation that a list brought is there already.
          conversation: (_, { args, toReference }) =>
            toReference({ __typename: "Conversation", id: args?.["id"] }),
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
