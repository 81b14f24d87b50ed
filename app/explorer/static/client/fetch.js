/** A `fetch` that retries. */
import { USUAL_BACKOFF, wait } from "./backoff.js";
import { Failures } from "./failures.js";
import { ConnectionLost } from "./problems.js";
/**
 * A `fetch` for Apollo, urql and Relay that signs each request with the token as it is then, and
 * asks again what was lost or is refused for now: not before the seconds in `Retry-After`.
 *
 * That is harmless for everything that this API can be asked, as long as each mutation keeps its
 * idempotency key. What is refused too often is given as it is, and what is lost too often throws
 * a `ConnectionLost`.
 */
export function retryingFetch(token, options = {}) {
    const { fetch = globalThis.fetch, timeoutSeconds = 60 } = options;
    const backoff = { ...USUAL_BACKOFF, ...options.backoff };
    return async (input, init = {}) => {
        const signal = init.signal ?? undefined;
        const failures = new Failures(backoff);
        for (;;) {
            let response;
            let problem;
            try {
                response = await answerWithin(timeoutSeconds, signal, async (limit) => fetch(again(input), { ...init, headers: await signed(init, token), signal: limit }));
                problem = { response };
            }
            catch (error) {
                signal?.throwIfAborted();
                problem = error;
            }
            const pause = response?.ok ? undefined : failures.add(problem);
            if (pause === undefined) {
                if (response) {
                    return response;
                }
                throw new ConnectionLost(problem);
            }
            await wait(pause, signal);
        }
    };
}
/** A request that was sent has no body any more, its copy has. */
const again = (input) => (input instanceof Request ? input.clone() : input);
async function signed(init, token) {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${await token()}`);
    return headers;
}
/** An answer with all of its body, which may break as well; one in parts as soon as it begins. */
async function answerWithin(seconds, signal, ask) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error("no answer came")), seconds * 1000);
    try {
        const limit = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
        const response = await ask(limit);
        const type = response.headers.get("content-type") ?? "";
        if (!response.body || /^(multipart|text\/event-stream)/.test(type)) {
            return response;
        }
        return new Response(await response.arrayBuffer(), response);
    }
    finally {
        clearTimeout(timer);
    }
}
