/** What Apollo's cache is to know of this API, and how it is kept true. */

import { type ApolloCache, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

import type { QuotaFragment, SendMutation } from "./__generated__/graphql";
import possible from "./__generated__/possible-types";
import { CONVERSATIONS, ME, MESSAGES } from "./operations";

type Sent = SendMutation["sendMessage"];

export const makeCache = () =>
  new InMemoryCache({
    possibleTypes: possible.possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          // A conversation that a list or a mutation brought is there already.
          conversation: (known, { args, toReference }) =>
            known ?? toReference({ __typename: "Conversation", id: args?.["id"] }),
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
export function keepQuota(cache: ApolloCache, quota: QuotaFragment): void {
  cache.updateQuery({ query: ME }, (me) => me?.viewer && { ...me, viewer: { ...me.viewer, quota } });
}

/** Show what was sent: its conversation first, its messages last, and what is left of the day. */
export function keepSent(cache: ApolloCache, { conversation, message, reply, quota }: Sent): void {
  if (quota) keepQuota(cache, quota);
  if (!conversation || !message || !reply) return;
  const { id } = conversation;
  cache.updateQuery({ query: CONVERSATIONS }, (known) => {
    if (!known?.viewer) return;
    const { edges, ...page } = known.viewer.conversations;
    const others = edges.filter(({ node }) => node.id !== id);
    const first = { __typename: "ConversationEdge" as const, node: conversation };
    const conversations = { ...page, edges: [first, ...others] };
    return { ...known, viewer: { ...known.viewer, conversations } };
  });
  cache.updateQuery({ query: MESSAGES, variables: { id } }, (known) => {
    if (!known?.conversation) return;
    const { edges, ...page } = known.conversation.messages;
    const added = [message, reply]
      .filter((one) => edges.every(({ node }) => node.id !== one.id))
      .map((node) => ({ __typename: "MessageEdge" as const, node }));
    const messages = { ...page, edges: [...edges, ...added] };
    return { ...known, conversation: { ...known.conversation, messages } };
  });
}

/** Add a piece to a reply that is being written; the first one begins it anew. */
export function keepPiece(cache: ApolloCache, id: string, index: number, text: string): void {
  cache.modify<{ readonly content: string }>({
    id: cache.identify({ __typename: "Message", id }),
    fields: { content: (known) => (index === 1 ? text : known + text) },
  });
}
