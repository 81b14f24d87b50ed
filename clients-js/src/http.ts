/** Asking over HTTP. */

import { AnswerError } from "./problems.js";
import type { Payload, Result } from "./transport.js";

/** The data of an answer; throws `AnswerError` where there is none, and what `fetch` throws. */
export async function ask<Data>(
  fetch: typeof globalThis.fetch,
  address: string,
  payload: Payload,
  signal: AbortSignal,
): Promise<Data> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
    },
    body: JSON.stringify(payload),
    signal,
  });
  const { data, errors = [] } = parsed<Data>(await response.text());
  if (!data || errors.length) {
    throw new AnswerError(errors, response.status);
  }
  return data;
}

/** The body, or nothing where a proxy answered in the server's place. */
function parsed<Data>(body: string): Result<Data> {
  try {
    return JSON.parse(body) as Result<Data>;
  } catch {
    return {};
  }
}
