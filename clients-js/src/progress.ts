/** How far a stream of a reply was read, by the numbers of its pieces. */

import type { Payload, Result } from "./transport.js";

const ENDS: readonly unknown[] = ["ReplyCompleted", "ReplyFailed"];
/** Each event of these is all that there is to know, and the first says what holds now. */
const WHOLE: readonly unknown[] = ["subscriptionChanged"];
type Event = Readonly<Record<string, unknown>>;

/**
 * What was received of an operation, so that no event is passed on twice.
 *
 * Pieces are known by the field `index`, under whatever name the stream itself is asked for; the
 * variable `after` only saves sending again what is there, where the document has it.
 */
export class Progress {
  /** Whether the last event of the reply was received. */
  hasEnded = false;
  readonly #payload: Payload;
  #index: number;
  #hasPieces = false;
  #hasUnnumbered = false;

  constructor(payload: Payload) {
    this.#payload = payload;
    const after = payload.variables?.["after"];
    this.#index = typeof after === "number" ? after : 0;
  }

  /** Whether subscribing again cannot repeat what was received. */
  get canResume(): boolean {
    return !this.#hasUnnumbered;
  }

  /**
   * The request for what was not received yet, at the time when it is serialized.
   *
   * `graphql-ws` wants a text; beside an id the server takes an empty one for none.
   */
  payload(): Payload {
    const variables = () => this.#variables();
    return {
      ...this.#payload,
      query: this.#payload.query ?? "",
      get variables() {
        return variables();
      },
    };
  }

  /** Note a result; whether it is new. */
  take(result: Result): boolean {
    const [[field, event] = []] = Object.entries(result.data ?? {}) as [string, Event | null][];
    if (WHOLE.includes(field)) {
      return true;
    }
    if (typeof event?.["index"] === "number") {
      return this.#takePiece(event["index"]);
    }
    if (this.hasEnded) {
      return false;
    }
    if (event) {
      this.hasEnded = this.#isEnd(event);
      this.#hasUnnumbered ||= !this.hasEnded;
    }
    return true;
  }

  #takePiece(index: number): boolean {
    if (index <= this.#index) {
      return false;
    }
    this.#index = index;
    this.#hasPieces = true;
    return true;
  }

  #isEnd(event: Event): boolean {
    return ENDS.includes(event["__typename"]) || "message" in event || this.#hasPieces;
  }

  #variables(): NonNullable<Payload["variables"]> {
    const given = this.#payload.variables ?? {};
    return this.#hasPieces ? { ...given, after: this.#index } : given;
  }
}
