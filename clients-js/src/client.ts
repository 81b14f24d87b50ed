/** Sending messages, and following the replies to them. */

import { type Backoff, USUAL_BACKOFF } from "./backoff.js";
import { EDIT, FOLLOW, REGENERATE, SEND, STOP, request } from "./documents.js";
import type { Message, ReplyEvent, Sent, UserError } from "./events.js";
import { retryingFetch } from "./fetch.js";
import { ask } from "./http.js";
import { iterate } from "./iterate.js";
import { AnswerError, ConnectionLost } from "./problems.js";
import { resuming } from "./resuming.js";
import { type SocketOptions, openSocket } from "./socket.js";
import type { Token } from "./token.js";
import type { Payload, Transport } from "./transport.js";

export interface GuidanceOptions {
  /** Where the API is, like `https://api.example`. */
  readonly address: string;
  readonly token: Token;
  /** Send ids in the place of texts; see the README on publishing them. */
  readonly sendsIds?: boolean;
  readonly fetch?: typeof globalThis.fetch;
  readonly socket?: SocketOptions;
  readonly backoff?: Partial<Backoff>;
}

export interface Abortable {
  readonly signal?: AbortSignal;
}

export interface ReplyOptions extends Abortable {
  /** To be kept with the message, so that it is sent once even if the page is loaded anew. */
  readonly idempotencyKey?: string;
  /** One of `User.models`; left out, the first of them. */
  readonly model?: string;
}

export interface SendOptions extends ReplyOptions {
  /** Where to send it; left out, a new conversation is started. */
  readonly conversationId?: string;
  /** What it follows, the last message that the person sees; left out, what is shown last. */
  readonly parentMessageId?: string;
}

export interface FollowOptions extends Abortable {
  /** The index of the last piece that is there already. */
  readonly after?: number;
}

/** The server did not do what it was asked for; nothing was changed. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;
  readonly field: readonly string[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(reason: UserError) {
    super(reason.message);
    this.code = reason.code;
    this.field = reason.field ?? undefined;
    this.retryAfterSeconds = reason.retryAfterSeconds ?? undefined;
  }
}

/** One person's connection to the API. */
export class Guidance {
  /** Carries any operation, and takes up streams where they broke: for Apollo, urql and Relay. */
  readonly transport: Transport;
  readonly #address: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #sendsIds: boolean;
  readonly #socket: ReturnType<typeof openSocket>;
  readonly #closing = new AbortController();

  constructor(options: GuidanceOptions) {
    const { address, token, sendsIds = false, fetch = globalThis.fetch } = options;
    const backoff = { ...USUAL_BACKOFF, ...options.backoff };
    this.#address = address;
    this.#fetch = retryingFetch(token, { fetch, backoff });
    this.#sendsIds = sendsIds;
    this.#socket = openSocket(address, token, options.socket);
    this.transport = resuming(this.#socket, backoff);
  }

  /**
   * Send a message; answers at once, with a reply that is to be followed.
   *
   * It is sent once, however often the connection is lost on the way. Throws `Refused`.
   */
  async send(content: string, options: SendOptions = {}): Promise<Sent> {
    return this.#begin(SEND, "sendMessage", { content }, options);
  }

  /** Another version of a person's message, beside the first; otherwise like `send`. */
  async edit(messageId: string, content: string, options: ReplyOptions = {}): Promise<Sent> {
    return this.#begin(EDIT, "editMessage", { messageId, content }, options);
  }

  /** Have a message answered again; otherwise like `send`. */
  async regenerate(messageId: string, options: ReplyOptions = {}): Promise<Sent> {
    return this.#begin(REGENERATE, "regenerateReply", { messageId }, options);
  }

  /**
   * The data of any other query or mutation, with the same patience; throws `AnswerError`.
   *
   * A mutation that must not be done twice has an idempotency key among its variables.
   */
  async ask<Data>(payload: Payload, { signal }: Abortable = {}): Promise<Data> {
    return ask<Data>(this.#fetch, this.#address, payload, this.#untilClosed(signal));
  }

  /** Stop a reply; gives it with what had arrived. Those who follow it hear of its end. */
  async stop(replyId: string, { signal }: Abortable = {}): Promise<Message> {
    const stopped = await this.#change<{ reply: Message }>(
      STOP,
      "stopReply",
      { messageId: replyId },
      signal,
    );
    return stopped.reply;
  }

  /**
   * The events of a reply, each piece once, until `ReplyCompleted` or `ReplyFailed`.
   *
   * Leaving the loop stops following, and not the reply. Throws `AnswerError`, `ConnectionLost`
   * and the signal's reason; with the last index as `after` it can be gone on with later.
   */
  async *follow(
    replyId: string,
    options: FollowOptions = {},
  ): AsyncGenerator<ReplyEvent, void, undefined> {
    const { after = 0, signal } = options;
    const payload = request(FOLLOW, { id: replyId, after }, this.#sendsIds);
    for await (const { data, errors } of iterate(
      this.transport,
      payload,
      this.#untilClosed(signal),
    )) {
      if (errors?.length) {
        throw new AnswerError(errors);
      }
      const event = data?.["replyStream"] as ReplyEvent;
      yield event;
      if (event.__typename !== "ReplyDelta") {
        return;
      }
    }
    throw new ConnectionLost({ reason: "the stream ended before the reply" });
  }

  /** Close the connection; what is followed or asked ends with a `ConnectionLost`. */
  async close(): Promise<void> {
    this.#closing.abort(new ConnectionLost({ reason: "the client was closed" }));
    try {
      await this.#socket.dispose();
    } catch {
      // What could not be opened need not be closed.
    }
  }

  async #begin(
    document: typeof SEND,
    field: string,
    about: Readonly<Record<string, unknown>>,
    { signal, idempotencyKey = crypto.randomUUID(), ...options }: ReplyOptions,
  ): Promise<Sent> {
    const input = { ...about, ...options, idempotencyKey, delivery: "STREAM" };
    return this.#change(document, field, input, signal);
  }

  async #change<Given>(
    document: typeof SEND,
    field: string,
    input: Readonly<Record<string, unknown>>,
    signal: AbortSignal | undefined,
  ): Promise<Given> {
    type Data = Record<string, Given & { userErrors: UserError[] }>;
    const sent = request(document, { input }, this.#sendsIds);
    const data = await this.ask<Data>(sent, signal ? { signal } : {});
    const { userErrors, ...given } = data[field]!;
    if (userErrors[0]) {
      throw new Refused(userErrors[0]);
    }
    return given as Given;
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal;
    return signal ? AbortSignal.any([signal, closing]) : closing;
  }
}
