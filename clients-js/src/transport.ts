/** What carries operations: the shape that the clients of `graphql-ws` and `graphql-sse` share. */

/** A GraphQL request; without `query` it names a document by `documentId` or in `extensions`. */
export interface Payload {
  readonly query?: string | null;
  readonly documentId?: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: Readonly<Record<string, unknown>> | null;
}

export interface GraphQLError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string } & Readonly<Record<string, unknown>>;
}

export interface Result<Data = Record<string, unknown>> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphQLError[];
}

export interface Sink {
  next(result: Result): void;
  /** Given an `AnswerError` with the server's errors, or a `ConnectionLost`. */
  error(problem: Error): void;
  complete(): void;
}

export interface Transport {
  /** Run an operation; gives what stops it, after which `sink` is not called. */
  subscribe(payload: Payload, sink: Sink): () => void;
}

/** A `graphql-ws` or `graphql-sse` client; its types ask for more than a `Payload` need have. */
export interface SubscribingClient {
  // any: the two packages type their requests and results differently, and call them alike.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  subscribe(payload: any, sink: any): () => void;
}
