/** Following replies over connections that break: every piece arrives, and arrives once. */
import { USUAL_BACKOFF } from "./backoff.js";
import { Failures } from "./failures.js";
import { AnswerError, ConnectionLost, isRetryableResult } from "./problems.js";
import { Progress } from "./progress.js";
/**
 * A transport over `client`, a client of `graphql-ws` or `graphql-sse`, that resumes its streams.
 *
 * After a break it subscribes again, behind the last piece received; the sink is given a
 * `ConnectionLost` only when that fails too often without a new piece. A stream that cannot be
 * resumed without doubling, because its document leaves `index` out, ends with the first break.
 */
export function resuming(client, backoff = USUAL_BACKOFF) {
    return {
        subscribe(payload, sink) {
            const resumption = new Resumption(client, payload, sink, backoff);
            resumption.open();
            return () => resumption.close();
        },
    };
}
class Resumption {
    #client;
    #sink;
    #failures;
    #progress;
    #isClosed = false;
    #attempt = 0;
    #unsubscribe = () => { };
    #retryTimer;
    constructor(client, payload, sink, backoff) {
        this.#client = client;
        this.#sink = sink;
        this.#failures = new Failures(backoff);
        this.#progress = new Progress(payload);
    }
    open() {
        const attempt = ++this.#attempt;
        // A subscription that was given up is ignored, whatever its client still reports.
        const whileCurrent = (handle) => (...values) => {
            if (!this.#isClosed && attempt === this.#attempt) {
                handle(...values);
            }
        };
        this.#unsubscribe = this.#client.subscribe(this.#progress.payload(), {
            next: whileCurrent((result) => this.#next(result)),
            error: whileCurrent((problem) => this.#retry(problem)),
            complete: whileCurrent(() => this.#end(() => this.#sink.complete())),
        });
    }
    close() {
        this.#isClosed = true;
        clearTimeout(this.#retryTimer);
        this.#unsubscribe();
    }
    #next(result) {
        if (isRetryableResult(result)) {
            this.#attempt += 1;
            this.#unsubscribe();
            this.#retry(result.errors);
        }
        else if (this.#progress.take(result)) {
            this.#failures.end();
            this.#sink.next(result);
        }
    }
    #retry(problem) {
        if (this.#progress.hasEnded) {
            this.#end(() => this.#sink.complete());
            return;
        }
        const pause = this.#failures.add(problem);
        if (pause === undefined || !this.#progress.canResume) {
            this.#end(() => this.#sink.error(explained(problem)));
            return;
        }
        this.#retryTimer = setTimeout(() => this.open(), pause * 1000);
    }
    #end(say) {
        this.#isClosed = true;
        say();
    }
}
/** A client gives GraphQL errors as an array, and what else went wrong as an event or an error. */
function explained(problem) {
    return Array.isArray(problem)
        ? new AnswerError(problem)
        : new ConnectionLost(problem);
}
