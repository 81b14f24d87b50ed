/** What the app asks, with the types of the answers. */

import { type TypedDocumentNode, gql } from "@urql/core";

import type { UserError } from "../node.js";

interface Me {
  readonly viewer: {
    readonly email: string;
    readonly quota: { readonly remaining: number };
  } | null;
}

export const ME: TypedDocumentNode<Me, Record<string, never>> = gql`
  query Me {
    viewer {
      id
      email
      quota {
        limit
        used
        remaining
      }
    }
  }
`;

interface Send {
  readonly sendMessage: {
    readonly reply: { readonly id: string } | null;
    readonly userErrors: readonly UserError[];
  };
}

interface SendVariables {
  readonly input: {
    readonly content: string;
    readonly idempotencyKey: string;
    readonly conversationId?: string;
    readonly delivery: "STREAM";
  };
}

export const SEND: TypedDocumentNode<Send, SendVariables> = gql`
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) {
      conversation {
        id
        title
      }
      message {
        id
        content
      }
      reply {
        id
        status
        content
      }
      quota {
        limit
        used
        remaining
      }
      userErrors {
        code
        message
      }
    }
  }
`;

type ReplyEvent =
  | { readonly __typename: "ReplyDelta"; readonly index: number; readonly text: string }
  | { readonly __typename: "ReplyCompleted" }
  | { readonly __typename: "ReplyFailed"; readonly error: UserError };

/**
 * Asks for `index`, without which a stream that broke is not taken up, and for `__typename`, which
 * urql adds to queries and mutations alone.
 */
export const REPLY: TypedDocumentNode<
  { readonly replyStream: ReplyEvent },
  { id: string; after: number }
> = gql`
  subscription Reply($id: ID!, $after: Int!) {
    replyStream(messageId: $id, after: $after) {
      __typename
      ... on ReplyDelta {
        index
        text
      }
      ... on ReplyCompleted {
        message {
          id
          status
          content
        }
        quota {
          limit
          used
          remaining
        }
      }
      ... on ReplyFailed {
        message {
          id
          status
          content
        }
        error {
          code
          message
        }
      }
    }
  }
`;

export const OPERATIONS = [ME, SEND, REPLY];
