/** Failures in a row: how long to wait after each, and when there were too many. */
import { pauseSeconds } from "./backoff.js";
import { retryDecision } from "./problems.js";
export class Failures {
    #backoff;
    #count = 0;
    #wasCredentialRefused = false;
    constructor(backoff) {
        this.#backoff = backoff;
    }
    /** Begin a new row: something new came. */
    end() {
        this.#count = 0;
        this.#wasCredentialRefused = false;
    }
    /** Note a failure; gives the seconds to wait, or nothing where trying again is of no use. */
    add(problem) {
        this.#count += 1;
        const { kind, leastSeconds } = retryDecision(problem, this.#count);
        // Each try asks for the token as it is then; if that is refused too, there is no better one.
        const isFinal = kind === "fail" || (kind === "credential" && this.#wasCredentialRefused);
        if (isFinal || this.#count >= this.#backoff.attempts) {
            return undefined;
        }
        this.#wasCredentialRefused = kind === "credential";
        return pauseSeconds(this.#backoff, this.#count, leastSeconds);
    }
}
