/** Results as they come, one after the other. */

import type { Payload, Result, Transport } from "./transport.js";

/**
 * The results of an operation; leaving the loop stops it.
 *
 * Throws what the transport's sink is given, and the signal's reason as soon as it is aborted.
 */
export async function* iterate(
  transport: Transport,
  payload: Payload,
  signal?: AbortSignal,
): AsyncGenerator<Result, void, undefined> {
  signal?.throwIfAborted();
  const heard: (() => Result | undefined)[] = [];
  let wake = () => {};
  const hear = (one: () => Result | undefined) => {
    heard.push(one);
    wake();
  };
  const fail = (problem: unknown) =>
    hear(() => {
      throw problem;
    });
  const abort = () => {
    heard.length = 0;
    fail(signal?.reason);
  };
  signal?.addEventListener("abort", abort);
  const leave = transport.subscribe(payload, {
    next: (result) => hear(() => result),
    error: fail,
    complete: () => hear(() => undefined),
  });
  try {
    for (;;) {
      if (!heard.length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const result = heard.shift()!();
      if (!result) {
        return;
      }
      yield result;
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    leave();
  }
}
