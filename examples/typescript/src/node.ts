/** What the programs here share: where they ask, as whom, and what they say. */

import WebSocket from "ws";

// As browsers have it, and Node from version 22 on.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

// One line says what went wrong; what libraries have to say of it fills a screen.
process.on("uncaughtException", (error: Error & { readonly bodyText?: string }) => {
  const text = [error.message, error.bodyText].filter(Boolean).join("\n");
  console.error(text);
  if (/PersistedQueryNotFound|No document has this id/.test(text)) {
    console.error("Its documents are published first: see examples/README.md.");
  }
  process.exit(1);
});

const { ADDRESS, TOKEN } = process.env;
if (!ADDRESS || !TOKEN) {
  throw new Error("Set ADDRESS and TOKEN to what `make run` prints.");
}

// What is lost is asked for again, for a minute and more; nobody waits so long for nothing.
await fetch(ADDRESS).catch(({ cause }) => {
  if (cause?.code === "ECONNREFUSED") {
    throw new Error(`Nothing answers at ${ADDRESS}: serve it with \`make run\`.`);
  }
});

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
