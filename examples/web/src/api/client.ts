/** Apollo Client as this API wants it: streams that go on, and, once built, ids in place of texts. */

import { ApolloClient, ApolloLink, HttpLink } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { OperationTypeNode } from "graphql";
import { openSocket, resuming, retryingFetch } from "guidance-client";
import { socketLink } from "guidance-client/apollo";

import { makeCache } from "./cache";

export function connect(address: string, token: () => string): ApolloClient {
  // Signs what is asked, and asks again what is lost or refused for now.
  const http = new HttpLink({ uri: `${address}/graphql`, fetch: retryingFetch(token) });
  const socket = socketLink(resuming(openSocket(address, token)));
  const split = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    socket,
    http,
  );
  // While it is developed documents change, and texts are sent.
  const link = import.meta.env.PROD ? ids().concat(split) : split;
  return new ApolloClient({ link, cache: makeCache() });
}

/** The ids that `graphql-codegen` put into the documents, over HTTP and over the socket. */
const ids = () =>
  new PersistedQueryLink({
    generateHash: (document) => (document as { __meta__?: { hash: string } }).__meta__!.hash,
    retry: () => false,
  });
