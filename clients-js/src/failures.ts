/** Failures in a row: how long to wait after each, and when there were too many. */

import { type Backoff, pauseSeconds } from "./backoff.js";
import { retryDecision } from "./problems.js";

export class Failures {
  readonly #backoff: Backoff;
  #count = 0;
  #wasCredentialRefused = false;

  constructor(backoff: Backoff) {
    this.#backoff = backoff;
  }

  /** Begin a new row: something new came. */
  end(): void {
    this.#count = 0;
    this.#wasCredentialRefused = false;
  }

  /** Note a failure; gives the seconds to wait, or nothing where trying again is of no use. */
  add(problem: unknown): number | undefined {
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
