/** Asking over HTTP until there is an answer. */

import { type Backoff, wait } from "./backoff.js";
import { Failures } from "./failures.js";
import { AnswerError, ConnectionLost, retryAfter } from "./problems.js";
import type { Token } from "./socket.js";
import type { Payload, Result } from "./transport.js";

const PATIENCE_MS = 60_000;

export interface Asking {
  readonly address: string;
  readonly token: Token;
  readonly fetch: typeof globalThis.fetch;
  readonly backoff: Backoff;
}

/**
 * The data of an answer. What was lost, or may be over soon, is asked for again, not before the
 * seconds in `Retry-After`: only for operations that are harmless to repeat.
 *
 * Throws `AnswerError` and `ConnectionLost`, and the signal's reason.
 */
export async function ask<Data>(
  asking: Asking,
  payload: Payload,
  signal?: AbortSignal,
): Promise<Data> {
  const failures = new Failures(asking.backoff);
  for (;;) {
    try {
      return await answer<Data>(asking, payload, signal);
    } catch (problem) {
      signal?.throwIfAborted();
      const pause = failures.add(problem);
      if (pause === undefined) {
        throw problem instanceof AnswerError ? problem : new ConnectionLost(problem);
      }
      await wait(pause, signal);
    }
  }
}

async function answer<Data>(asking: Asking, payload: Payload, signal?: AbortSignal): Promise<Data> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const response = await asking.fetch(`${asking.address}/graphql`, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      authorization: `Bearer ${await asking.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(payload),
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
  });
  const result = await resultOf<Data>(response);
  if (!result.data || result.errors?.length) {
    throw new AnswerError(result.errors ?? [], response.status, retryAfter(response.headers));
  }
  return result.data;
}

/** The body, or nothing where a proxy answered in the server's place. */
async function resultOf<Data>(response: Response): Promise<Result<Data>> {
  const body = await response.text();
  try {
    return JSON.parse(body) as Result<Data>;
  } catch (error) {
    if (response.ok) {
      throw error;
    }
    return {};
  }
}
