/** Following replies over connections that break: every piece is heard, and heard once. */

import { type Backoff, USUAL_BACKOFF } from "./backoff.js";
import { Failures } from "./failures.js";
import { AnswerError, ConnectionLost, isPassingResult } from "./problems.js";
import { Progress } from "./progress.js";
import type {
  GraphQLError,
  Payload,
  Result,
  Sink,
  SubscribingClient,
  Transport,
} from "./transport.js";

/**
 * A transport over `client`, a client of `graphql-ws` or `graphql-sse`, that goes on where it was.
 *
 * What breaks is asked for again, behind the last piece that was heard; only when that fails too
 * often without anything new does the sink hear of it, as a `ConnectionLost`. What cannot be taken
 * up without doubling, because its document leaves `index` out, ends with the first break.
 */
export function resuming(client: SubscribingClient, backoff: Backoff = USUAL_BACKOFF): Transport {
  return {
    subscribe(payload, sink) {
      const resumption = new Resumption(client, payload, sink, backoff);
      resumption.open();
      return () => resumption.close();
    },
  };
}

class Resumption {
  readonly #client: SubscribingClient;
  readonly #sink: Sink;
  readonly #failures: Failures;
  readonly #progress: Progress;
  #isClosed = false;
  #connection = 0;
  #leave = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: SubscribingClient, payload: Payload, sink: Sink, backoff: Backoff) {
    this.#client = client;
    this.#sink = sink;
    this.#failures = new Failures(backoff);
    this.#progress = new Progress(payload);
  }

  open(): void {
    const connection = ++this.#connection;
    // What is left hears nothing more, whatever its client still has to say.
    const whileOpen =
      <Heard extends unknown[]>(hear: (...heard: Heard) => void) =>
      (...heard: Heard) => {
        if (!this.#isClosed && connection === this.#connection) {
          hear(...heard);
        }
      };
    this.#leave = this.#client.subscribe(this.#progress.payload(), {
      next: whileOpen((result: Result) => this.#next(result)),
      error: whileOpen((problem: unknown) => this.#recover(problem)),
      complete: whileOpen(() => this.#end(() => this.#sink.complete())),
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#leave();
  }

  #next(result: Result): void {
    if (isPassingResult(result)) {
      this.#connection += 1;
      this.#leave();
      this.#recover(result.errors);
    } else if (this.#progress.take(result)) {
      this.#failures.end();
      this.#sink.next(result);
    }
  }

  #recover(problem: unknown): void {
    if (this.#progress.hasEnded) {
      this.#end(() => this.#sink.complete());
      return;
    }
    const pause = this.#failures.add(problem);
    if (pause === undefined || !this.#progress.canResume) {
      this.#end(() => this.#sink.error(explained(problem)));
      return;
    }
    this.#timer = setTimeout(() => this.open(), pause * 1000);
  }

  #end(say: () => void): void {
    this.#isClosed = true;
    say();
  }
}

/** A client gives GraphQL errors as an array, and what else went wrong as an event or an error. */
function explained(problem: unknown): Error {
  return Array.isArray(problem)
    ? new AnswerError(problem as GraphQLError[])
    : new ConnectionLost(problem);
}
