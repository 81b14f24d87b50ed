/** What the API gives of messages and their replies; see `gql/schema.graphql`. */

export type MessageStatus = "STREAMING" | "COMPLETE" | "FAILED" | "STOPPED";

export interface Message {
  readonly id: string;
  readonly status: MessageStatus;
  readonly content: string;
}

export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
}

/** Why a mutation changed nothing, or a reply could not be written. */
export interface UserError {
  readonly code: string;
  readonly message: string;
  readonly field?: readonly string[] | null;
  /** When trying again can help, and not before. */
  readonly retryAfterSeconds?: number | null;
}

/** A piece of a reply; the first has the index 1, each other that of the piece before and one. */
export interface ReplyDelta {
  readonly __typename: "ReplyDelta";
  readonly index: number;
  readonly text: string;
}

/** The reply is complete, or was stopped; nothing follows. */
export interface ReplyCompleted {
  readonly __typename: "ReplyCompleted";
  readonly message: Message;
  readonly quota: Quota;
}

/** The reply could not be written; nothing follows. */
export interface ReplyFailed {
  readonly __typename: "ReplyFailed";
  readonly message: Message;
  readonly error: UserError;
}

export type ReplyEvent = ReplyDelta | ReplyCompleted | ReplyFailed;

/** A message that was sent, and the reply to it as it stood then. */
export interface Sent {
  readonly conversation: { readonly id: string; readonly title: string };
  readonly message: Message;
  readonly reply: Message;
  readonly quota: Quota;
}
