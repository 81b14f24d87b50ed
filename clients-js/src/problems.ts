/** What went wrong, and whether trying again can help; see `docs/front-end.md`. */

import type { GraphQLError } from "./transport.js";

const PASSING_CODES = new Set([
  "DEADLINE_EXCEEDED",
  "OUTCOME_UNKNOWN",
  "OVERLOADED",
  "SERVICE_UNAVAILABLE",
  "THROTTLED",
  "TOO_MANY_OPERATIONS",
]);
const CREDENTIAL_REFUSED: readonly unknown[] = [401, 4403];
/** Codes of closed sockets, after which the same would be closed again. */
const LASTING_CLOSES: readonly unknown[] = [1009, 4400, 4406];

/** The server was reached and said no; `errors` has its reasons, of which `code` is the first's. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  readonly code: string | undefined;

  constructor(
    readonly errors: readonly GraphQLError[],
    readonly status?: number,
    readonly retryAfterSeconds = 0,
  ) {
    super(errors[0]?.message ?? `The server answered with ${status}.`);
    this.code = errors[0]?.extensions?.code;
  }
}

/** The connection was lost, and could not be had back; `cause` is what was last heard of it. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";

  constructor(cause: unknown) {
    super(`The connection was lost: ${reasonOf(cause)}`, { cause });
  }
}

/** What to do about a problem: `credential` is one to which another token may be the answer. */
export interface Remedy {
  readonly kind: "again" | "credential" | "none";
  readonly leastSeconds: number;
}

/** What to do after so many failures in a row, of which `problem` is the last. */
export function remedyFor(problem: unknown, failures: number): Remedy {
  if (Array.isArray(problem)) {
    return remedyForErrors(problem as GraphQLError[], failures);
  }
  const { code, status, retryAfterSeconds } = described(problem);
  if (CREDENTIAL_REFUSED.includes(status ?? code)) {
    return { kind: "credential", leastSeconds: 0 };
  }
  if (problem instanceof AnswerError && problem.errors.length > 0) {
    const remedy = remedyForErrors(problem.errors, failures);
    return retryAfterSeconds ? { ...remedy, leastSeconds: retryAfterSeconds } : remedy;
  }
  const isLasting = status === undefined ? LASTING_CLOSES.includes(code) : !isPassing(status);
  return { kind: isLasting ? "none" : "again", leastSeconds: retryAfterSeconds };
}

/** Whether a result brings nothing but errors of which all are over soon. */
export function isPassingResult(result: {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[];
}): boolean {
  const errors = result.errors ?? [];
  return !result.data && errors.length > 0 && errors.every(isPassingError);
}

/** Seconds to wait by a `Retry-After` header, which has seconds or a date; 0 without one. */
export function retryAfter(headers: Headers | undefined): number {
  const value = headers?.get("retry-after");
  if (!value) {
    return 0;
  }
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Math.max(0, seconds || 0);
}

/** Over a socket nothing says how long to wait: a second, and twice as long each time. */
function remedyForErrors(errors: readonly GraphQLError[], failures: number): Remedy {
  const isOver = errors.every(isPassingError);
  return { kind: isOver ? "again" : "none", leastSeconds: Math.min(60, 2 ** (failures - 1)) };
}

const isPassingError = ({ extensions }: GraphQLError) => PASSING_CODES.has(extensions?.code ?? "");

const isPassing = (status: number) => status >= 500 || status === 408 || status === 429;

interface Described {
  readonly code: unknown;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number;
}

/** A closed socket has a `code`; what HTTP refused has a `status`, or a `response` that has it. */
function described(problem: unknown): Described {
  if (problem instanceof AnswerError) {
    const { status, retryAfterSeconds } = problem;
    return { code: undefined, status, retryAfterSeconds };
  }
  const { code, response } = Object(problem) as { code?: unknown; response?: Response };
  return { code, status: response?.status, retryAfterSeconds: retryAfter(response?.headers) };
}

function reasonOf(cause: unknown): string {
  const { code, reason, message } = Object(cause) as Record<string, unknown>;
  return [message || reason || "it ended", code].filter(Boolean).join(", code ");
}
