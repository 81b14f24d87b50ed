/** What the programs here share: where they ask, as whom, and what they say. */

import WebSocket from "ws";

// As browsers have it, and Node from version 22 on.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

const { ADDRESS, TOKEN } = process.env;
if (!ADDRESS || !TOKEN) {
  throw new Error("Set ADDRESS and TOKEN to what `make run` prints.");
}

export const address = ADDRESS;
export const token = () => TOKEN;

export interface UserError {
  readonly code: string;
  readonly message: string;
}

/** What was refused is a value in GraphQL, and an error here. */
export function check(errors: readonly UserError[]): void {
  if (errors[0]) {
    throw new Error(`${errors[0].code}: ${errors[0].message}`);
  }
}
