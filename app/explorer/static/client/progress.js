/** How far a stream of a reply was read, by the numbers of its pieces. */
const ENDS = ["ReplyCompleted", "ReplyFailed"];
/** Each event of these is all that there is to know, and the first says what holds now. */
const WHOLE = ["subscriptionChanged"];
/**
 * What was received of an operation, so that no event is passed on twice.
 *
 * Pieces are known by the field `index`, under whatever name the stream itself is asked for; the
 * variable `after` only saves sending again what is there, where the document has it.
 */
export class Progress {
    /** Whether the last event of the reply was received. */
    hasEnded = false;
    #payload;
    #index;
    #hasPieces = false;
    #hasUnnumbered = false;
    constructor(payload) {
        this.#payload = payload;
        const after = payload.variables?.["after"];
        this.#index = typeof after === "number" ? after : 0;
    }
    /** Whether subscribing again cannot repeat what was received. */
    get canResume() {
        return !this.#hasUnnumbered;
    }
    /**
     * The request for what was not received yet, at the time when it is serialized.
     *
     * `graphql-ws` wants a text; beside an id the server takes an empty one for none.
     */
    payload() {
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
    take(result) {
        const [[field, event] = []] = Object.entries(result.data ?? {});
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
    #takePiece(index) {
        if (index <= this.#index) {
            return false;
        }
        this.#index = index;
        this.#hasPieces = true;
        return true;
    }
    #isEnd(event) {
        return ENDS.includes(event["__typename"]) || "message" in event || this.#hasPieces;
    }
    #variables() {
        const given = this.#payload.variables ?? {};
        return this.#hasPieces ? { ...given, after: this.#index } : given;
    }
}
