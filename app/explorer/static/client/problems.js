/** What went wrong, and whether trying again can help; see `docs/clients/front-end.md`. */
const RETRYABLE_CODES = new Set([
    "DEADLINE_EXCEEDED",
    "OUTCOME_UNKNOWN",
    "OVERLOADED",
    "SERVICE_UNAVAILABLE",
    "THROTTLED",
    "TOO_MANY_OPERATIONS",
]);
/** Codes of closed sockets: for want of a good credential, */
const FORBIDDEN_CLOSE_CODE = 4403;
/** and those after which the same would be closed again. */
const FINAL_CLOSE_CODES = [1009, 4400, 4406];
/** The server was reached and said no; `errors` has its reasons, of which `code` is the first's. */
export class AnswerError extends Error {
    errors;
    status;
    name = "AnswerError";
    code;
    constructor(errors, status) {
        super(errors[0]?.message ?? `The server answered with ${status}.`);
        this.errors = errors;
        this.status = status;
        this.code = errors[0]?.extensions?.code;
    }
}
/** The connection was lost, and could not be had back; `cause` is the last problem. */
export class ConnectionLost extends Error {
    name = "ConnectionLost";
    constructor(cause) {
        super(`The connection was lost: ${reasonOf(cause)}`, { cause });
    }
}
/**
 * What to do after so many failures in a row, of which `problem` is the last: GraphQL errors, a
 * socket that was closed, what has an HTTP `response`, or whatever else is thrown.
 */
export function retryDecision(problem, failures) {
    if (Array.isArray(problem)) {
        // Over a socket nothing says how long to wait: a second, and twice as long each time.
        const kind = problem.every(isRetryableError) ? "retry" : "fail";
        return { kind, leastSeconds: Math.min(60, 2 ** (failures - 1)) };
    }
    const { code, response } = Object(problem);
    const leastSeconds = retryAfter(response?.headers);
    if (code === FORBIDDEN_CLOSE_CODE || response?.status === 401) {
        return { kind: "credential", leastSeconds };
    }
    const isFinal = response ? !isRetryableStatus(response.status) : FINAL_CLOSE_CODES.includes(code);
    return { kind: isFinal ? "fail" : "retry", leastSeconds };
}
/** Whether a result brings nothing but errors of which all are over soon. */
export function isRetryableResult(result) {
    const errors = result.errors ?? [];
    return !result.data && errors.length > 0 && errors.every(isRetryableError);
}
/** Seconds to wait by a `Retry-After` header, which has seconds or a date; 0 without one. */
function retryAfter(headers) {
    const value = headers?.get("retry-after");
    if (!value) {
        return 0;
    }
    const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
    return Math.max(0, seconds || 0);
}
const isRetryableError = ({ extensions }) => RETRYABLE_CODES.has(extensions?.code ?? "");
const isRetryableStatus = (status) => status >= 500 || status === 408 || status === 429;
function reasonOf(cause) {
    const { code, reason, message } = Object(cause);
    return [message || reason || "it ended", code].filter(Boolean).join(", code ");
}
