/** A WebSocket to the API. */

import { type Client, type ClientOptions, createClient } from "graphql-ws";

import type { Token } from "./token.js";

/** The server says something every 20 seconds. */
const SILENCE_SECONDS = 45;
const ACKNOWLEDGED_MS = 15_000;

/**
 * A client of `graphql-ws` that leaves trying again to `resuming`, and gives up a connection that
 * went without a word. `options` are those of `graphql-ws`.
 */
export function openSocket(
  address: string,
  token: Token,
  { silenceSeconds = SILENCE_SECONDS, ...options }: SocketOptions = {},
): Client {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => client.terminate(), silenceSeconds * 1000);
  };
  const client = createClient({
    url: `${address.replace(/^http/, "ws")}/graphql`,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    connectionAckWaitTimeout: ACKNOWLEDGED_MS,
    ...options,
    webSocketImpl: toleratingErrors(options.webSocketImpl ?? globalThis.WebSocket),
    retryAttempts: 0,
  });
  client.on("connecting", listen);
  client.on("message", listen);
  client.on("closed", () => clearTimeout(timer));
  client.on("error", () => clearTimeout(timer));
  return client;
}

export interface SocketOptions extends Partial<Omit<ClientOptions, "retryAttempts">> {
  /** After how long without a word a connection is given up. */
  readonly silenceSeconds?: number;
}

/**
 * The implementation, whose sockets may be given up while they connect: `graphql-ws` listens no more
 * then, and an error that nobody listens to ends a Node process.
 */
function toleratingErrors(implementation: unknown): unknown {
  if (typeof implementation !== "function") {
    return implementation; // graphql-ws says what is missing
  }
  return class extends (implementation as typeof WebSocket) {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      this.addEventListener("error", () => {});
    }
  };
}
