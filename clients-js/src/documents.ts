/** The operations that this package sends, and the ids under which they can be published. */

import type { Payload } from "./transport.js";

export interface Document {
  readonly name: string;
  readonly kind: "mutation" | "subscription";
  /** The SHA-256 of the text. */
  readonly id: string;
  readonly text: string;
}

const SENT = `{
    conversation { id title }
    message { id status content }
    reply { id status content }
    quota { limit used remaining }
    userErrors { code message field retryAfterSeconds }
  }`;

export const SEND: Document = {
  name: "GuidanceSend",
  kind: "mutation",
  id: "e5c1568d3752f160d4e99a9575f8da2dff6bce5cc06a3b10aca246790e5b9023",
  text: `mutation GuidanceSend($input: SendMessageInput!) {
  sendMessage(input: $input) ${SENT}
}`,
};

export const EDIT: Document = {
  name: "GuidanceEdit",
  kind: "mutation",
  id: "8c7ed42c13680786a43936cf8df805b9ea96e3523b49ed39520593eb26466430",
  text: `mutation GuidanceEdit($input: EditMessageInput!) {
  editMessage(input: $input) ${SENT}
}`,
};

export const REGENERATE: Document = {
  name: "GuidanceRegenerate",
  kind: "mutation",
  id: "2d22b4e2ff3db13d2e4d7a3406d07f125f51b40f4e8bf2021434715c7f286d02",
  text: `mutation GuidanceRegenerate($input: RegenerateReplyInput!) {
  regenerateReply(input: $input) ${SENT}
}`,
};

export const STOP: Document = {
  name: "GuidanceStop",
  kind: "mutation",
  id: "13e6b8c6a13f40661c9407c5ddeee4d0c76f1ef089bfcb0730c820fbcc87bb11",
  text: `mutation GuidanceStop($input: StopReplyInput!) {
  stopReply(input: $input) {
    reply { id status content }
    userErrors { code message field retryAfterSeconds }
  }
}`,
};

export const FOLLOW: Document = {
  name: "GuidanceFollow",
  kind: "subscription",
  id: "9f399484bd046f9e9cdfd565f3c50f1d0df04dfafe92ef7411378b5f616be8b0",
  text: `subscription GuidanceFollow($id: ID!, $after: Int!) {
  replyStream(messageId: $id, after: $after) {
    __typename
    ... on ReplyDelta { index text }
    ... on ReplyCompleted {
      message { id status content }
      quota { limit used remaining }
    }
    ... on ReplyFailed {
      message { id status content }
      error { code message retryAfterSeconds }
    }
  }
}`,
};

export const DOCUMENTS: readonly Document[] = [SEND, EDIT, REGENERATE, STOP, FOLLOW];

/** The request for a document, by its text, or by the id under which it was published. */
export function request(
  document: Document,
  variables: Readonly<Record<string, unknown>>,
  sendsIds: boolean,
): Payload {
  const named = sendsIds ? { documentId: `sha256:${document.id}` } : { query: document.text };
  return { ...named, variables };
}
